"""What the parts of a recurrence rule mean: its days, times and steps."""

from datetime import date

from lamplighter.domain.recurrence.clock import DAY
from lamplighter.domain.recurrence.days import Days, Every, Period, week_of
from lamplighter.domain.recurrence.pattern import Pattern, day_mask, mask, mask_from_end, minutes_of_day
from lamplighter.domain.recurrence.rrules import Recur, refused

_PERIODS = {"YEARLY": Period.YEAR, "MONTHLY": Period.MONTH, "WEEKLY": Period.WEEK, "DAILY": Period.DAY}
_DAY_PARTS = ("BYWEEKNO", "BYYEARDAY", "BYMONTHDAY")


def pattern(recur: Recur, start: int) -> Pattern:
    """What it says of days and minutes; `start` (DTSTART) fills in what it leaves open (RFC 5545, 3.3.10)."""
    day, time = divmod(start, DAY)
    if recur.freq in _PERIODS:
        return _by_the_clock(recur, date.fromordinal(day), time)
    return _by_elapsed_time(recur, time)


def _by_the_clock(recur: Recur, start: date, time: int) -> Pattern:
    hours, minutes = recur.by.get("BYHOUR", (time // 60,)), recur.by.get("BYMINUTE", (time % 60,))
    times = minutes_of_day(hours, minutes)
    positions = recur.by.get("BYSETPOS", ())
    period = _PERIODS[recur.freq]
    if period is Period.DAY and positions:
        times, positions = _chosen(times, positions), ()
    bases = {
        Period.DAY: start.toordinal(),
        Period.WEEK: week_of(start.toordinal(), recur.week_start),
        Period.MONTH: start.year * 12 + start.month - 1,
        Period.YEAR: start.year,
    }
    every = Every(period, recur.interval, bases[period])
    return Pattern(_filled(_days(recur), recur, start), every, times, positions)


def _by_elapsed_time(recur: Recur, time: int) -> Pattern:
    hourly = recur.freq == "HOURLY"
    minutes = recur.by.get("BYMINUTE", (time % 60,) if hourly else range(60))
    if "BYSETPOS" in recur.by:
        if hourly:
            minutes = _chosen(tuple(minutes), recur.by["BYSETPOS"])
        else:
            _chosen((0,), recur.by["BYSETPOS"])
    bits = day_mask(recur.by.get("BYHOUR", range(24)), minutes)
    unit = 60 if hourly else 1
    return Pattern(_days(recur), Every(Period.DAY, 1, 0), step=recur.interval, unit=unit, minutes=bits)


def _chosen(sorted_set: tuple[int, ...], positions: tuple[int, ...]) -> tuple[int, ...]:
    """BYSETPOS of the set of a day's times or an hour's minutes, which is the same each time."""
    places = {place - 1 if place > 0 else len(sorted_set) + place for place in positions}
    chosen = tuple(each for place, each in enumerate(sorted_set) if place in places)
    if not chosen:
        raise refused(f"BYSETPOS: there are only {len(sorted_set)} to choose from.", "never_fires")
    return chosen


def _days(recur: Recur) -> Days:
    by = recur.by
    month_days, year_days = by.get("BYMONTHDAY", ()), by.get("BYYEARDAY", ())
    return Days(
        months=mask(by.get("BYMONTH", ())),
        month_days=mask(month_days),
        last_month_days=mask_from_end(month_days),
        year_days=mask(year_days),
        last_year_days=mask_from_end(year_days),
        weekdays=sum(1 << day for ordinal, day in recur.weekdays if not ordinal),
        nth=tuple(each for each in recur.weekdays if each[0]),
        nth_of_year=recur.freq == "YEARLY" and "BYMONTH" not in by,
        weeks=mask(by.get("BYWEEKNO", ())),
        last_weeks=mask_from_end(by.get("BYWEEKNO", ())),
        week_start=recur.week_start,
    )


def _filled(days: Days, recur: Recur, start: date) -> Days:
    """With the day of the start where the rule says none."""
    said = {name for name in _DAY_PARTS if name in recur.by}
    if recur.weekdays or said - {"BYWEEKNO"} or recur.freq == "DAILY":
        return days
    if said or recur.freq == "WEEKLY":
        return days._replace(weekdays=1 << start.weekday())
    if recur.freq == "YEARLY" and not days.months:
        days = days._replace(months=1 << start.month)
    return days._replace(month_days=1 << start.day)
