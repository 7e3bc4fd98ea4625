"""Single occurrences of a recurring post: listed, left out, moved, given another content."""

import re
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from lamplighter.schemas.common import Input, Output

_WRITTEN = (
    r"^(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
    r"T([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?(Z|[+-](0\d|1[0-3]):[0-5]\d)?$"
)
_TIME = re.compile(_WRITTEN, re.ASCII)


def _with_or_without_offset(given: object) -> datetime:
    if isinstance(given, str) and _TIME.match(given):
        try:
            return datetime.fromisoformat(given)
        except ValueError:
            pass  # such as 30 February
    message = "Give a local time such as 2026-11-22T09:00, or one with its offset from UTC."
    raise PydanticCustomError("time_expected", message)


LocalOrTime = Annotated[
    datetime,
    BeforeValidator(_with_or_without_offset),
    WithJsonSchema({"type": "string", "pattern": _WRITTEN, "examples": ["2026-11-22T10:30"]}),
]


class OccurrenceMove(Input):
    """Another time for one occurrence: local time of the schedule's zone, or with an offset from UTC."""

    scheduled_at: LocalOrTime


class OccurrenceEdit(Input):
    """Another content for one occurrence."""

    content_id: UUID


class OccurrenceRead(Output):
    """One time at which a recurring post goes, or went, out."""

    key: str
    """Its local time by the schedule, `20261122T0900`, with `-1` where the clocks have that hour twice and
    this is the second. Neither a move nor a change of the zone's data changes it."""
    local_time: str
    at: datetime
    """When it goes out."""
    note: str | None
    """`gap`: the clocks leave its local time out, so it goes out by the offset of before. `overlap`: they
    have this hour twice. Null too where somebody moved it."""
    status: str
    """planned, made (there is a publication), skipped or failed."""
    code: str | None
    """Why it was skipped or failed."""
    moved: bool
    content_id: UUID | None
    """The content that it has been given for this once."""
    publication_id: UUID | None


class OccurrenceList(Output):
    """Occurrences in the order of their times."""

    items: list[OccurrenceRead]
    has_more: bool
    """Whether there are more in the period: ask again from the last one's time."""
