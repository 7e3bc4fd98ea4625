"""The sandbox, a network of our own: it shows what would have been posted, and fails when told to."""

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from lamplighter.domain.outcomes import (
    Duplicate,
    Outcome,
    Published,
    Reconciled,
    Rejected,
    Removed,
    TokenExpired,
    Waiting,
)
from lamplighter.domain.sandbox_tokens import signed
from lamplighter.egress import API, LOOKUP, Purpose, Response
from lamplighter.platforms._shared.answers import before_posting, failure, quoted, while_looking
from lamplighter.platforms._shared.credentials import required
from lamplighter.platforms._shared.standing import answered, post_gone, segment_of_path
from lamplighter.platforms._shared.storable import identifier, published, unreadable
from lamplighter.platforms._shared.together import together
from lamplighter.platforms._shared.uploads import gone_on_with, uploaded_in_turn
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Json, Media, Post, Remote
from lamplighter.platforms.transport import Failed, call, json_object
from lamplighter.secrets_store import secret
from lamplighter.settings import settings

_NAME = "The sandbox"
_PAUSE = 2.0
"""Seconds after which images that are being processed are asked for again."""
_HANDLE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_UNFIT = re.compile(r"[^A-Za-z0-9_.-]")


def connect(base_url: str, fields: Mapping[str, str]) -> Account:
    """A new account: the network is part of this deployment and knows its signature, so nothing is asked."""
    [handle] = required(fields, "handle")
    if not _HANDLE.fullmatch(handle):
        message = (
            "A handle begins with a letter or digit; dots, dashes and underscores may follow, 64 in all."
        )
        raise ConnectFailed("handle_invalid", message)
    token = token_for(secrets.token_hex(16))
    return Account(
        platform="sandbox",
        channel_id=hashlib.sha256(token.encode()).hexdigest()[:24],
        username=handle,
        base_url=base_url,
        credentials=Credentials(token),
    )


def token_for(seed: str) -> str:
    """The token of the account that `seed` names, always the same one."""
    return signed(seed, secret(settings().sandbox_secret_id)["key"])


def refresh(account: Account) -> Credentials:  # noqa: ARG001  # the Protocol's form
    """Its tokens last for ever, so a refused one stays refused."""
    raise ConnectFailed("reconnect_required", "The sandbox refused this account's token: connect it again.")


def prepare(account: Account, post: Post, prepared: Json | None) -> Json | Waiting | Outcome:
    """Upload images, wait until they are processed, and freeze the post with its key."""
    replying_to = answered(post)
    if isinstance(replying_to, Rejected):
        return replying_to
    kept = prepared or _begun(account, post, replying_to[1] if replying_to else None)
    missing = post.media[len(kept["post"]["media"]) :]
    return _with_images(account, missing, kept) if missing else _once_processed(account, kept)


def _begun(account: Account, post: Post, parent: Remote | None) -> Json:
    draft: Json = {"handle": _handle(account.username), "text": post.text, "media": []}
    if parent:
        draft["reply_to"] = parent.remote_id
    return {"idempotency_key": str(post.intent_id), "post": draft, "processing": []}


def _with_images(account: Account, missing: Sequence[Media], kept: Json) -> Json | Waiting | Outcome:
    uploads = uploaded_in_turn(partial(_uploaded, account), missing)
    if not uploads.done:
        return uploads.problem or kept
    taken = [
        {"media_id": media_id, "alt": image.alt}
        for image, (media_id, _) in zip(missing, uploads.done, strict=False)
    ]
    media = [*kept["post"]["media"], *taken]
    processing = [media_id for media_id, is_processing in uploads.done if is_processing]
    kept = {
        **kept,
        "post": {**kept["post"], "media": media},
        "processing": [*kept["processing"], *processing],
    }
    if uploads.problem:
        return gone_on_with(kept, uploads.problem)
    return Waiting(kept, _PAUSE) if kept["processing"] else kept


def _once_processed(account: Account, kept: Json) -> Json | Waiting | Outcome:
    media_ids: list[str] = kept.get("processing", [])
    looks = together(partial(_is_ready, account), media_ids)
    for look in looks:
        if not isinstance(look, bool):
            return look
    processing = [media_id for media_id, is_ready in zip(media_ids, looks, strict=True) if not is_ready]
    kept = {**kept, "processing": processing}
    return Waiting(kept, _PAUSE) if processing else kept


def _is_ready(account: Account, media_id: str) -> bool | Outcome:
    answer = _call("GET", account, f"media/{media_id}", purpose=LOOKUP)
    if not isinstance(answer, Response):
        return before_posting(answer)
    if answer.status != HTTPStatus.OK:
        return before_posting(_refusal(answer, account))
    return json_object(answer).get("processing") is False


def publish(account: Account, prepared: Json) -> Outcome:
    """Post under the frozen key: a repeat is answered with the first post."""
    headers = {"Idempotency-Key": prepared["idempotency_key"]}
    answer = _call("POST", account, "posts", json=prepared["post"], headers=headers)
    return to_outcome(answer, account) if isinstance(answer, Response) else answer


def to_outcome(response: Response, account: Account) -> Outcome:
    """What the answer to a post proves."""
    said = json_object(response)
    if response.status == HTTPStatus.CONFLICT and said.get("code") == "duplicate_content":
        return Duplicate("The sandbox has such a post of this account's already.")
    if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        return _refusal(response, account)
    return published(said.get("id"), said.get("url")) or unreadable(_NAME)


def reconcile(account: Account, prepared: Json, taken: Collection[str]) -> Reconciled:  # noqa: ARG001  # its key tells
    """Post again with the same key, which the sandbox never forgets: Published, or still Unknown.

    A repeat that is refused proves nothing about the first call.
    """
    outcome = publish(account, prepared)
    return outcome if isinstance(outcome, Published) else while_looking(outcome)


def delete(account: Account, remote: Remote) -> Removed | Outcome:
    """Delete the post; one that is gone already is gone."""
    known = segment_of_path(remote)
    if isinstance(known, Rejected):
        return known
    answer = _call("DELETE", account, f"posts/{known}")
    if not isinstance(answer, Response):
        return answer
    gone = answer.status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)
    return Removed() if gone else _refusal(answer, account)


def edit(account: Account, remote: Remote, post: Post) -> Outcome:
    """Change the text; its images stay."""
    known = segment_of_path(remote)
    if isinstance(known, Rejected):
        return known
    answer = _call("PUT", account, f"posts/{known}", json={"text": post.text})
    if not isinstance(answer, Response):
        return answer
    return post_gone(_NAME) if answer.status == HTTPStatus.NOT_FOUND else to_outcome(answer, account)


def _handle(username: str) -> str:
    """A name that the sandbox takes: accounts of other networks post here too, when a post is only a test."""
    return _UNFIT.sub("-", username).lstrip("-_.")[:64] or "account"


def _uploaded(account: Account, image: Media, purpose: Purpose) -> tuple[str, bool] | Outcome:
    """The image's id, and whether it is still being processed."""
    headers = {"Content-Type": image.mime}
    answer = _call("POST", account, "media", body=image.data, headers=headers, purpose=purpose)
    if not isinstance(answer, Response):
        return before_posting(answer)
    said = json_object(answer)
    media_id = identifier(said.get("id"))
    if answer.status in (HTTPStatus.OK, HTTPStatus.CREATED) and media_id:
        return media_id, said.get("processing") is True
    return before_posting(_refusal(answer, account))


def _refusal(response: Response, account: Account) -> Outcome:
    words = quoted(json_object(response).get("detail"), account.credentials.access_token)
    outcome = failure(response, _NAME, words)
    return TokenExpired(outcome.message, revoked=True) if isinstance(outcome, TokenExpired) else outcome


def _call(
    method: str,
    account: Account,
    path: str,
    *,
    json: Any = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    purpose: Purpose = API,
) -> Response | Failed:
    url = f"{account.base_url}/sandbox/api/{path}"
    token = account.credentials.access_token
    return call(method, url, token=token, json=json, body=body, headers=headers, purpose=purpose)
