"""EventBridge's schedule expressions: rate(5 minutes), cron(0 9 ? * MON-FRI *), at(2030-01-31T09:00:00)."""

import calendar
import datetime as dt
import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")  # 1-7, as EventBridge counts
UNITS = {"minute": 60, "hour": 3600, "day": 86400}
HORIZON_YEARS = 12
"""29 February on a given weekday may be that far away; an expression with nothing until then never fires."""

_EXPRESSION = re.compile(r"(rate|cron|at)\((.+)\)")
_RATE = re.compile(r"([1-9]\d*) (minute|hour|day)s?")


def next_fire(expression: str, after: dt.datetime, timezone: str = "UTC") -> dt.datetime | None:
    """The first moment after `after` (which has an offset) when the expression fires, in UTC; None: never
    again.

    rate() counts from `after`. What falls into the gap of a clock change is passed over, and what falls into
    the doubled hour fires once, as with EventBridge Scheduler. Raises ValueError for what that does not
    accept.
    """
    found = _EXPRESSION.fullmatch(expression.strip())
    if not found:
        message = f"{expression!r} is none of rate(...), cron(...) and at(...)"
        raise ValueError(message)
    kind, inner = found.groups()
    if kind == "rate":
        return after.astimezone(dt.UTC) + rate(inner)
    zone = ZoneInfo(timezone)
    if kind == "at":
        moment = dt.datetime.fromisoformat(inner).replace(tzinfo=zone).astimezone(dt.UTC)
        return moment if moment > after else None
    return _Cron.parse(inner).next_after(after, zone)


def rate(inner: str) -> dt.timedelta:
    """What stands between the parentheses of rate()."""
    found = _RATE.fullmatch(inner.strip())
    if not found:
        message = f"rate({inner}) is not a whole number of minutes, hours or days"
        raise ValueError(message)
    return dt.timedelta(seconds=int(found[1]) * UNITS[found[2]])


@dataclass(frozen=True, slots=True)
class _Cron:
    minutes: list[int]
    hours: list[int]
    days: str
    months: list[int]
    weekdays: str
    years: list[int]

    @classmethod
    def parse(cls, inner: str) -> "_Cron":
        parts = inner.upper().split()
        if len(parts) != 6:  # noqa: PLR2004  # minute, hour, day of month, month, day of week, year
            message = f"cron({inner}) has {len(parts)} fields and not six"
            raise ValueError(message)
        minute, hour, day, month, weekday, year = parts
        if (day == "?") == (weekday == "?"):
            message = f"cron({inner}): exactly one of day-of-month and day-of-week is ?"
            raise ValueError(message)
        cron = cls(
            minutes=_values(minute, 0, 59),
            hours=_values(hour, 0, 23),
            days=day,
            months=_values(month, 1, 12, MONTHS),
            weekdays=weekday,
            years=_values(year, 1970, 2199),
        )
        cron.days_of(2024, 1)  # says now what is wrong with the two fields of days
        return cron

    def next_after(self, after: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
        local = after.astimezone(zone)
        for year in range(local.year, local.year + HORIZON_YEARS + 1):
            for month in self.months if year in self.years else []:
                if (year, month) < (local.year, local.month):
                    continue
                for day in self.days_of(year, month):
                    if (year, month, day) < (local.year, local.month, local.day):
                        continue
                    moment = self._first_of_day(dt.date(year, month, day), after, zone)
                    if moment is not None:
                        return moment
        return None

    def _first_of_day(self, date: dt.date, after: dt.datetime, zone: ZoneInfo) -> dt.datetime | None:
        found = []
        for hour in self.hours:
            for minute in self.minutes:
                wanted = dt.datetime.combine(date, dt.time(hour, minute), zone)
                moment = wanted.astimezone(dt.UTC)
                exists = moment.astimezone(zone).replace(tzinfo=None) == wanted.replace(tzinfo=None)
                if exists and moment > after:
                    found.append(moment)
        return min(found, default=None)

    def days_of(self, year: int, month: int) -> list[int]:
        """The days of one month that are meant, in order."""
        length = calendar.monthrange(year, month)[1]
        if self.weekdays == "?":
            meant = {day for part in self.days.split(",") for day in _month_days(part, year, month, length)}
        else:
            meant = {
                day for part in self.weekdays.split(",") for day in _week_days(part, year, month, length)
            }
        return sorted(day for day in meant if 1 <= day <= length)


def _month_days(part: str, year: int, month: int, length: int) -> list[int]:
    """L: the last; L-3: three before it; LW: the last working day; 15W: the working day nearest to it."""
    if part == "LW":
        return [_working_day(year, month, length, length)]
    if part.startswith("L"):
        return [length - (_number(part[2:], 1, 30) if part != "L" else 0)]
    if part.endswith("W"):
        day = _number(part[:-1], 1, 31)
        return [_working_day(year, month, day, length)] if day <= length else []
    return _values(part, 1, 31)


def _week_days(part: str, year: int, month: int, length: int) -> list[int]:
    """L: Saturday; 6L: the last Friday; 2#1: the first Monday; else names, or numbers from 1 = Sunday."""
    if part != "L" and part.endswith("L"):
        return _on(_number(part[:-1], 1, 7, DAYS), year, month, length)[-1:]
    if "#" in part:
        weekday, _, occurrence = part.partition("#")
        position = _number(occurrence, 1, 5) - 1
        return _on(_number(weekday, 1, 7, DAYS), year, month, length)[position : position + 1]
    wanted = [7] if part == "L" else _values(part, 1, 7, DAYS)
    return [day for weekday in wanted for day in _on(weekday, year, month, length)]


def _on(weekday: int, year: int, month: int, length: int) -> list[int]:
    """The days of a month that fall on a weekday (1 = Sunday)."""
    first = (weekday - 2 - calendar.monthrange(year, month)[0]) % 7 + 1  # the calendar counts from Monday = 0
    return list(range(first, length + 1, 7))


def _working_day(year: int, month: int, day: int, length: int) -> int:
    """The working day nearest to `day` in the same month."""
    weekday = calendar.weekday(year, month, day)
    if weekday == calendar.SATURDAY:
        return day - 1 if day > 1 else day + 2
    if weekday == calendar.SUNDAY:
        return day + 1 if day < length else day - 2
    return day


def _values(field: str, low: int, high: int, names: tuple[str, ...] = ()) -> list[int]:
    """A field of lists, ranges and steps: *, 5, 1-5, 0/15, 8-18/2, MON-FRI."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        start, dash, end = span.partition("-")
        first = low if start == "*" else _number(start, low, high, names)
        open_ended = high if start == "*" or step else first
        last = _number(end, low, high, names) if dash else open_ended
        span_values = list(range(first, last + 1)) or [
            *range(first, high + 1),
            *range(low, last + 1),
        ]  # FRI-MON
        found.update(span_values[:: _number(step, 1, high) if step else 1])
    return sorted(found)


def _number(text: str, low: int, high: int, names: tuple[str, ...] = ()) -> int:
    value = names.index(text) + 1 if text in names else int(text) if text.isdigit() else None
    if value is None or not low <= value <= high:
        message = f"{text!r} is not between {low} and {high}"
        raise ValueError(message)
    return value
