"""Posting under an Idempotency-Key, one call at a time per key."""

from datetime import UTC, datetime
from http import HTTPStatus

from lamplighter.domain.outcomes import Outcome, Published
from lamplighter.egress import Response
from lamplighter.platforms.base import Account, Json, Post
from lamplighter.platforms.mastodon.media import unready, uploaded
from lamplighter.platforms.mastodon.rest import refusal, rest
from lamplighter.platforms.transport import json_object


def prepare(account: Account, post: Post, prepared: Json | None) -> Json | Outcome:
    """Upload images, freeze the status and its key, and note the time from which the key may be remembered.

    What an earlier try prepared is armed anew, as that try was proven not to have posted.
    """
    armed_at = datetime.now(UTC).isoformat()
    if prepared is not None:
        return {**prepared, "armed_at": armed_at}
    media_ids: list[str] = []
    processing: list[str] = []
    for media in post.media:
        result = uploaded(account, media)
        if not isinstance(result, tuple):
            return result
        media_id, still_processing = result
        media_ids.append(media_id)
        processing += [media_id] if still_processing else []
    return {
        "idempotency_key": str(post.intent_id),
        "armed_at": armed_at,
        "status": to_status(post, media_ids),
        "processing": processing,
    }


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
    found = published(json_object(response)) if response.status == HTTPStatus.OK else None
    return found or refusal(response, account)


def published(status: Json) -> Published | None:
    """A status as the outcome; None where it is none."""
    url = status.get("url") or status.get("uri")
    return Published(str(status["id"]), str(url)) if status.get("id") and url else None


def delete(account: Account, remote_id: str) -> Outcome | None:
    """Delete the status; one that is gone already is gone."""
    answer = rest("DELETE", account, f"v1/statuses/{remote_id}")
    if not isinstance(answer, Response):
        return answer
    return None if answer.status in (HTTPStatus.OK, HTTPStatus.NOT_FOUND) else refusal(answer, account)
