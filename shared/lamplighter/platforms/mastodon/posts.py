"""Posting under an Idempotency-Key, one call at a time per key."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus

from lamplighter.domain.outcomes import Outcome, Published, Rejected, Removed, Waiting
from lamplighter.egress import Response
from lamplighter.platforms._shared.standing import answered, parent_gone, segment_of_path
from lamplighter.platforms._shared.storable import published, unreadable
from lamplighter.platforms._shared.uploads import gone_on_with, uploaded_in_turn
from lamplighter.platforms._shared.waiting import has_expired
from lamplighter.platforms.base import Account, Json, Media, Post, Remote
from lamplighter.platforms.mastodon.media import still_processing, uploaded
from lamplighter.platforms.mastodon.rest import MEDIA_SECONDS, NAME, refusal, rest
from lamplighter.platforms.transport import json_object

_IMAGES_KEPT = timedelta(hours=12)
"""An instance drops what no status refers to after a day."""
_LONGEST_PAUSE = 60.0


def prepare(account: Account, post: Post, prepared: Json | None) -> Json | Waiting | Outcome:
    """Upload images, wait until they are processed, freeze the status and its key, and note the time from
    which the key may be remembered.

    What an earlier try uploaded is kept, and its key armed anew, as that try was proven not to have posted.
    """
    replying_to = answered(post)
    if isinstance(replying_to, Rejected):
        return replying_to
    kept = prepared
    if kept is None or (post.media and has_expired(kept, _IMAGES_KEPT)):
        status = to_status(post, replying_to[1] if replying_to else None)
        kept = {
            "idempotency_key": str(post.intent_id),
            "uploaded_at": _now(),
            "status": status,
            "processing": [],
        }
    missing = post.media[len(kept["status"].get("media_ids", ())) :]
    return _uploaded(account, missing, kept) if missing else _armed(account, kept)


def _uploaded(account: Account, missing: Sequence[Media], kept: Json) -> Json | Waiting | Outcome:
    uploads = uploaded_in_turn(partial(uploaded, account), missing)
    if not uploads.done:
        return uploads.problem or kept
    status = kept["status"]
    media_ids = [*status.get("media_ids", ()), *(media_id for media_id, _ in uploads.done)]
    processing = [media_id for media_id, is_processing in uploads.done if is_processing]
    kept = {
        **kept,
        "status": {**status, "media_ids": media_ids},
        "processing": [*kept["processing"], *processing],
    }
    if uploads.problem:
        return gone_on_with(kept, uploads.problem)
    return Waiting(kept, _pause(kept)) if kept["processing"] else {**kept, "armed_at": _now()}


def _armed(account: Account, kept: Json) -> Json | Waiting | Outcome:
    """Ready to be posted, once no image is in the works any more."""
    processing = still_processing(account, kept["processing"])
    if not isinstance(processing, list):
        return processing
    kept = {**kept, "processing": processing}
    return Waiting(kept, _pause(kept)) if processing else {**kept, "armed_at": _now()}


def _pause(kept: Json) -> float:
    """Seconds until it is worth asking for the images again: the longer it takes, the less often."""
    age = datetime.now(UTC) - datetime.fromisoformat(kept["uploaded_at"])
    return min(max(MEDIA_SECONDS, age.total_seconds() / 2), _LONGEST_PAUSE)


def _now() -> str:
    return datetime.now(UTC).isoformat()


def publish(account: Account, prepared: Json) -> Outcome:
    """The call that posts; a repeat within the key's window is answered with the first status."""
    headers = {"Idempotency-Key": prepared["idempotency_key"]}
    answer = rest("POST", account, "v1/statuses", json=prepared["status"], headers=headers)
    if not isinstance(answer, Response):
        return answer
    if answer.status == HTTPStatus.NOT_FOUND and "in_reply_to_id" in prepared["status"]:
        return parent_gone(NAME)
    return to_outcome(answer, account)


def to_status(post: Post, parent: Remote | None) -> Json:
    """The status as the API takes it, without its images. Its visibility is left to the account's own
    setting."""
    status: Json = {"status": post.text}
    if post.language:
        status["language"] = post.language
    if parent:
        status["in_reply_to_id"] = parent.remote_id
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
    known = segment_of_path(remote)
    if isinstance(known, Rejected):
        return known
    answer = rest("DELETE", account, f"v1/statuses/{known}")
    if not isinstance(answer, Response):
        return answer
    gone = answer.status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND)
    return Removed() if gone else refusal(answer, account)
