"""Posting under an Idempotency-Key, one call at a time per key."""

from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus

from lamplighter.domain.outcomes import Outcome, Published, Removed
from lamplighter.egress import Response
from lamplighter.platforms._shared.storable import published, unreadable
from lamplighter.platforms._shared.uploads import uploaded_in_turn
from lamplighter.platforms._shared.waiting import has_expired
from lamplighter.platforms.base import Account, Json, Post, Remote
from lamplighter.platforms.mastodon.media import unready, uploaded
from lamplighter.platforms.mastodon.rest import NAME, refusal, rest
from lamplighter.platforms.transport import json_object

_IMAGES_KEPT = timedelta(hours=12)
"""An instance drops what no status refers to after a day."""


def prepare(account: Account, post: Post, prepared: Json | None) -> Json | Outcome:
    """Upload images, freeze the status and its key, and note the time from which the key may be remembered.

    What an earlier try prepared is armed anew, as that try was proven not to have posted; unless its images
    are still in the works. (A first try must be stored before that is asked, or it would upload for ever.)
    """
    if prepared is None or (post.media and has_expired(prepared, _IMAGES_KEPT)):
        frozen = _uploaded(account, post, prepared)
    else:
        frozen = unready(account, prepared["processing"]) or {**prepared, "processing": []}
    return frozen if not isinstance(frozen, dict) else {**frozen, "armed_at": _now()}


def _uploaded(account: Account, post: Post, earlier: Json | None) -> Json | Outcome:
    images = uploaded_in_turn(partial(uploaded, account), post.media)
    if not isinstance(images, list):
        return images
    media_ids = [media_id for media_id, _ in images]
    return {
        "idempotency_key": str(post.intent_id),
        "uploaded_at": _now(),
        "status": {**earlier["status"], "media_ids": media_ids} if earlier else to_status(post, media_ids),
        "processing": [media_id for media_id, is_processing in images if is_processing],
    }


def _now() -> str:
    return datetime.now(UTC).isoformat()


def publish(account: Account, prepared: Json) -> Outcome:
    """Post the frozen status, once its images are ready."""
    return unready(account, prepared["processing"]) or send(account, prepared)


def send(account: Account, prepared: Json) -> Outcome:
    """The call that posts; a repeat within the key's window is answered with the first status."""
    headers = {"Idempotency-Key": prepared["idempotency_key"]}
    answer = rest("POST", account, "v1/statuses", json=prepared["status"], headers=headers)
    return to_outcome(answer, account) if isinstance(answer, Response) else answer


def to_status(post: Post, media_ids: list[str]) -> Json:
    """The status as the API takes it. Its visibility is left to the account's own setting."""
    status: Json = {"status": post.text}
    if post.language:
        status["language"] = post.language
    if media_ids:
        status["media_ids"] = media_ids
    return status


def to_outcome(response: Response, account: Account) -> Outcome:
    """What the answer to a post proves."""
    if response.status != HTTPStatus.OK:
        return refusal(response, account)
    return to_published(json_object(response)) or unreadable(NAME)


def to_published(status: Json) -> Published | None:
    """A status as the outcome; None where it is none."""
    return published(status.get("id"), status.get("url"), status.get("uri"))


def delete(account: Account, remote: Remote) -> Removed | Outcome:
    """Delete the status; one that is gone already is gone."""
    answer = rest("DELETE", account, f"v1/statuses/{remote.remote_id}")
    if not isinstance(answer, Response):
        return answer
    gone = answer.status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND)
    return Removed() if gone else refusal(answer, account)
