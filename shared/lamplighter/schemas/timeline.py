"""A publication's timeline: what happened to it, step by step."""

from datetime import datetime
from uuid import UUID

from lamplighter.schemas.common import Output


class TimelineActor(Output):
    """Who did it: a person, a program, a client with an approval link, or Lamplighter itself."""

    kind: str
    id: UUID | None


class TimelineEntry(Output):
    """One step. `text` is for people; `kind` and `code` are for programs. What concerns one account names it;
    `is_planned` marks what is still to come."""

    at: datetime
    kind: str
    text: str
    code: str | None = None
    comment: str | None = None
    actor: TimelineActor | None = None
    platform: str | None = None
    connection_id: UUID | None = None
    publication_platform_id: UUID | None = None
    segment: int | None = None
    attempt: int | None = None
    is_planned: bool = False


class Timeline(Output):
    """All that happened, the oldest first, and last what comes next. It is as long as the tries were many: at
    most some fifty for each segment on each account."""

    publication_id: UUID
    status: str
    entries: list[TimelineEntry]
