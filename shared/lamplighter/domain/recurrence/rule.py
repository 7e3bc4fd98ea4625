"""A rule as it is walked along: which days, which minutes of a day, from when to when."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, tzinfo

from lamplighter.domain.recurrence.clock import (
    GAP,
    OVERLAP,
    SHIFT,
    SKIP,
    Key,
    in_utc,
    local_key,
    local_of,
    minute_of,
)
from lamplighter.domain.recurrence.days import Days, Every, of_year

SEARCH_YEARS = 40
"""A rule that meets no day for so long has ended: the longest pause of the calendar itself, a leap day on a
given weekday over 2100, is 40 years."""
LAST_YEAR = 9990
"""A little before Python's last."""
_LONGER_THAN_ANY_GAP = timedelta(hours=25)
"""Samoa left out a whole day."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A parsed schedule. Local times are numbers of minutes, as `clock` has them.

    Two kinds: by the clock (`step` 0), whose times are local times of day; and by elapsed time (`step` > 0),
    whose instants are that many `unit` minutes apart and kept where local time is one of `minutes`.
    """

    zone: tzinfo
    starts: int
    days: Days
    every: Every
    times: tuple[int, ...] = ()
    """Minutes of the day, ascending. By elapsed time: empty, see `minutes`."""
    positions: tuple[int, ...] = ()
    """BYSETPOS of weeks, months and years."""
    count: int | None = None
    last: int | None = None
    """The last local minute that may be one."""
    until: datetime | None = None
    """The last instant that may be one."""
    exdates: frozenset[int] = frozenset()
    on_gap: str = SHIFT
    step: int = 0
    unit: int = 1
    minutes: int = 0
    """By elapsed time: which minutes of the day, as bits."""
    years: dict[int, tuple[int, int]] = field(default_factory=dict, compare=False, repr=False)
    """What was worked out of a year: the ordinal of its first day, and its days."""

    def year(self, year: int) -> tuple[int, int]:
        """The ordinal of the year's first day, and the rule's days as bits."""
        known = self.years.get(year)
        if known is None:
            first = date(year, 1, 1).toordinal()
            known = self.years[year] = first, of_year(self.days, self.every, year, first)
        return known


def instant(where: Rule | tzinfo, key: Key, on_gap: str | None = None) -> tuple[datetime | None, str | None]:
    """(UTC, note) of a key by the zone's data of today; UTC is None where the time does not exist and gaps
    are skipped. `on_gap` is the rule's own unless it is said ("shift" for a zone)."""
    zone, how = (where.zone, where.on_gap) if isinstance(where, Rule) else (where, SHIFT)
    at, note = in_utc(zone, key.local, key.fold)
    return (None if note == GAP and (on_gap or how) == SKIP else at), note


def key_at(rule: Rule, moment: datetime) -> Key:
    """The key to start from at an instant ("now"): no occurrence that is still to come lies at or before it.

    It is what the clocks show, except in the hour after one was put forward: there, times that the clock
    skipped may still come (shifted), so it is what the clocks would show without the change. What begins
    there may hold an occurrence whose `at` has passed; `upcoming` leaves those out.
    """
    key = local_key(rule.zone, moment)
    if rule.step:
        return key
    before = (moment - _LONGER_THAN_ANY_GAP).astimezone(rule.zone).replace(tzinfo=None)
    unchanged = before + _LONGER_THAN_ANY_GAP
    if unchanged < key.local and in_utc(rule.zone, unchanged)[1] == GAP:
        return Key(unchanged, 0)
    return key


def reach(rule: Rule, key: Key) -> int:
    """The last local minute that a rule by the clock has passed at a key: such a rule has nothing in the
    second of two equal hours, so there all of the first has passed."""
    minute = minute_of(key.local)
    if key.fold:
        while in_utc(rule.zone, local_of(minute + 1))[1] == OVERLAP:
            minute += 1
    return minute
