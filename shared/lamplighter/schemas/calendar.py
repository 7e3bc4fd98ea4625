"""The calendar: what is on which day, moves with an eye to it, feeds for calendar programs, imports."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from lamplighter.domain.vocabulary import OCCURRENCE_STATUSES, PUBLICATION_STATUSES
from lamplighter.schemas.common import Ids, Input, Name, Output, Text, Time
from lamplighter.schemas.publications import PublicationRead
from lamplighter.schemas.recurring_occurrences import OccurrenceRead

MAX_ICS = 200_000
"""Characters of a calendar file."""
_WORDS = dict.fromkeys((*PUBLICATION_STATUSES, *(word for word in OCCURRENCE_STATUSES if word != "made")))
CalendarStatus = StrEnum("CalendarStatus", list(_WORDS))  # type: ignore[misc]  # the words stand in one place


def _distinct[Item](items: list[Item]) -> list[Item]:
    if len(set(items)) != len(items):
        raise PydanticCustomError("given_twice", "Give each of them once.")
    return items


_ONCE_EACH = {"uniqueItems": True}
Country = Annotated[str, Field(pattern=r"^[A-Z]{2}(-[A-Za-z0-9]{1,3})?$", examples=["DE", "DE-BY"])]
Countries = Annotated[
    list[Country], Field(max_length=10, json_schema_extra=_ONCE_EACH), AfterValidator(_distinct)
]
ConnectionIds = Annotated[Ids, Field(json_schema_extra=_ONCE_EACH), AfterValidator(_distinct)]
ZoneName = Annotated[Text, Field(min_length=1, max_length=50, examples=["Europe/Berlin"])]


class CalendarAccount(Output):
    """One account that a post goes to."""

    connection_id: UUID
    platform: str
    status: str | None
    """How the publication stands there; null for an occurrence."""


class CalendarEntry(Output):
    """A publication, or an occurrence of a recurring post of which there is no publication yet."""

    kind: str
    """publication or occurrence."""
    at: datetime
    local_time: str
    """The same by the clocks of the calendar's zone."""
    status: str
    accounts: list[CalendarAccount]
    publication_id: UUID | None = None
    version: int | None = None
    """Of the publication, for If-Match."""
    recurring_post_id: UUID | None = None
    occurrence: str | None = None
    """The key by which its recurring post knows it."""
    name: str | None = None
    """Of the recurring post."""
    content_id: UUID | None = None
    """Of an occurrence: only where it was given one of its own."""
    campaign_id: UUID | None = None
    text: str | None = None
    """How the post begins; null for who may not read content."""
    approval_status: str | None = None
    queued: bool = False
    code: str | None = None
    """Why the occurrence does not go out."""
    moved: bool = False
    note: str | None = None
    """What a clock change does to it: see the recurring post's occurrences."""


class CalendarHoliday(Output):
    """A public holiday."""

    country: str
    subdivision: str | None
    name: str
    """As it is called there."""


class CalendarDay(Output):
    """A day by the clocks of the calendar's zone."""

    date: date
    holidays: list[CalendarHoliday]
    entries: list[CalendarEntry]


class CalendarCampaign(Output):
    """A campaign that reaches into the period."""

    id: UUID
    name: str
    type: str
    status: str
    start_date: date
    end_date: date | None


class CalendarRead(Output):
    """A period: the days on which there is something, in their order."""

    timezone: str
    days: list[CalendarDay]
    """A day may go on on the next page. Holidays stand on the first one."""
    campaigns: list[CalendarCampaign]
    """On the first page."""
    truncated: bool
    """Whether there are more recurring posts than are looked at: ask for some connections."""
    has_more: bool
    next_cursor: str | None


class CalendarMove(Input):
    """What is moved, a publication or an occurrence of a recurring post, and where to."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "properties": {
                        "publication_id": {"type": "string"},
                        "recurring_post_id": {"type": "null"},
                        "occurrence": {"type": "null"},
                    },
                    "required": ["publication_id"],
                },
                {
                    "properties": {
                        "publication_id": {"type": "null"},
                        "recurring_post_id": {"type": "string"},
                        "occurrence": {"type": "string"},
                    },
                    "required": ["recurring_post_id", "occurrence"],
                },
            ]
        }
    )

    publication_id: UUID | None = None
    recurring_post_id: UUID | None = None
    occurrence: Annotated[str, Field(pattern=r"^\d{8}T\d{4}(-1)?$")] | None = None
    scheduled_at: Time
    countries: Countries = Field(default_factory=list)
    """Whose holidays to warn of."""
    force: StrictBool = False
    """Move it although something speaks against it."""

    @model_validator(mode="after")
    def _moves_one(self) -> Self:
        is_occurrence = self.recurring_post_id is not None and self.occurrence is not None
        is_neither = (self.recurring_post_id, self.occurrence) == (None, None)
        if not (is_neither if self.publication_id is not None else is_occurrence):
            message = "Give publication_id, or recurring_post_id and occurrence."
            raise PydanticCustomError("one_to_move", message)
        return self


class CalendarConflict(Output):
    """What speaks against the time."""

    code: str
    """too_close: another post of the account; quiet_hours: of its slot plan."""
    connection_id: UUID
    at: datetime
    """When the other post goes out."""
    publication_id: UUID | None
    recurring_post_id: UUID | None


class CalendarWarning(Output):
    """What one may want to know of the day."""

    code: str
    """holiday."""
    date: date
    """By the clocks of the account's slot plan, else in UTC."""
    country: str
    subdivision: str | None
    name: str


class CalendarMoved(Output):
    """What was moved, as it is now."""

    publication: PublicationRead | None
    occurrence: OccurrenceRead | None
    conflicts: list[CalendarConflict]
    """What was passed over by force."""
    warnings: list[CalendarWarning]


class CalendarFeedCreate(Input):
    """What a feed shows."""

    name: Name
    connection_ids: ConnectionIds | None = None
    """Only what goes to one of these accounts; null: everything."""


class CalendarFeedRead(Output):
    """An address at which calendar programs read what goes out."""

    id: UUID
    name: str
    connection_ids: list[UUID] | None
    mode: str
    created_by: UUID | None
    created_at: datetime
    revoked_at: datetime | None


class CalendarFeedCreated(CalendarFeedRead):
    """The new feed, in the only answer that ever holds its token."""

    url: str
    """For calendar programs. Whoever has it reads the feed."""
    token: str


class CalendarImport(Input):
    """A calendar file (RFC 5545), and what becomes of its events."""

    ics: Annotated[Text, Field(min_length=1, max_length=MAX_ICS)]
    connection_ids: ConnectionIds
    timezone: ZoneName = "UTC"
    """Of times that have none."""
    all_day_at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])] = "09:00"
    """When events of whole days go out, by that zone's clocks."""
    dry_run: StrictBool = False
    """Say what would become of each, and change nothing."""


class ImportedEventRead(Output):
    """One event of the file, and what became of it."""

    line: int
    """Where it begins."""
    uid: str | None
    outcome: str
    """imported; known: it was imported before; refused."""
    content_id: UUID | None = None
    publication_id: UUID | None = None
    recurring_post_id: UUID | None = None
    code: str | None = None
    """Why it was refused."""
    detail: str | None = None


class CalendarImported(Output):
    """What became of the file's events, in their order."""

    imported: int
    known: int
    refused: int
    events: list[ImportedEventRead]
