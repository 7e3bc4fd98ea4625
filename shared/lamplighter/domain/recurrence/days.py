"""The days of a year that a rule falls on, as the bits of one integer: bit 0 is the first of January."""

import calendar
from collections.abc import Iterator
from datetime import date
from enum import Enum
from functools import lru_cache
from itertools import accumulate
from typing import NamedTuple


class Period(Enum):
    """What INTERVAL counts, and what BYSETPOS chooses from."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


class Days(NamedTuple):
    """Which days, as RFC 5545's BYMONTH ... BYDAY say. Numbers are bits (bit 3: the third), and those counted
    from the end have a field of their own; 0 and () leave the day open."""

    months: int = 0
    month_days: int = 0
    last_month_days: int = 0
    year_days: int = 0
    last_year_days: int = 0
    weekdays: int = 0
    """Bit 0: Monday."""
    nth: tuple[tuple[int, int], ...] = ()
    """(ordinal, weekday): the second Tuesday, the last Friday (-1), beside those of `weekdays`."""
    nth_of_year: bool = False
    weeks: int = 0
    last_weeks: int = 0
    week_start: int = 0
    clamped: bool = False
    """A day that the month lacks is its last day."""
    either: bool = False
    """cron: a day of the month or of the week is enough."""


class Every(NamedTuple):
    """Every `interval` periods, one of which begins at `base`: an ordinal for days and weeks, year * 12 +
    month - 1 for months, a year for years."""

    period: Period
    interval: int
    base: int


_LENGTHS = {leap: (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31) for leap in (False, True)}
MONTHS = {
    leap: tuple(zip(accumulate(lengths, initial=0), lengths, strict=False))
    for leap, lengths in _LENGTHS.items()
}
"""(first day, length) of each month of a common and of a leap year."""


def ones(count: int) -> int:
    """So many days in a row."""
    return (1 << count) - 1


def bits(mask: int) -> Iterator[int]:
    """The numbers of the bits that are set, ascending."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


@lru_cache(maxsize=4096)
def _repeated(block: int, period: int, width: int) -> int:
    return sum(ones(block) << start for start in range(0, width, period))


def periodic(first: int, block: int, period: int, width: int) -> int:
    """The bits below `width` that lie, counted from `first`, in the first `block` of each `period`."""
    first %= period
    mask = _repeated(block, period, width) << first
    if first + block > period:
        mask |= ones(first + block - period)
    return mask & ones(width)


def of_year(days: Days, every: Every, year: int, first: int) -> int:
    """The days of a year; `first` is the ordinal of its first of January."""
    if every.period is Period.YEAR and (year - every.base) % every.interval:
        return 0
    leap = calendar.isleap(year)
    mask = _of_year_like(days, leap, (first + 6) % 7)
    if days.weeks or days.last_weeks:
        mask &= _weeks(days.weeks, days.last_weeks, days.week_start, year)
    if every.interval == 1 or every.period is Period.YEAR:
        return mask
    if every.period is Period.MONTH:
        turns = (month for month in range(12) if (year * 12 + month - every.base) % every.interval == 0)
        return mask & sum(_month(leap, month) for month in turns)
    block = 1 if every.period is Period.DAY else 7
    return mask & periodic(every.base - first, block, block * every.interval, 365 + leap)


@lru_cache(maxsize=4096)
def _of_year_like(days: Days, leap: bool, weekday: int) -> int:
    """The days of any year of that length that begins on that weekday: INTERVAL and weeks are left open."""
    mask = everything = ones(365 + leap)
    if days.months:
        mask = sum(_month(leap, month - 1) for month in bits(days.months))
    of_month = _month_days(days, leap) if days.month_days or days.last_month_days else everything
    of_week = _weekdays(days, leap, weekday) if days.weekdays or days.nth else everything
    mask &= of_month | of_week if days.either else of_month & of_week
    if days.year_days or days.last_year_days:
        from_end = (365 + leap - day for day in bits(days.last_year_days) if day <= 365 + leap)
        mask &= (days.year_days >> 1) | sum(1 << day for day in from_end)
    return mask & everything


def _month(leap: bool, month: int) -> int:
    start, length = MONTHS[leap][month]
    return ones(length) << start


def _month_days(days: Days, leap: bool) -> int:
    mask = 0
    for start, length in MONTHS[leap]:
        found = (days.month_days >> 1) & ones(length)
        if days.clamped and days.month_days >> (length + 1):
            found |= 1 << (length - 1)
        for day in bits(days.last_month_days):
            if day <= length:
                found |= 1 << (length - day)
        mask |= found << start
    return mask


def _weekdays(days: Days, leap: bool, weekday: int) -> int:
    length = 365 + leap
    mask = sum(periodic(each - weekday, 1, 7, length) for each in bits(days.weekdays))
    spans = ((0, length),) if days.nth_of_year else MONTHS[leap]
    for ordinal, each in days.nth:
        all_of_it = periodic(each - weekday, 1, 7, length)
        for start, span in spans:
            found = list(bits((all_of_it >> start) & ones(span)))
            if abs(ordinal) <= len(found):
                mask |= 1 << (start + found[ordinal - 1 if ordinal > 0 else ordinal])
    return mask


@lru_cache(maxsize=4096)
def _weeks(weeks: int, last_weeks: int, week_start: int, year: int) -> int:
    """The days of a calendar year that lie in weeks of these numbers, be they of the year before or after:
    week 1 is the first with four days in its year (RFC 5545, BYWEEKNO)."""
    first, mask = date(year, 1, 1).toordinal(), 0
    for of in (year - 1, year, year + 1):
        begin, end = week_one(of, week_start), week_one(of + 1, week_start)
        count = (end - begin) // 7
        for number in range(1, count + 1):
            if weeks >> number & 1 or last_weeks >> (count + 1 - number) & 1:
                start = begin + (number - 1) * 7 - first
                mask |= ones(7) << start if start >= 0 else ones(7) >> min(-start, 7)
    return mask & ones(365 + calendar.isleap(year))


def week_one(year: int, week_start: int) -> int:
    """The ordinal of the first day of a year's first week."""
    fourth = date(year, 1, 4).toordinal()
    return week_of(fourth, week_start)


def week_of(day: int, week_start: int) -> int:
    """The ordinal of the first day of the week that a day lies in."""
    return day - (day + 6 - week_start) % 7
