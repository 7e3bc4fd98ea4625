"""Local time and UTC: which instant a local time is, and where a zone changes its offset."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import NamedTuple

GAP = "gap"
"""The local time does not exist that day: the clock was put forward over it."""
OVERLAP = "overlap"
"""The local time comes twice that day: the clock was put back over it."""

SHIFT = "shift"
SKIP = "skip"

DAY = 1440
"""Minutes. Within the package a local time is a number: the day's ordinal * DAY + the minute of the day."""
MINUTE = timedelta(minutes=1)
MINUTES = tuple(timedelta(minutes=minute) for minute in range(DAY))
START = datetime.min  # noqa: DTZ901  # local times have no zone here
UTC_START = START.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """What an occurrence is known by: the local time that its rule says, and which of two (`fold` 1: the
    second) where the clock is put back. New zone data and moves never change it."""

    local: datetime
    fold: int


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One time of a rule. `at` is in UTC; `note` says what a clock change does to it: None, GAP, OVERLAP."""

    key: Key
    at: datetime
    note: str | None


class Change(NamedTuple):
    """From the minute `at` (UTC) on, `after` is a zone's offset in minutes instead of `before`."""

    at: int
    before: int
    after: int


def minute_of(local: datetime) -> int:
    """The number of a local time; seconds are dropped."""
    return local.toordinal() * DAY + local.hour * 60 + local.minute


def local_of(minute: int) -> datetime:
    """The local time of a number."""
    day, minute = divmod(minute, DAY)
    return datetime.fromordinal(day) + MINUTES[minute]


def utc_minute(moment: datetime) -> int:
    """The number of an instant, of any zone; seconds are dropped."""
    return (moment - UTC_START) // MINUTE + DAY


def utc_of(minute: int) -> datetime:
    """The instant of a number."""
    return local_of(minute).replace(tzinfo=UTC)


def local_key(zone: tzinfo, moment: datetime) -> Key:
    """What the clocks of a zone show at an instant."""
    local = moment.astimezone(zone)
    return Key(local.replace(tzinfo=None, fold=0), local.fold)


def in_utc(zone: tzinfo, local: datetime, fold: int = 0) -> tuple[datetime, str | None]:
    """The instant of a local time by the zone's data, and what a clock change does to it.

    A time in a gap is read by the offset before the gap (RFC 5545, 3.3.5); an ambiguous one is the first of
    its two instants unless `fold` is 1.
    """
    first: timedelta = zone.utcoffset(local)  # type: ignore[assignment]  # each zone has an offset
    second: timedelta = zone.utcoffset(local.replace(fold=1))  # type: ignore[assignment]
    if first == second:
        return (local - first).replace(tzinfo=UTC), None
    if first < second:
        return (local - first).replace(tzinfo=UTC), GAP
    return (local - (second if fold else first)).replace(tzinfo=UTC), OVERLAP


def offset_at(zone: tzinfo, minute: int) -> int:
    """The zone's offset in minutes at a minute of UTC. (Since 1973 all offsets are whole minutes.)"""
    offset: timedelta = utc_of(minute).astimezone(zone).utcoffset()  # type: ignore[assignment]
    return offset // MINUTE


@lru_cache(maxsize=4096)
def changes(zone: tzinfo, year: int) -> tuple[Change, ...]:
    """The changes of a zone's offset in a year of UTC, in order.

    `zoneinfo` does not list them, so each day is probed: two changes within a day that undo each other would
    go unseen, and there are none.
    """
    first, last = minute_of(datetime(year, 1, 1)), minute_of(datetime(year + 1, 1, 1))  # noqa: DTZ001
    before = offset_at(zone, first)
    found: list[Change] = []
    for noon in range(first + DAY, last + 1, DAY):
        after = offset_at(zone, noon)
        if after != before:
            found.append(Change(_first_with(zone, after, noon - DAY, noon), before, after))
            before = after
    return tuple(found)


def _first_with(zone: tzinfo, offset: int, before: int, by: int) -> int:
    """The minute from which the zone has that offset: after `before`, at the latest `by`."""
    while by - before > 1:
        middle = (before + by) // 2
        if offset_at(zone, middle) == offset:
            by = middle
        else:
            before = middle
    return by


def stretch(zone: tzinfo, minute: int) -> tuple[int, int]:
    """(offset, end): the zone keeps that offset from this minute of UTC until before `end`, which is a change
    or the end of the year."""
    year = datetime.fromordinal(minute // DAY).year
    offset = offset_at(zone, minute)
    for change in changes(zone, year):
        if change.at > minute:
            return offset, change.at
    return offset, minute_of(datetime(year + 1, 1, 1))  # noqa: DTZ001
