"""The schedule types daily, weekly and monthly."""

from collections.abc import Mapping
from typing import Any

from lamplighter.domain.recurrence import fields
from lamplighter.domain.recurrence.clock import DAY
from lamplighter.domain.recurrence.days import Days, Every, Period, week_of
from lamplighter.domain.recurrence.faults import RuleError
from lamplighter.domain.recurrence.pattern import Pattern

WORKDAYS = 0b0011111
_LONGEST_MONTH = 31


def daily(config: Mapping[str, Any], start: int) -> Pattern:
    """{times, interval = 1, weekdays_only = false}"""
    fields.only(config, {"times", "interval", "weekdays_only"})
    days = Days(weekdays=WORKDAYS if fields.flag(config, "weekdays_only") else 0)
    return Pattern(days, Every(Period.DAY, _interval(config), start // DAY), fields.times(config))


def weekly(config: Mapping[str, Any], start: int) -> Pattern:
    """{weekdays, times, interval = 1}; weeks begin on Monday."""
    fields.only(config, {"weekdays", "times", "interval"})
    named = fields.several(config, "weekdays", 7)
    weekdays = sum(1 << fields.weekday(value, "weekdays") for value in named)
    every = Every(Period.WEEK, _interval(config), week_of(start // DAY, 0))
    return Pattern(Days(weekdays=weekdays), every, fields.times(config))


def monthly(config: Mapping[str, Any], start: int) -> Pattern:
    """{days or nth {week, weekday}, times, interval = 1, missing_day = "skip" | "last"}"""
    fields.only(config, {"days", "nth", "times", "interval", "missing_day"})
    clamped = fields.choice(config, "missing_day", ("skip", "last")) == "last"
    if config.get("nth") is None:
        days = _of_month(config, clamped)
    elif config.get("days") is not None:
        raise RuleError("invalid", "nth", "A monthly schedule has days or nth, not both.")
    else:
        days = Days(nth=(_nth(config["nth"]),))
    day = fields.day_of(start)
    every = Every(Period.MONTH, _interval(config), day.year * 12 + day.month - 1)
    return Pattern(days, every, fields.times(config))


def _interval(config: Mapping[str, Any]) -> int:
    return fields.number(config, "interval", 1, fields.MOST_INTERVAL, 1)


def _of_month(config: Mapping[str, Any], clamped: bool) -> Days:
    if config.get("days") is None:
        raise RuleError("missing", "days", "A monthly schedule needs days or nth.")
    listed = fields.several(config, "days", 62)
    for day in listed:
        if not isinstance(day, int) or isinstance(day, bool) or not 1 <= abs(day) <= _LONGEST_MONTH:
            raise RuleError("invalid", "days", "days are 1 to 31, or -1 (the last) to -31.")
    return Days(
        month_days=sum(1 << day for day in listed if day > 0),
        last_month_days=sum(1 << -day for day in listed if day < 0),
        clamped=clamped,
    )


def _nth(value: Any) -> tuple[int, int]:
    if not isinstance(value, Mapping) or set(value) != {"week", "weekday"}:
        raise RuleError("invalid", "nth", 'nth is such as {"week": 2, "weekday": "tu"}.')
    week = value["week"]
    if not isinstance(week, int) or isinstance(week, bool) or week not in (1, 2, 3, 4, 5, -1):
        raise RuleError("invalid", "nth", "The week of nth is 1 to 5, or -1 for the last.")
    return week, fields.weekday(value["weekday"], "nth")
