"""Pages of the calendar: in the order of time, and of names where times are the same."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from lamplighter.problems import invalid

_TAG_BYTES = 6
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIE = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}(\d{8}T\d{4}(-1)?)?", re.ASCII)


class Place(NamedTuple):
    """Where an entry stands. `tie` begins with the id of its publication or its recurring post."""

    at: datetime
    tie: str


def written(last: Place, bound_to: str) -> str:
    """The cursor that asks for what follows. `bound_to` names the calendar with its filters."""
    raw = _tag(bound_to) + f"{(last.at - _EPOCH) // _MICROSECOND} {last.tie}".encode()
    return urlsafe_b64encode(raw).decode().rstrip("=")


def place(cursor: str, bound_to: str) -> Place:
    """The place that a cursor stands for; invalid where another calendar made it, or none."""
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        moment, _, tie = raw[_TAG_BYTES:].decode().partition(" ")
        if raw[:_TAG_BYTES] == _tag(bound_to) and _TIE.fullmatch(tie):
            return Place(_EPOCH + int(moment) * _MICROSECOND, tie)
    except (ValueError, OverflowError):
        pass
    raise invalid("", "invalid_cursor", "This cursor was not made by this list with these filters.")


def _tag(bound_to: str) -> bytes:
    return sha256(bound_to.encode()).digest()[:_TAG_BYTES]
