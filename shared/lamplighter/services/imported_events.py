"""One event of a calendar file, and what is made of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from lamplighter.domain.access import Caller
from lamplighter.domain.ical import reading
from lamplighter.domain.ical.reading import Component, Moment, Property, UnreadableError
from lamplighter.domain.recurrence import Key, instant, local_key
from lamplighter.postgres.session import Transaction
from lamplighter.schemas.content import ContentCreate
from lamplighter.schemas.publications import PublicationCreate
from lamplighter.schemas.recurring_posts import RecurringPostCreate
from lamplighter.services import (
    content,
    recurring_occurrences,
    recurring_posts,
    recurring_rules,
    scheduling,
    zones,
)
from lamplighter.services.wakeups import Wake

MOST_EXDATES = 500
_LONGEST_NAME = 255
_UNSUPPORTED = ("RDATE", "EXRULE")


@dataclass(frozen=True, slots=True)
class Clock:
    """By which clocks a file's times are read: the zone of those that have none, the time of day of whole
    days, and where the file says that its zones are."""

    timezone: str
    all_day_at: str
    places: Mapping[str, str]

    def zone(self, name: str | None) -> ZoneInfo:
        """The zone of a TZID; UnreadableError where nobody knows it."""
        if name is None:
            return zones.zone(self.timezone)
        for candidate in reading.zone_names(name, self.places):
            if candidate in zones.names():
                return zones.zone(candidate)
        raise UnreadableError("unknown_timezone", f"There is no time zone {name[:60]!r}.", 0)

    def local(self, moment: Moment) -> datetime:
        """By the clocks of the moment's own zone."""
        whole_day = time.fromisoformat(self.all_day_at)
        local = moment.local or datetime.combine(moment.day, whole_day)
        return local.replace(second=0)

    def at(self, moment: Moment) -> datetime:
        """In UTC."""
        found, _ = instant(self.zone(moment.zone), Key(self.local(moment), 0), "shift")
        assert found is not None  # noqa: S101  # whatever is shifted is somewhere
        return found.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Made:
    """What an event became."""

    content_id: UUID | None = None
    publication_id: UUID | None = None
    recurring_post_id: UUID | None = None
    wakes: Sequence[Wake] = field(default_factory=tuple)


def made(tx: Transaction, by: Caller, event: Component, connection_ids: Sequence[UUID], clock: Clock) -> Made:
    """A draft that is scheduled, or a recurring post; UnreadableError, or what its services raise, where it
    can be neither."""
    _check(event)
    start = _moment(event, "DTSTART")
    text = _text_of(event)
    if event.first("RRULE") is None:
        content_id = _content(tx, by, text)
        body = PublicationCreate(
            content_id=content_id, connection_ids=list(connection_ids), scheduled_at=clock.at(start)
        )
        publication, wakes = scheduling.create(tx, by, body)
        return Made(content_id, publication_id=publication.id, wakes=wakes)
    if not by.may("recurring_posts:write"):
        raise UnreadableError("permission_missing", "recurring_posts:write is missing.", 0)
    schedule = _schedule(event, start, clock)
    content_id = _content(tx, by, text)
    try:
        rule = RecurringPostCreate(
            name=(event.text("SUMMARY") or text)[:_LONGEST_NAME],
            schedule_type="rrule",
            schedule_config=schedule,
            content_ids=[content_id],
            connection_ids=list(connection_ids),
        )
    except ValidationError as error:
        raise UnreadableError("invalid_rule", error.errors()[0]["msg"], 0) from error
    return Made(content_id, recurring_post_id=recurring_posts.create(tx, by, rule)["id"])


def changed(
    tx: Transaction, by: Caller, events: tuple[Component, Component], of: Made, clock: Clock
) -> Sequence[Wake]:
    """What the file says of one time of a repeating event, said of the recurring post's occurrence. `events`:
    the repeating one, and the one about that time."""
    series, change = events
    if of.recurring_post_id is None:
        raise UnreadableError("not_repeating", "The event that it belongs to does not repeat.", 0)
    zone = clock.zone(_moment(series, "DTSTART").zone)
    was = clock.at(_moment(change, "RECURRENCE-ID"))
    key = recurring_rules.written(local_key(zone, was))
    if change.text("STATUS").upper() == "CANCELLED":
        recurring_occurrences.skip(tx, by, of.recurring_post_id, key)
        return []
    at, wakes = clock.at(_moment(change, "DTSTART")), list[Wake]()
    if at != was:
        _, wakes = recurring_occurrences.move(tx, by, of.recurring_post_id, key, at)
    text = _text_of(change)
    if text != _text_of(series):
        content_id = _content(tx, by, text)
        _, further = recurring_occurrences.edit(tx, by, of.recurring_post_id, key, content_id)
        wakes = [*wakes, *further]
    return wakes


def _check(event: Component) -> None:
    if not event.text("UID"):
        raise UnreadableError("uid_missing", "It has no UID: it would be imported anew each time.", 0)
    if event.text("STATUS").upper() == "CANCELLED":
        raise UnreadableError("cancelled", "It was cancelled.", 0)
    for name in _UNSUPPORTED:
        if event.first(name) is not None:
            raise UnreadableError("unsupported", f"{name} cannot be taken over.", 0)
    if len(event.all("RRULE")) > 1:
        raise UnreadableError("unsupported", "It has more than one RRULE.", 0)


def _schedule(event: Component, start: Moment, clock: Clock) -> dict[str, object]:
    """schedule_config of an rrule: DTSTART's zone is the rule's."""
    zone = clock.zone(start.zone)
    rule = event.first("RRULE")
    assert rule is not None  # noqa: S101  # it was looked at before
    left_out = [_exdate(each, zone, clock) for given in event.all("EXDATE") for each in _all(given)]
    return {
        "timezone": zone.key,
        "starts_at": clock.local(start).isoformat(timespec="minutes"),
        "rrule": rule.value,
        "exdates": sorted(set(left_out)),
    }


def _all(given: Property) -> list[Moment]:
    if given.value.count(",") >= MOST_EXDATES:
        raise UnreadableError("too_many_exdates", f"It has more than {MOST_EXDATES} EXDATEs.", 0)
    return list(reading.moments(given))


def _exdate(moment: Moment, zone: ZoneInfo, clock: Clock) -> str:
    """By the clocks of the rule's zone."""
    is_same = moment.local is None or clock.zone(moment.zone) == zone
    local = clock.local(moment) if is_same else local_key(zone, clock.at(moment)).local
    return local.isoformat(timespec="minutes")


def _moment(event: Component, name: str) -> Moment:
    given = event.first(name)
    found = None if given is None else next(reading.moments(given), None)
    if found is None:
        raise UnreadableError("no_time", f"It has no {name}.", 0)
    return found


def _text_of(event: Component) -> str:
    parts = [each for each in (event.text("SUMMARY"), event.text("DESCRIPTION")) if each]
    if not parts:
        raise UnreadableError("no_text", "It has neither a SUMMARY nor a DESCRIPTION.", 0)
    return "\n\n".join(parts)


def _content(tx: Transaction, by: Caller, text: str) -> UUID:
    try:
        body = ContentCreate(text=text)
    except ValidationError as error:
        raise UnreadableError("invalid_text", error.errors()[0]["msg"], 0) from error
    content_id: UUID = content.create(tx, by, body).id
    return content_id
