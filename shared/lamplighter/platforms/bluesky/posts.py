"""Posting: a frozen record under a key of our own, put as often as need be."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus

from lamplighter.domain.outcomes import (
    Absent,
    NotSent,
    Outcome,
    Published,
    RateLimited,
    Reconciled,
    Rejected,
    Removed,
    Unknown,
)
from lamplighter.domain.tid import tid
from lamplighter.egress import LOOKUP, Purpose, Response
from lamplighter.platforms._shared.answers import before_posting, while_looking
from lamplighter.platforms._shared.storable import identifier, unreadable
from lamplighter.platforms._shared.together import together
from lamplighter.platforms._shared.uploads import uploaded_in_turn
from lamplighter.platforms._shared.waiting import has_expired
from lamplighter.platforms.base import Account, Json, Media, Post, Remote
from lamplighter.platforms.bluesky.places import key_in, place, uri, url
from lamplighter.platforms.bluesky.record import mentioned, to_blob, to_image, to_record
from lamplighter.platforms.bluesky.replies import reply
from lamplighter.platforms.bluesky.xrpc import NAME, refusal, xrpc
from lamplighter.platforms.transport import json_object

_MOST_RESOLVED = 10
"""Mentions of different accounts; those after them stay plain text."""
_IMAGES_KEPT = timedelta(minutes=30)
"""A server may drop what no record refers to after an hour."""


def prepare(account: Account, post: Post, prepared: Json | None) -> Json | Outcome:
    """Resolve mentions, find what it answers, upload images, and freeze the record with its key.

    What is frozen stays, byte for byte: the same bytes uploaded again are referred to by the same hash.
    """
    if prepared is not None and not (post.media and has_expired(prepared, _IMAGES_KEPT)):
        return prepared
    dids, answers = ({}, None) if prepared else _looked_up(account, post)
    if isinstance(dids, Outcome):
        return dids
    if isinstance(answers, Outcome):
        return answers
    blobs = uploaded_in_turn(partial(_uploaded, account), post.media)
    if blobs.problem:
        return blobs.problem
    images = [to_image(media, blob) for media, blob in zip(post.media, blobs.done, strict=True)]
    frozen = prepared or {
        "rkey": tid(post.intent_at, post.intent_id),
        "record": to_record(post, dids, images, answers),
    }
    return {**frozen, "uploaded_at": datetime.now(UTC).isoformat()}


def publish(account: Account, prepared: Json) -> Outcome:
    """Put the frozen record. The same one there already is success; another one is never overwritten."""
    body = {
        **place(account, prepared["rkey"]),
        "record": prepared["record"],
        "swapRecord": None,  # "there must be none": without it a clash of keys would replace another post
    }
    token = account.credentials.access_token
    answer = xrpc("POST", account.base_url, "com.atproto.repo.putRecord", token=token, json=body)
    return to_outcome(answer, account, prepared["rkey"]) if isinstance(answer, Response) else answer


def to_outcome(response: Response, account: Account, rkey: str) -> Outcome:
    """What the answer to putRecord proves."""
    said = json_object(response)
    if response.status == HTTPStatus.OK and said.get("uri") == uri(account, rkey):
        return _published(account, rkey, said)
    if response.status == HTTPStatus.OK:
        return unreadable(NAME)
    if said.get("error") == "InvalidSwap":
        return Unknown("record_exists", "A record stands under this post's key already.")
    if response.status == HTTPStatus.BAD_REQUEST and said.get("error") == "BlobNotFound":
        return NotSent("media_gone", "Bluesky has dropped the images, which had waited too long.")
    return refusal(response, account)


def reconcile(account: Account, prepared: Json, taken: Collection[str]) -> Reconciled:  # noqa: ARG001  # the key is ours alone
    """Read the key at the account's own server, which knows at once. It needs no token.

    Answers Published, Absent, Unknown, or Rejected where another record holds the key.
    """
    rkey = prepared["rkey"]
    answer = xrpc("GET", account.base_url, "com.atproto.repo.getRecord", query=place(account, rkey))
    if not isinstance(answer, Response):
        return while_looking(answer)
    said = json_object(answer)
    if answer.status == HTTPStatus.OK and "value" in said:
        if said["value"] == prepared["record"]:
            return _published(account, rkey, said)
        return Rejected("record_key_taken", "Another record stands under this post's key.")
    if answer.status == HTTPStatus.BAD_REQUEST and said.get("error") == "RecordNotFound":
        return Absent()
    return while_looking(refusal(answer, account))


def delete(account: Account, remote: Remote) -> Removed | Outcome:
    """Delete the record; one that is gone already is gone."""
    if not key_in(remote):
        return Rejected("post_unknown", "It is not known where the post stands.")
    body = place(account, key_in(remote))
    token = account.credentials.access_token
    answer = xrpc("POST", account.base_url, "com.atproto.repo.deleteRecord", token=token, json=body)
    if not isinstance(answer, Response):
        return answer
    return Removed() if answer.status == HTTPStatus.OK else refusal(answer, account)


def _looked_up(account: Account, post: Post) -> tuple[dict[str, str] | Outcome, Json | Outcome | None]:
    """The accounts that a post mentions, and what it answers: asked for at the same time."""
    with ThreadPoolExecutor(1, "network") as thread:
        answers = thread.submit(reply, account, post)
        return _resolved(account, mentioned(post.text)[:_MOST_RESOLVED]), answers.result()


def _resolved(account: Account, handles: list[str]) -> dict[str, str] | Outcome:
    """The accounts behind handles; those that are nobody's are left out and stay plain text."""
    dids: dict[str, str] = {}
    for handle, did in zip(handles, together(partial(_did, account), handles), strict=True):
        if isinstance(did, str):
            dids[handle] = did
        elif did is not None:
            return did
    return dids


def _did(account: Account, handle: str) -> str | Outcome | None:
    """The DID behind a handle. None: nobody has it, or nobody can say.

    Only a server that is away or asks to wait is an outcome, as the post could not be sent either.
    """
    query = {"handle": handle.lower()}
    name = "com.atproto.identity.resolveHandle"
    answer = xrpc("GET", account.base_url, name, query=query, purpose=LOOKUP)
    if not isinstance(answer, Response):
        return before_posting(answer)
    if answer.status == HTTPStatus.OK:
        return identifier(json_object(answer).get("did"))
    outcome = refusal(answer, account)
    return outcome if isinstance(outcome, RateLimited) else None


def _uploaded(account: Account, media: Media, purpose: Purpose) -> Json | Outcome:
    """The reference to an uploaded image. The server drops images that no record refers to."""
    answer = xrpc(
        "POST",
        account.base_url,
        "com.atproto.repo.uploadBlob",
        token=account.credentials.access_token,
        body=media.data,
        headers={"Content-Type": media.mime},
        purpose=purpose,
    )
    if not isinstance(answer, Response):
        return before_posting(answer)
    blob = to_blob(json_object(answer).get("blob")) if answer.status == HTTPStatus.OK else None
    return blob or before_posting(refusal(answer, account))


def _published(account: Account, rkey: str, said: Json) -> Published:
    """With the hash of the record, which replies name."""
    cid = identifier(said.get("cid"))
    return Published(uri(account, rkey), url(account, rkey), None if cid is None else {"cid": cid})
