"""The sandbox, a network of our own: it shows what would have been posted, and fails when told to."""

import hashlib
import re
import secrets
from collections.abc import Collection, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from lamplighter.domain.outcomes import Outcome, Published, Reconciled, Removed, TokenExpired
from lamplighter.domain.sandbox_tokens import signed
from lamplighter.egress import API, Purpose, Response
from lamplighter.platforms._shared.answers import before_posting, failure, quoted, while_looking
from lamplighter.platforms._shared.credentials import required
from lamplighter.platforms._shared.storable import identifier, published, unreadable
from lamplighter.platforms._shared.uploads import uploaded_in_turn
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Json, Media, Post, Remote
from lamplighter.platforms.transport import Failed, call, json_object
from lamplighter.secrets_store import secret
from lamplighter.settings import settings

_NAME = "The sandbox"
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


def prepare(account: Account, post: Post, prepared: Json | None) -> Json | Outcome:
    """Upload images and freeze the post with its key."""
    if prepared is not None:
        return prepared
    media_ids = uploaded_in_turn(partial(_uploaded, account), post.media)
    if not isinstance(media_ids, list):
        return media_ids
    media = [
        {"media_id": media_id, "alt": image.alt}
        for image, media_id in zip(post.media, media_ids, strict=True)
    ]
    return {
        "idempotency_key": str(post.intent_id),
        "post": {"handle": _handle(account.username), "text": post.text, "media": media},
    }


def publish(account: Account, prepared: Json) -> Outcome:
    """Post under the frozen key: a repeat is answered with the first post."""
    headers = {"Idempotency-Key": prepared["idempotency_key"]}
    answer = _call("POST", account, "posts", json=prepared["post"], headers=headers)
    return to_outcome(answer, account) if isinstance(answer, Response) else answer


def to_outcome(response: Response, account: Account) -> Outcome:
    """What the answer to a post proves."""
    if response.status not in (HTTPStatus.OK, HTTPStatus.CREATED):
        return _refusal(response, account)
    said = json_object(response)
    return published(said.get("id"), said.get("url")) or unreadable(_NAME)


def reconcile(account: Account, prepared: Json, taken: Collection[str]) -> Reconciled:  # noqa: ARG001  # its key tells
    """Post again with the same key, which the sandbox never forgets: Published, or still Unknown.

    A repeat that is refused proves nothing about the first call.
    """
    outcome = publish(account, prepared)
    return outcome if isinstance(outcome, Published) else while_looking(outcome)


def delete(account: Account, remote: Remote) -> Removed | Outcome:
    """Delete the post; one that is gone already is gone."""
    answer = _call("DELETE", account, f"posts/{remote.remote_id}")
    if not isinstance(answer, Response):
        return answer
    gone = answer.status in (HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND)
    return Removed() if gone else _refusal(answer, account)


def _handle(username: str) -> str:
    """A name that the sandbox takes: accounts of other networks post here too, when a post is only a test."""
    return _UNFIT.sub("-", username).lstrip("-_.")[:64] or "account"


def _uploaded(account: Account, image: Media, purpose: Purpose) -> str | Outcome:
    headers = {"Content-Type": image.mime}
    answer = _call("POST", account, "media", body=image.data, headers=headers, purpose=purpose)
    if not isinstance(answer, Response):
        return before_posting(answer)
    media_id = identifier(json_object(answer).get("id"))
    if answer.status in (HTTPStatus.OK, HTTPStatus.CREATED) and media_id:
        return media_id
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
