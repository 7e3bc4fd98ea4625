"""The schedule type rrule: the recurrence rules of RFC 5545, 3.3.10."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from lamplighter.domain.recurrence.clock import DAY, minute_of
from lamplighter.domain.recurrence.faults import RuleError

FREQUENCIES = ("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY")
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
MOST_INTERVAL = 10_000
MOST_COUNT = 10_000
_LONGEST = 2000

_BOUNDS = {
    "BYMONTH": (1, 12),
    "BYWEEKNO": (1, 53),
    "BYYEARDAY": (1, 366),
    "BYMONTHDAY": (1, 31),
    "BYHOUR": (0, 23),
    "BYMINUTE": (0, 59),
    "BYSECOND": (0, 60),
    "BYSETPOS": (1, 366),
}
_SIGNED = frozenset({"BYWEEKNO", "BYYEARDAY", "BYMONTHDAY", "BYSETPOS"})
_NAMES = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYDAY", *_BOUNDS})
_FORBIDDEN = {
    "BYWEEKNO": frozenset(FREQUENCIES) - {"YEARLY"},
    "BYYEARDAY": frozenset({"DAILY", "WEEKLY", "MONTHLY"}),
    "BYMONTHDAY": frozenset({"WEEKLY"}),
}
"""Where the RFC says that a part MUST NOT be used."""
_ORDINAL_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)", re.ASCII)
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z)?)?", re.ASCII)
_MOST_ORDINAL = 53


@dataclass(frozen=True, slots=True)
class Recur:
    """The parts of a recurrence rule; `by` has the lists of numbers by their names."""

    freq: str
    interval: int
    by: Mapping[str, tuple[int, ...]]
    weekdays: tuple[tuple[int, int], ...]
    """(ordinal or 0, weekday) of BYDAY."""
    week_start: int
    count: int | None
    last: int | None
    until: datetime | None


def refused(message: str, code: str = "invalid") -> RuleError:
    """The error of a part."""
    return RuleError(code, "rrule", message)


def parsed(text: Any) -> Recur:
    """The parts of "FREQ=...", with or without "RRULE:" before; RuleError where the RFC forbids them."""
    parts = _parts(text)
    freq = parts.pop("FREQ", None)
    if freq == "SECONDLY":
        raise refused("FREQ=SECONDLY would flood every network.", "unsupported")
    if freq not in FREQUENCIES:
        raise refused(f"FREQ is needed: one of {', '.join(FREQUENCIES)}.")
    by = {name: _numbers(name, parts[name]) for name in _BOUNDS if name in parts}
    weekdays = _weekdays(parts["BYDAY"]) if "BYDAY" in parts else ()
    _check(freq, by, weekdays)
    last, until = _until(parts["UNTIL"]) if "UNTIL" in parts else (None, None)
    if "COUNT" in parts and "UNTIL" in parts:
        raise refused("COUNT and UNTIL do not go together.")
    return Recur(
        freq=freq,
        interval=_number("INTERVAL", parts.get("INTERVAL", "1"), 1, MOST_INTERVAL),
        by=by,
        weekdays=weekdays,
        week_start=_week_start(parts.get("WKST", "MO")),
        count=_number("COUNT", parts["COUNT"], 1, MOST_COUNT) if "COUNT" in parts else None,
        last=last,
        until=until,
    )


def _parts(text: Any) -> dict[str, str]:
    if not isinstance(text, str) or len(text) > _LONGEST:
        raise refused("rrule is a text such as 'FREQ=WEEKLY;BYDAY=MO'.")
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value:
            raise refused(f"{part!r} is no part such as 'BYDAY=MO'.")
        if name in ("DTSTART", "TZID", "EXDATE", "RDATE"):
            raise refused(f"{name} is no part of the rule: starts_at, timezone and exdates say it.")
        if name not in _NAMES:
            raise refused(f"{name} is no part of a recurrence rule.")
        if name in parts:
            raise refused(f"{name} comes twice.")
        parts[name] = value
    return parts


def _number(name: str, text: str, lowest: int, highest: int) -> int:
    if not re.fullmatch(r"\d{1,6}", text, re.ASCII) or not lowest <= int(text) <= highest:
        raise refused(f"{name}={text}: a whole number from {lowest} to {highest} is expected.")
    return int(text)


def _numbers(name: str, text: str) -> tuple[int, ...]:
    lowest, highest = _BOUNDS[name]
    found = []
    for each in text.split(","):
        sign = each[:1] if name in _SIGNED and each[:1] in ("+", "-") else ""
        number = _number(name, each.removeprefix(sign), lowest, highest)
        found.append(-number if sign == "-" else number)
    return tuple(sorted(set(found)))


def _weekdays(text: str) -> tuple[tuple[int, int], ...]:
    found = set()
    for each in text.split(","):
        matched = _ORDINAL_DAY.fullmatch(each)
        ordinal = int(matched[1] or 0) if matched else 0
        if matched is None or abs(ordinal) > _MOST_ORDINAL or (matched[1] and not ordinal):
            raise refused(f"BYDAY={each}: a day such as MO, 2TU or -1FR is expected.")
        found.add((ordinal, WEEKDAYS.index(matched[2])))
    return tuple(sorted(found))


def _week_start(text: str) -> int:
    if text not in WEEKDAYS:
        raise refused(f"WKST={text}: one of {', '.join(WEEKDAYS)} is expected.")
    return WEEKDAYS.index(text)


def _until(text: str) -> tuple[int | None, datetime | None]:
    """(last local minute, None) of a local time or a date, which is meant whole; (None, instant) of UTC."""
    matched = _UNTIL.fullmatch(text)
    try:
        local = datetime.fromisoformat(text.removesuffix("Z")) if matched else None
    except ValueError:
        local = None
    if matched is None or local is None:
        raise refused(f"UNTIL={text}: 20261231T235900Z, 20261231T235900 or 20261231 is expected.")
    if matched[3]:
        return None, local.replace(tzinfo=UTC)
    return minute_of(local) + (0 if matched[2] else DAY - 1), None


def _check(freq: str, by: Mapping[str, tuple[int, ...]], weekdays: tuple[tuple[int, int], ...]) -> None:
    for name, frequencies in _FORBIDDEN.items():
        if name in by and freq in frequencies:
            raise refused(f"{name} does not go with FREQ={freq} (RFC 5545, 3.3.10).")
    if any(ordinal for ordinal, _ in weekdays):
        if freq not in ("MONTHLY", "YEARLY"):
            raise refused(f"A BYDAY with a number does not go with FREQ={freq} (RFC 5545, 3.3.10).")
        if "BYWEEKNO" in by:
            raise refused("A BYDAY with a number does not go with BYWEEKNO (RFC 5545, 3.3.10).")
    if "BYSETPOS" in by and len(by) == 1 and not weekdays:
        raise refused("BYSETPOS needs another BY part to choose from (RFC 5545, 3.3.10).")
    if by.get("BYSECOND", (0,)) != (0,):
        raise refused("BYSECOND: posts go out on the minute, only 0 can be said.", "unsupported")
