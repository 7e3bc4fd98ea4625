"""What became of a status whose answer was lost."""

import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from lamplighter.domain.networks import MASTODON
from lamplighter.domain.outcomes import Absent, Published, Reconciled, Rejected, Unknown
from lamplighter.egress import API, LOOKUP, Response
from lamplighter.platforms._shared.answers import while_looking
from lamplighter.platforms.base import Account, Json
from lamplighter.platforms.mastodon.posts import publish, to_published
from lamplighter.platforms.mastodon.rest import refusal, rest
from lamplighter.platforms.transport import json_object

_UNTIL_CALLED = 5 + 5
"""Seconds from arming in `prepare` to the latest call: the worker waits 5 for the post to be due, and has 5
for its database."""
_AT_WORK = 40
"""Seconds for which a server is at a call that nobody waits for any more."""
SETTLE = timedelta(seconds=_UNTIL_CALLED + API.seconds + _AT_WORK)
"""The server looks for the key before it works and stores it after, without a lock: a repeat that overtakes
the first call would post twice. So the first call is given time to end."""
SEARCH_SECONDS = 25.0
"""For all calls of a search but the last."""
_MARGIN = timedelta(minutes=5)
"""Clocks differ, and a margin costs nothing."""
_BEFORE = timedelta(seconds=60)
_PAGE = 40
_MOST_PAGES = 3
_MOST_COMPARED = 20


@dataclass(frozen=True, slots=True)
class _Seen:
    """One of the account's own statuses, as far as it matters here."""

    found: Published
    at: datetime
    images: int


def reconcile(account: Account, prepared: Json, taken: Collection[str]) -> Reconciled:
    """Within the key's hour, the same call again; later, a search through the account's own statuses.

    Answers Published, Rejected, Absent or Unknown.
    """
    age = datetime.now(UTC) - datetime.fromisoformat(prepared["armed_at"])
    if age < SETTLE:
        return Unknown("settling", "The first call may still be at work.")
    if MASTODON.key_window is None or age > MASTODON.key_window - _MARGIN:
        return _searched(account, prepared, taken)
    outcome = publish(account, prepared)
    if isinstance(outcome, Published):
        return outcome
    if isinstance(
        outcome, Rejected
    ):  # the key may be lost, and the images refused because they are used already
        found = _searched(account, prepared, taken)
        return outcome if isinstance(found, Absent) else found
    return while_looking(outcome)


def _searched(account: Account, prepared: Json, taken: Collection[str]) -> Published | Absent | Unknown:
    """Look for the very text with as many images among what was posted since shortly before the call."""
    wanted = prepared["status"]
    until = time.monotonic() + SEARCH_SECONDS
    recent = _posted_since(account, datetime.fromisoformat(prepared["armed_at"]) - _BEFORE)
    if isinstance(recent, Unknown):
        return recent
    images = len(wanted.get("media_ids", ()))
    alike = [seen for seen in recent if seen.images == images and seen.found.remote_id not in taken]
    if len(alike) > _MOST_COMPARED:
        return Unknown("too_many_statuses", "The account has posted too much since to find the post.")
    for seen in alike:
        if time.monotonic() >= until:
            return Unknown("cannot_look", "The instance is too slow to compare the account's statuses.")
        text = _source(account, seen.found.remote_id)
        if isinstance(text, Unknown):
            return text
        if text.strip() == wanted["status"].strip():
            return seen.found
    return Absent()


def _posted_since(account: Account, since: datetime) -> list[_Seen] | Unknown:
    recent: list[_Seen] = []
    query = {"exclude_reblogs": "true", "limit": str(_PAGE)}
    for _ in range(_MOST_PAGES):
        page = _page(account, query)
        if isinstance(page, Unknown):
            return page
        recent += [seen for seen in page if seen.at >= since]
        if len(page) < _PAGE or page[-1].at < since:
            return recent
        query["max_id"] = page[-1].found.remote_id
    return Unknown("too_many_statuses", "The account has posted too much since to find the post.")


def _page(account: Account, query: dict[str, str]) -> list[_Seen] | Unknown:
    """Newest first."""
    path = f"v1/accounts/{account.channel_id}/statuses?{urlencode(query)}"
    answer = rest("GET", account, path, purpose=LOOKUP)
    if not isinstance(answer, Response):
        return while_looking(answer)
    if answer.status != HTTPStatus.OK:
        return while_looking(refusal(answer, account))
    try:
        return [_seen(status) for status in answer.json()]
    except (ValueError, TypeError, KeyError, OverflowError):  # the last: a year beyond all others
        return Unknown("cannot_look", "Mastodon's list of the account's statuses cannot be read.")


def _seen(status: Any) -> _Seen:
    found = to_published(status) if isinstance(status, dict) else None
    if found is None:
        raise ValueError
    posted_at = datetime.fromisoformat(status["created_at"]).astimezone(UTC)
    return _Seen(found, posted_at, len(status["media_attachments"]))


def _source(account: Account, status_id: str) -> str | Unknown:
    """What the author wrote, not the HTML made of it."""
    answer = rest("GET", account, f"v1/statuses/{status_id}/source", purpose=LOOKUP)
    if not isinstance(answer, Response):
        return while_looking(answer)
    text = json_object(answer).get("text") if answer.status == HTTPStatus.OK else None
    return text if isinstance(text, str) else while_looking(refusal(answer, account))
