"""What became of a post whose answer was lost: the page's own posts since then are compared with it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from lamplighter.domain.outcomes import Absent, Published, Reconciled, Unknown
from lamplighter.egress import LOOKUP, Response
from lamplighter.platforms._shared.answers import while_looking
from lamplighter.platforms._shared.arming import settles, since
from lamplighter.platforms.base import Account, Json
from lamplighter.platforms.linkedin.little_text import likeness, to_plain
from lamplighter.platforms.linkedin.posts import to_published
from lamplighter.platforms.linkedin.rest import refusal, rest
from lamplighter.platforms.transport import json_object

SETTLE = timedelta(minutes=5)
"""From arming: a call that nobody waits for any more has ended, and its post is listed. LinkedIn promises
neither, so this is generous: until then what is not listed proves nothing."""
_BEFORE = timedelta(seconds=60)
_PAGE = 50
MOST_PAGES = 4
_CUT_FROM = 20
"""Characters from which a text that ours begins with may be ours, cut off."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One of the page's own, as far as it matters here."""

    found: Published
    at: datetime
    words: str
    images: int


def reconcile(account: Account, prepared: Json, taken: Collection[str]) -> Reconciled:
    """Look for the very words with as many images, posted since shortly before the first call and not known
    to be another post. Posts nothing."""
    recent = _recent(account, prepared)
    if isinstance(recent, Unknown):
        return recent
    words, images = likeness(prepared["text"]), len(prepared["images"])
    free = [seen for seen in recent if seen.images == images and seen.found.remote_id not in taken]
    alike = sorted((seen for seen in free if seen.words == words), key=lambda seen: seen.at)
    if alike:
        return alike[0].found
    if any(len(seen.words) >= _CUT_FROM and words.startswith(seen.words) for seen in free):
        return Unknown("perhaps_cut_off", "LinkedIn has a post that may be this one, cut off.")
    if settles(prepared, SETTLE):
        return Unknown("settling", "LinkedIn may not list the post yet.")
    return Absent()


def _recent(account: Account, prepared: Json) -> list[_Seen] | Unknown:
    """Everything that the page has posted, or commented under the post, since shortly before the call."""
    earliest = since(prepared) - _BEFORE
    recent: list[_Seen] = []
    for number in range(MOST_PAGES):
        page = _page(account, prepared["on"], number * _PAGE)
        if isinstance(page, Unknown):
            return page
        recent += [seen for seen in page if seen is not None and seen.at >= earliest]
        oldest = min((seen.at for seen in page if seen is not None), default=None)
        # Comments come in an order of LinkedIn's own, so all of them are read.
        if len(page) < _PAGE or (prepared["on"] is None and oldest is not None and oldest < earliest):
            return recent
    return Unknown("too_many_posts", "There are too many posts to find this one among them.")


def _page(account: Account, on: str | None, start: int) -> list[_Seen | None] | Unknown:
    """One page of the list; None for what is somebody else's."""
    if on is None:
        author = quote(account.channel_id, safe="")
        path = f"posts?q=author&author={author}&sortBy=CREATED&start={start}&count={_PAGE}"
        answer = rest("GET", account, path, restli_method="FINDER", purpose=LOOKUP)
    else:
        path = f"socialActions/{quote(on, safe='')}/comments?start={start}&count={_PAGE}"
        answer = rest("GET", account, path, purpose=LOOKUP)
    if not isinstance(answer, Response):
        return while_looking(answer)
    if answer.status == HTTPStatus.FORBIDDEN:
        return Unknown("cannot_look", "The page's token may not read its posts (r_organization_social).")
    if answer.status != HTTPStatus.OK:
        return while_looking(refusal(answer, account))
    try:
        elements = json_object(answer)["elements"]
        return [_post(said) if on is None else _comment(account, said, on) for said in elements]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return Unknown("cannot_look", "LinkedIn's list of the page's posts cannot be read.")


def _post(said: Any) -> _Seen:
    found = to_published(said["id"], None)
    if found is None:
        raise ValueError
    at = _moment(said.get("createdAt") or said["publishedAt"])
    content = said.get("content") or {}
    images = len(content["multiImage"]["images"]) if "multiImage" in content else int("media" in content)
    return _Seen(found, at, likeness(to_plain(said.get("commentary") or "")), images)


def _comment(account: Account, said: Any, on: str) -> _Seen | None:
    if said.get("actor") != account.channel_id:
        return None
    found = to_published(said["id"], on)
    if found is None:
        raise ValueError
    return _Seen(found, _moment(said["created"]["time"]), likeness(said["message"]["text"]), 0)


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
