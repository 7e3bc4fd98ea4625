"""The days and local times that a rule's fields say, before COUNT, its ends, EXDATE and the zone."""

from collections.abc import Iterator
from datetime import date, datetime
from itertools import dropwhile, takewhile

from lamplighter.domain.recurrence.clock import DAY, SKIP, in_utc, local_key, local_of, minute_of, utc_minute
from lamplighter.domain.recurrence.days import MONTHS, Period, bits, ones, periodic, week_of
from lamplighter.domain.recurrence.rule import LAST_YEAR, SEARCH_YEARS, Rule

_LEAP_YEAR = 366
_SEARCH_DAYS = SEARCH_YEARS * _LEAP_YEAR


def local_minutes(rule: Rule, start: int) -> Iterator[int]:
    """The local times of a rule by the clock from `start` on, by its days and times alone: COUNT, the ends,
    EXDATE and the zone are left to the caller. Ends where SEARCH_YEARS hold no day."""
    first, minute = divmod(start, DAY)
    if rule.positions:
        yield from dropwhile(lambda each: each < start, _chosen(rule, first))
        return
    for day in days_from(rule, first):
        begin = day * DAY
        for time in rule.times:
            if day > first or time >= minute:
                yield begin + time


def days_from(rule: Rule, start: int) -> Iterator[int]:
    """The ordinals of a rule's days from `start` on."""
    year = date.fromordinal(start).year
    until = year + SEARCH_YEARS
    while year <= until and year <= LAST_YEAR:
        first, mask = rule.year(year)
        if start > first:
            mask = mask >> (start - first) << (start - first)
        if mask:
            until = year + SEARCH_YEARS
        while mask:
            low = mask & -mask
            yield first + low.bit_length() - 1
            mask ^= low
        year += 1


def _chosen(rule: Rule, start: int) -> Iterator[int]:
    """What BYSETPOS chooses of each period, from the one on that `start` lies in."""
    many = len(rule.times)
    barren = 0
    for first, length in _periods(rule, start):
        days = list(bits(_days_between(rule, first, length)))
        total = len(days) * many
        picked = {place - 1 if place > 0 else total + place for place in rule.positions}
        places = sorted(place for place in picked if 0 <= place < total)
        barren = 0 if places else barren + length
        if barren > _SEARCH_DAYS:
            return
        for place in places:
            day, time = divmod(place, many)
            yield (first + days[day]) * DAY + rule.times[time]


def _periods(rule: Rule, start: int) -> Iterator[tuple[int, int]]:
    """(ordinal of the first day, length) of the weeks, months or years from the one of `start` on."""
    if rule.every.period is Period.WEEK:
        first = week_of(start, rule.days.week_start)
        yield from ((week, 7) for week in range(first, date(LAST_YEAR, 1, 1).toordinal(), 7))
        return
    begin = date.fromordinal(start)
    for year in range(begin.year, LAST_YEAR):
        first, mask = rule.year(year)
        length = rule.year(year + 1)[0] - first
        if rule.every.period is Period.YEAR or not mask:
            yield first, length
            continue
        for month, (offset, days) in enumerate(MONTHS[length == _LEAP_YEAR], 1):
            if year > begin.year or month >= begin.month:
                yield first + offset, days


def _days_between(rule: Rule, start: int, length: int) -> int:
    """A rule's days as bits, bit 0 being the day `start`."""
    year = date.fromordinal(start).year
    first, mask = rule.year(year)
    following, more = rule.year(year + 1)
    return (mask >> (start - first) | more << (following - start)) & ones(length)


def stays(rule: Rule, at: datetime) -> bool:
    """Whether a time that a gap moved to `at` is one of the rule's: not if gaps are skipped, nor if the rule
    has that instant anyway."""
    if rule.on_gap == SKIP:
        return False
    moved = minute_of(local_key(rule.zone, at).local)
    return next(local_minutes(rule, moved), None) != moved or (rule.last is not None and moved > rule.last)


def first_minute(rule: Rule) -> int:
    """The minute of UTC at which a rule starts."""
    return utc_minute(in_utc(rule.zone, local_of(rule.starts))[0])


def elapsed_minutes(rule: Rule, start: int, end: int, offset: int) -> Iterator[int]:
    """The local minutes in [start, end) of a rule by elapsed time while the zone has that offset.

    An hour is the sixty minutes from where one began on the clocks of the rule's start; of each hour whose
    turn it is, those minutes are kept that the clocks of the day show as one of the rule's.
    """
    base = first_minute(rule) - rule.starts % rule.unit + offset
    for day in takewhile(lambda day: day * DAY < end, days_from(rule, start // DAY)):
        begin = day * DAY
        mask = rule.minutes
        if rule.step > 1:
            mask &= periodic(base - begin, rule.unit, rule.step * rule.unit, DAY)
        if start > begin:
            mask = mask >> (start - begin) << (start - begin)
        for minute in bits(mask & ones(end - begin) if end - begin < DAY else mask):
            yield begin + minute
