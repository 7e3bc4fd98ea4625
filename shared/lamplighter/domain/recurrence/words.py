"""A schedule in plain English."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from lamplighter.domain.recurrence import fields
from lamplighter.domain.recurrence.clock import local_of
from lamplighter.domain.recurrence.days import Days, Every, Period, bits
from lamplighter.domain.recurrence.pattern import Pattern
from lamplighter.domain.recurrence.schedules import parsed

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ORDINALS = ("first", "second", "third", "fourth", "fifth")
_WORKDAYS = 0b0011111
_ALL_WEEK = 0b1111111
_SHORTEST_MONTH = 28
_MOST_LISTED = 3
_SECOND = 2
_ANY_START = datetime(2000, 1, 1)  # noqa: DTZ001


def described(schedule_type: str, config: Mapping[str, Any], anchor: datetime | None = None) -> str:
    """Such as "every second Tuesday at 09:00, Europe/Berlin", of a config that `rule_of` accepts. An
    rrule needs starts_at or an `anchor`, as it may leave its day and time to them."""
    if anchor is None and schedule_type == "rrule":
        fields.needed(config, "starts_at")
    start = fields.starts(config, anchor or _ANY_START)
    shape, count, last, until = parsed(schedule_type, config, start)
    said = [f"{_when(shape)}, {fields.needed(config, 'timezone')}"]
    if count:
        said.append("once" if count == 1 else f"{count} times")
    if last is not None:
        said.append(f"until {local_of(last):%Y-%m-%d %H:%M}")
    if until is not None:
        said.append(f"until {until:%Y-%m-%d %H:%M} UTC")
    left_out = sorted(fields.exdates(config))
    if left_out:
        few = [f"{local_of(each):%Y-%m-%d %H:%M}" for each in left_out[:_MOST_LISTED]]
        said.append("except " + (_and(few) if len(left_out) <= _MOST_LISTED else f"{len(left_out)} times"))
    return ", ".join(said)


def _when(shape: Pattern) -> str:
    if shape.step:
        limits = _limits(shape.days)
        return " ".join([_steps(shape), *limits])
    at = "at " + _and(f"{time // 60:02}:{time % 60:02}" for time in shape.times)
    said = f"{_days(shape.days, shape.every)} {at}"
    if shape.positions:
        return f"{said}, of these only {_places(shape.positions)} in each {shape.every.period.value}"
    return said


def _steps(shape: Pattern) -> str:
    """By elapsed time: how far apart, in which hours and at which minutes of them."""
    hours = sorted({minute // 60 for minute in bits(shape.minutes)})
    minutes = sorted({minute % 60 for minute in bits(shape.minutes)})
    within = "" if len(hours) == 24 else f" in the hour{'s' if hours[1:] else ''} {_and(_runs(hours))}"  # noqa: PLR2004  # hours of a day
    apart = minutes[1] if len(minutes) > 1 else 0
    if shape.unit == 1 and len(minutes) == 60:  # noqa: PLR2004  # minutes of an hour
        return _every(shape.step, "minute") + within
    if (
        shape.unit == 1
        and shape.step == 1
        and apart
        and minutes == list(range(0, 60, apart))
        and 60 % apart == 0
    ):
        return _every(apart, "minute") + within
    at = f"at minute {minutes[0]}" if len(minutes) == 1 else f"at the minutes {_and(_runs(minutes))}"
    if shape.unit == 1:
        apart_by = "" if shape.step == 1 else f"{_every(shape.step, 'minute')} "
        return f"{apart_by}{at}" + (within or " of every hour")
    return f"{_every(shape.step, 'hour')} {at}{within}"


def _days(days: Days, every: Every) -> str:
    """Which days, by the clock."""
    plain = days._replace(weekdays=0, week_start=0, nth_of_year=False) == Days()
    if plain and every.period in (Period.DAY, Period.WEEK):
        if every.interval == 1:
            return _each(days.weekdays)
        if every.period is Period.WEEK:
            if every.interval == _SECOND and days.weekdays.bit_count() == 1:
                return f"every second {_weekdays(days.weekdays)}"
            return f"{_every(every.interval, 'week')} on {_weekdays(days.weekdays)}"
    beside = days._replace(month_days=0, last_month_days=0, nth=(), clamped=False, week_start=0)
    of_month = bool(days.month_days or days.last_month_days)
    monthly = every.interval == 1 and every.period in (Period.MONTH, Period.DAY)
    if monthly and beside == Days() and of_month != bool(days.nth):
        return f"{_month_days(days) if of_month else _nth(days.nth)} of every month{_shorter(days)}"
    limits = _limits(days)
    if every.period is Period.DAY and every.interval == 1 and days._replace(months=0) != Days():
        return " ".join(limits)
    return " ".join([_every(every.interval, every.period.value), *limits])


def _limits(days: Days) -> list[str]:
    """What is said of the days, one field after the other."""
    said = []
    if days.months:
        said.append("in " + _and(_MONTHS[month - 1] for month in bits(days.months)))
    if days.weeks or days.last_weeks:
        numbers = _numbered(days.weeks, days.last_weeks)
        start = "" if days.week_start == 0 else f" (weeks begin on {_DAYS[days.week_start]})"
        said.append(f"in {_and(f'the {number} week' for number in numbers)} of the year{start}")
    if days.year_days or days.last_year_days:
        numbers = _numbered(days.year_days, days.last_year_days)
        said.append(f"on {_and(f'the {number} day' for number in numbers)} of the year")
    on = []
    if days.month_days or days.last_month_days:
        on.append(f"on {_month_days(days)}{'' if days.months else ' of the month'}{_shorter(days)}")
    if days.weekdays or days.nth:
        weekdays = [_weekdays(days.weekdays)] if days.weekdays else []
        nth = [_nth(days.nth) + (" of the year" if days.nth_of_year else " of the month")] if days.nth else []
        on.append("on " + _and([*weekdays, *nth]))
    return said + ([" or ".join(on)] if days.either else on)


def _each(weekdays: int) -> str:
    if weekdays in (0, _ALL_WEEK):
        return "every day"
    return "every " + ("weekday" if weekdays == _WORKDAYS else _weekdays(weekdays))


def _weekdays(weekdays: int) -> str:
    if weekdays == _WORKDAYS:
        return "Monday to Friday"
    return _and(_DAYS[day] for day in bits(weekdays))


def _month_days(days: Days) -> str:
    last = (f"{_from_end(day)} day" for day in bits(days.last_month_days))
    numbered = _runs(list(bits(days.month_days)), lambda day: f"the {_ordinal(day)}")
    return _and([*numbered, *(f"the {each}" for each in last)])


def _nth(nth: Sequence[tuple[int, int]]) -> str:
    return _and(f"the {_place(ordinal)} {_DAYS[day]}" for ordinal, day in nth)


def _shorter(days: Days) -> str:
    if days.clamped and days.month_days >> (_SHORTEST_MONTH + 1):
        return " (the last day of a shorter one)"
    return ""


def _places(positions: Iterable[int]) -> str:
    return _and(f"the {_place(place)}" for place in positions)


def _place(ordinal: int) -> str:
    if ordinal < 0:
        return _from_end(-ordinal)
    return _ORDINALS[ordinal - 1] if ordinal <= len(_ORDINALS) else _ordinal(ordinal)


def _numbered(numbers: int, from_end: int) -> list[str]:
    return [*map(_ordinal, bits(numbers)), *map(_from_end, bits(from_end))]


def _from_end(number: int) -> str:
    return "last" if number == 1 else f"{_ordinal(number)} to last"


def _ordinal(number: int) -> str:
    teens = number % 100 in (11, 12, 13)
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _every(interval: int, what: str) -> str:
    return f"every {what}" if interval == 1 else f"every {interval} {what}s"


def _runs(numbers: Sequence[int], said: Callable[[int], str] = str) -> list[str]:
    """9, 10, 11, 14: "9 to 11", "14"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    few = 2
    return [
        each
        for run in runs
        for each in ([f"{said(run[0])} to {said(run[-1])}"] if len(run) > few else map(said, run))
    ]


def _and(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
