"""The fields of schedule_config, read strictly."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from lamplighter.domain.recurrence.clock import SHIFT, SKIP, minute_of
from lamplighter.domain.recurrence.faults import RuleError

FIRST_YEAR, LAST_START = 1973, 2199
"""Since 1973 every zone's offset is whole minutes."""
MOST_COUNT = 10_000
MOST_EXDATES = 500
MOST_TIMES = 24
MOST_INTERVAL = 1000
WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
COMMON = frozenset({"timezone", "starts_at", "ends_at", "count", "exdates", "on_gap"})

_LOCAL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:00(\.0+)?)?", re.ASCII)
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)


def only(config: Mapping[str, Any], names: Collection[str]) -> None:
    """Nothing but these fields and the common ones."""
    for name in config:
        if name not in names and name not in COMMON:
            raise RuleError("unknown_field", name, f"This type of schedule has no {name!r}.")


def needed(config: Mapping[str, Any], name: str) -> Any:
    """A field that must be there."""
    if config.get(name) is None:
        raise RuleError("missing", name, f"{name} is needed.")
    return config[name]


def number(config: Mapping[str, Any], name: str, lowest: int, highest: int, default: int) -> int:
    """A whole number within bounds."""
    value = config.get(name, default)
    if not isinstance(value, int) or isinstance(value, bool) or not lowest <= value <= highest:
        raise RuleError("invalid", name, f"{name} is a whole number from {lowest} to {highest}.")
    return value


def flag(config: Mapping[str, Any], name: str) -> bool:
    """true or false; false unless said."""
    value = config.get(name, False)
    if not isinstance(value, bool):
        raise RuleError("invalid", name, f"{name} is true or false.")
    return value


def choice(config: Mapping[str, Any], name: str, choices: Sequence[str]) -> str:
    """One of the choices, the first unless said."""
    value = config.get(name, choices[0])
    if not isinstance(value, str) or value not in choices:
        raise RuleError("invalid", name, f"{name} is one of {', '.join(choices)}.")
    return value


def several(config: Mapping[str, Any], name: str, most: int) -> list[Any]:
    """A list of at least one and at most so many, without repeats."""
    value = needed(config, name)
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= most:
        raise RuleError("invalid", name, f"{name} is a list of 1 to {most}.")
    if len(set(map(str, value))) < len(value):
        raise RuleError("invalid", name, f"{name} says something twice.")
    return list(value)


def times(config: Mapping[str, Any]) -> tuple[int, ...]:
    """Minutes of the day, ascending."""
    return tuple(sorted(_time(value) for value in several(config, "times", MOST_TIMES)))


def _time(value: Any) -> int:
    matched = _TIME.fullmatch(value) if isinstance(value, str) else None
    if matched is None:
        raise RuleError("invalid", "times", f"{value!r} is no time such as '09:00', from 00:00 to 23:59.")
    return int(matched[1]) * 60 + int(matched[2])


def weekday(value: Any, name: str) -> int:
    """0 for "mo" to 6 for "su"."""
    if value not in WEEKDAYS:
        raise RuleError("invalid", name, f"{value!r} is none of {', '.join(WEEKDAYS)}.")
    return WEEKDAYS.index(value)


def local_minute(value: Any, name: str) -> int:
    """A local date and time, as a text or a datetime without a zone."""
    try:
        local = datetime.fromisoformat(value) if isinstance(value, str) and _LOCAL.fullmatch(value) else value
    except ValueError:
        local = None
    if not isinstance(local, datetime) or local.tzinfo is not None or local.second or local.microsecond:
        raise RuleError(
            "invalid", name, f"{value!r} is no local time such as '2026-03-01T09:00', in whole minutes."
        )
    if not FIRST_YEAR <= local.year <= LAST_START:
        raise RuleError("invalid", name, f"The years of schedules are {FIRST_YEAR} to {LAST_START}.")
    return minute_of(local)


def starts(config: Mapping[str, Any], anchor: datetime) -> int:
    """The local minute that INTERVAL is counted from and that nothing comes before; `anchor` unless said."""
    said = config.get("starts_at")
    return local_minute(anchor.replace(second=0, microsecond=0) if said is None else said, "starts_at")


def ends(config: Mapping[str, Any], start: int) -> tuple[int | None, int | None]:
    """(count, last local minute): at most one of them."""
    count, last = config.get("count"), config.get("ends_at")
    if count is not None:
        if last is not None:
            raise RuleError("invalid", "count", "A schedule ends by count or by ends_at, not by both.")
        return number(config, "count", 1, MOST_COUNT, 1), None
    if last is None:
        return None, None
    minute = local_minute(last, "ends_at")
    if minute < start:
        raise RuleError("invalid", "ends_at", "ends_at lies before starts_at.")
    return None, minute


def exdates(config: Mapping[str, Any]) -> frozenset[int]:
    """The local minutes left out."""
    if not config.get("exdates"):
        return frozenset()
    return frozenset(local_minute(value, "exdates") for value in several(config, "exdates", MOST_EXDATES))


def on_gap(config: Mapping[str, Any]) -> str:
    """What becomes of a time that does not exist."""
    return choice(config, "on_gap", (SHIFT, SKIP))


def day_of(minute: int) -> date:
    """The local date of a minute."""
    return date.fromordinal(minute // 1440)
