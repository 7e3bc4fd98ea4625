"""The schedule type cron: the five fields of crontab(5)."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from lamplighter.domain.recurrence import fields
from lamplighter.domain.recurrence.days import Days, Every, Period
from lamplighter.domain.recurrence.faults import RuleError
from lamplighter.domain.recurrence.pattern import Pattern, day_mask, mask, minutes_of_day


class _Field(NamedTuple):
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()
    """Of lowest, lowest + 1, ..."""


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MINUTE = _Field("minute", 0, 59)
_HOUR = _Field("hour", 0, 23)
_MONTH_DAY = _Field("day of the month", 1, 31)
_MONTH = _Field("month", 1, 12, _MONTHS)
_WEEKDAY = _Field("day of the week", 0, 7, _DAYS)
_FIELDS = (_MINUTE, _HOUR, _MONTH_DAY, _MONTH, _WEEKDAY)

_NICKNAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_PART = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d{1,4}))?", re.ASCII)
_LONGEST = 500


def cron(config: Mapping[str, Any], start: int) -> Pattern:
    """{expression}. As cron does: where both are restricted, a day of the month or of the week is enough; and
    where the minute or the hour begins with *, it goes by what clocks show, in both of two equal hours and in
    none that is left out, while all others fire once a day for each of their times."""
    del start
    fields.only(config, {"expression"})
    texts = _split(fields.needed(config, "expression"))
    minutes, hours, month_days, months, weekdays = (
        _numbers(text, field) for text, field in zip(texts, _FIELDS, strict=True)
    )
    days = Days(
        months=0 if texts[3] == "*" else mask(months),
        month_days=0 if texts[2] == "*" else mask(month_days),
        weekdays=0 if texts[4] == "*" else sum(1 << day for day in {(day + 6) % 7 for day in weekdays}),
        either=not texts[2].startswith("*") and not texts[4].startswith("*"),
    )
    every = Every(Period.DAY, 1, 0)
    if texts[0].startswith("*") or texts[1].startswith("*"):
        return Pattern(days, every, step=1, minutes=day_mask(hours, minutes))
    return Pattern(days, every, minutes_of_day(hours, minutes))


def _split(expression: Any) -> list[str]:
    if not isinstance(expression, str) or len(expression) > _LONGEST:
        raise RuleError("invalid", "expression", "The expression is a text such as '0 9 * * mon-fri'.")
    text = expression.strip().lower()
    if text.startswith("@"):
        if text not in _NICKNAMES:
            raise RuleError(
                "unsupported", "expression", f"{text} is none of {', '.join(_NICKNAMES)}: write five fields."
            )
        text = _NICKNAMES[text]
    parts = text.split()
    if len(parts) != len(_FIELDS):
        named = ", ".join(field.name for field in _FIELDS)
        raise RuleError("invalid", "expression", f"A cron expression has five fields: {named}.")
    return parts


def _numbers(text: str, field: _Field) -> set[int]:
    return {number for part in text.split(",") for number in _part(part, field)}


def _part(text: str, field: _Field) -> range:
    """What one element of a list says: *, 5, 1-5, or the first or the last of these with /step."""
    if re.search(r"[#?]|^l|\dl$|\dw$|^w$", text):
        raise RuleError(
            "unsupported",
            "expression",
            f"{text!r} ({field.name}): cron has no L, W, # and ?; an rrule can say it.",
        )
    matched = _PART.fullmatch(text)
    if matched is None:
        raise RuleError("invalid", "expression", f"{text!r} is no {field.name}.")
    step = 1 if matched["step"] is None else int(matched["step"])
    if step == 0:
        raise RuleError("invalid", "expression", f"{text!r} ({field.name}): a step is at least 1.")
    if matched["first"] is None:
        highest = field.highest - 1 if field is _WEEKDAY else field.highest
        return range(field.lowest, highest + 1, step)
    first = _number(matched["first"], field)
    if matched["last"] is None:
        if matched["step"] is not None:
            raise RuleError(
                "invalid",
                "expression",
                f"{text!r} ({field.name}): a step needs a range, as in {first}-{field.highest}/{step}.",
            )
        return range(first, first + 1)
    last = _number(matched["last"], field)
    if last < first:
        raise RuleError("invalid", "expression", f"{text!r} ({field.name}): the range ends before it begins.")
    return range(first, last + 1, step)


def _number(text: str, field: _Field) -> int:
    if text in field.names:
        return field.lowest + field.names.index(text)
    number = int(text) if text.isdecimal() else -1
    if not field.lowest <= number <= field.highest:
        raise RuleError(
            "invalid", "expression", f"{text!r} is no {field.name}: {field.lowest} to {field.highest}."
        )
    return number
