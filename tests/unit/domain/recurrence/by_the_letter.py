# ruff: noqa: DTZ001  # local times have no zone
"""A plain reading of RFC 5545, for what dateutil reads in another way: slow, each day is asked."""

import calendar
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import takewhile
from typing import Any

from tests.unit.domain.recurrence.random_rules import DAYS, Case


def literal_times(case: Case) -> Iterator[datetime]:
    """The local times of a rule by the clock until `case.until`."""
    parts = case.parts
    for days in takewhile(lambda days: days[0] <= case.until.date(), _periods(case)):
        chosen = [
            datetime(day.year, day.month, day.day, hour, minute)
            for day in days
            if day_matches(day, parts, case.starts)
            for hour in parts.get("BYHOUR", [case.starts.hour])
            for minute in parts.get("BYMINUTE", [case.starts.minute])
        ]
        places = parts.get("BYSETPOS", [])
        if places:
            picked = {place - 1 if place > 0 else len(chosen) + place for place in places}
            chosen = [each for place, each in enumerate(chosen) if place in picked]
        yield from (each for each in chosen if case.starts <= each <= case.until)


def _periods(case: Case) -> Iterator[list[date]]:
    """The days of each period whose turn it is."""
    day, freq, interval = case.starts.date(), case.parts["FREQ"], case.parts["INTERVAL"]
    starts = DAYS.index(case.parts.get("WKST", "MO"))
    begin = {
        "YEARLY": day.replace(month=1, day=1),
        "MONTHLY": day.replace(day=1),
        "WEEKLY": day - timedelta(days=(day.weekday() - starts) % 7),
        "DAILY": day,
    }[freq]
    turn = 0
    while begin.year < case.until.year + 2:
        following = _next_period(begin, freq)
        if turn % interval == 0:
            yield [begin + timedelta(days=each) for each in range((following - begin).days)]
        begin, turn = following, turn + 1


def _next_period(begin: date, freq: str) -> date:
    if freq == "YEARLY":
        return begin.replace(year=begin.year + 1)
    if freq == "MONTHLY":
        return (begin + timedelta(days=32)).replace(day=1)
    return begin + timedelta(days=7 if freq == "WEEKLY" else 1)


def day_matches(day: date, parts: dict[str, Any], starts: datetime) -> bool:  # noqa: PLR0911  # one per part
    """Whether the day is one of the rule's, by each of its parts."""
    length = calendar.monthrange(day.year, day.month)[1]
    year = 366 if calendar.isleap(day.year) else 365
    nth = day.timetuple().tm_yday
    if "BYMONTH" in parts and day.month not in parts["BYMONTH"]:
        return False
    if "BYWEEKNO" in parts and not _week_matches(day, parts):
        return False
    if "BYYEARDAY" in parts and not {nth, nth - year - 1} & set(parts["BYYEARDAY"]):
        return False
    if "BYMONTHDAY" in parts and not {day.day, day.day - length - 1} & set(parts["BYMONTHDAY"]):
        return False
    if "BYDAY" in parts:
        of_month = parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts
        place, last = (day.day, length) if of_month else (nth, year)
        numbers = {0, (place - 1) // 7 + 1, -((last - place) // 7 + 1)}
        return any(DAYS.index(name) == day.weekday() and n in numbers for n, name in parts["BYDAY"])
    if parts["FREQ"] in ("DAILY", "HOURLY", "MINUTELY") or {"BYYEARDAY", "BYMONTHDAY"} & set(parts):
        return True
    if parts["FREQ"] == "WEEKLY" or "BYWEEKNO" in parts:
        return day.weekday() == starts.weekday()
    return day.day == starts.day and (
        parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts or day.month == starts.month
    )


def _week_matches(day: date, parts: dict[str, Any]) -> bool:
    """By the fourth day of the day's week: the year that it lies in is the week's, and its day of that year
    says the week's number."""
    begin = day - timedelta(days=(day.weekday() - DAYS.index(parts.get("WKST", "MO"))) % 7)
    fourth = begin + timedelta(days=3)
    number = (fourth.timetuple().tm_yday - 1) // 7 + 1
    left = fourth
    while (left + timedelta(days=7)).year == fourth.year:
        left += timedelta(days=7)
    from_end = -((left - fourth).days // 7 + 1)
    return bool({number, from_end} & set(parts["BYWEEKNO"]))
