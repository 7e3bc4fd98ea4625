# ruff: noqa: DTZ001  # local times have no zone
"""Schedules by chance: each out of a number, so that a difference can be looked at again."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

ZONES = (
    *("UTC", "Europe/Berlin", "Europe/Dublin", "Europe/London", "Europe/Istanbul", "Europe/Moscow"),
    *("America/New_York", "America/Sao_Paulo", "America/Santiago", "America/Havana", "America/St_Johns"),
    *("America/Asuncion", "America/Caracas", "America/Nuuk", "Australia/Lord_Howe", "Australia/Sydney"),
    *("Asia/Kathmandu", "Asia/Tehran", "Asia/Amman", "Asia/Beirut", "Asia/Pyongyang", "Asia/Kolkata"),
    *("Africa/Casablanca", "Africa/Cairo", "Africa/Windhoek", "Pacific/Apia", "Pacific/Chatham"),
    *("Pacific/Kiritimati", "Antarctica/Troll", "Pacific/Fiji"),
)
DAYS_COMPARED = {"YEARLY": 5000, "MONTHLY": 900, "WEEKLY": 400, "DAILY": 60, "HOURLY": 8, "MINUTELY": 5}
"""How much of each frequency is compared; those by elapsed time from a few days before a clock change on."""
DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@dataclass
class Case:
    """A schedule, and until when it is compared."""

    number: int
    schedule_type: str
    config: dict[str, Any]
    starts: datetime
    until: datetime
    parts: dict[str, Any] = field(default_factory=dict)
    """Of an rrule, or of the rrule that says the same: FREQ, INTERVAL, BY... as lists, BYDAY as (n, day)."""

    def __str__(self) -> str:
        return f"#{self.number} {self.schedule_type} {self.config}"


def case(number: int) -> Case:
    """The schedule of a number."""
    chance = random.Random(number)  # noqa: S311  # a number must give the same schedule again
    zone, starts = chance.choice(ZONES), _starts(chance)
    kind = chance.choices(("rrule", "cron", "daily", "weekly", "monthly"), (62, 18, 6, 7, 7))[0]
    made = globals()[f"_{kind}"](chance, starts)
    freq = made.parts["FREQ"]
    if freq in ("HOURLY", "MINUTELY"):
        made.starts = starts = _before_a_change(zone, starts) - timedelta(hours=chance.randint(0, 150))
        if freq == "HOURLY" and "BYMINUTE" not in made.parts and chance.random() < 0.5:
            made.starts = starts = starts.replace(minute=0)
    span = DAYS_COMPARED[freq] * chance.uniform(0.3, 1.7) * chance.choice((1, 1, 1, 1, 4))
    made.until = (starts + timedelta(days=max(span, 4))).replace(microsecond=0, second=0)
    made.number = number
    made.config |= {"timezone": zone, "starts_at": starts.strftime("%Y-%m-%dT%H:%M")}
    made.config |= _ends(chance, made) | {"on_gap": chance.choice(("shift", "shift", "skip"))}
    return made


def _starts(chance: random.Random) -> datetime:
    """Often in the months and hours in which clocks change."""
    day = datetime(chance.choice((*range(1975, 2040), *range(2005, 2030))), 1, 1) + timedelta(
        days=chance.randrange(365)
    )
    if chance.random() < 0.4:
        day = day.replace(month=chance.choice((3, 4, 9, 10, 11)), day=chance.randint(1, 28))
    if chance.random() < 0.1:
        day = day.replace(month=chance.choice((1, 3, 5, 7, 8, 10, 12)), day=31)
    return day + timedelta(minutes=_time(chance))


def _before_a_change(zone: str, starts: datetime) -> datetime:
    """The first noon from a date on with another offset a day later; the date itself if a year has none."""
    at = starts
    for _ in range(366):
        offsets = {each.replace(tzinfo=ZoneInfo(zone)).utcoffset() for each in (at, at + timedelta(days=1))}
        if len(offsets) > 1:
            return at
        at += timedelta(days=1)
    return starts


def _time(chance: random.Random) -> int:
    if chance.random() < 0.5:
        return chance.choice((0, 1, 2, 3, 23)) * 60 + chance.choice((0, 0, 15, 30, 45))
    return chance.randrange(1440)


def _some(chance: random.Random, numbers: range, most: int) -> list[int]:
    return sorted(chance.sample(numbers, chance.randint(1, min(most, len(numbers)))))


def _signed(chance: random.Random, numbers: range, most: int) -> list[int]:
    return sorted({each if chance.random() < 0.65 else -each for each in _some(chance, numbers, most)})


def _interval(chance: random.Random) -> int:
    return chance.choice((1, 1, 1, 2, 2, 3, 4, 5, 6, 7, 12, 13, 30, 100))


def _ends(chance: random.Random, made: Case) -> dict[str, Any]:
    fate = chance.random()
    ends: dict[str, Any] = {}
    if fate < 0.2:
        ends["count"] = chance.choice((1, 2, 5, 20, 60))
    elif fate < 0.3:
        middle = made.starts + (made.until - made.starts) * chance.random()
        ends["ends_at"] = middle.strftime("%Y-%m-%dT%H:%M")
    return ends


def _rrule(chance: random.Random, starts: datetime) -> Case:
    freq = chance.choices(("YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY", "MINUTELY"), (5, 5, 4, 4, 2, 1))[
        0
    ]
    parts: dict[str, Any] = {"FREQ": freq, "INTERVAL": _interval(chance)}
    clock = freq in ("YEARLY", "MONTHLY", "WEEKLY", "DAILY")
    if freq == "MINUTELY":
        parts["INTERVAL"] = chance.choice((5, 7, 10, 15, 30, 45, 60, 90, 97, 240, 720, 1440, 1441, 3000))
    odds = {
        "BYMONTH": 0.3,
        "BYWEEKNO": 0.3 if freq == "YEARLY" else 0,
        "BYYEARDAY": 0.2 if freq in ("YEARLY", "HOURLY", "MINUTELY") else 0,
        "BYMONTHDAY": 0 if freq == "WEEKLY" else 0.3,
        "BYDAY": 0.4,
        "BYHOUR": 0.25,
        "BYMINUTE": 0.2,
    }
    kept = {name for name, odd in odds.items() if chance.random() < odd}
    if "BYMONTH" in kept:
        parts["BYMONTH"] = _some(chance, range(1, 13), 4)
    if "BYWEEKNO" in kept:
        parts["BYWEEKNO"] = _signed(chance, chance.choice((range(1, 54), range(50, 54), range(1, 3))), 4)
    if "BYYEARDAY" in kept:
        parts["BYYEARDAY"] = _signed(
            chance, chance.choice((range(1, 367), range(355, 367), range(55, 65))), 6
        )
    if "BYMONTHDAY" in kept:
        parts["BYMONTHDAY"] = _signed(chance, chance.choice((range(1, 32), range(28, 32))), 5)
    if "BYDAY" in kept:
        parts["BYDAY"] = _weekdays(chance, parts)
    if "BYHOUR" in kept:
        parts["BYHOUR"] = _some(chance, chance.choice((range(24), range(5))), 4)
    if "BYMINUTE" in kept:
        parts["BYMINUTE"] = _some(chance, range(0, 60, 5), 4)
    if chance.random() < 0.25 and len(parts) > 2:
        times = len(parts.get("BYHOUR", [0])) * len(parts.get("BYMINUTE", [0]))
        most = chance.choice((1, 1, 2, 3)) if clock else min(len(parts.get("BYMINUTE", [0])), 2)
        most = min(most, times) if freq == "DAILY" else most
        parts["BYSETPOS"] = _signed(chance, range(1, most + 1), 2)
    if chance.random() < 0.3:
        parts["WKST"] = chance.choice(DAYS)
    return Case(0, "rrule", {"rrule": text_of(parts)}, starts, starts, parts)


def _weekdays(chance: random.Random, parts: dict[str, Any]) -> list[tuple[int, str]]:
    days = chance.sample(DAYS, chance.randint(1, 4))
    if parts["FREQ"] not in ("MONTHLY", "YEARLY") or "BYWEEKNO" in parts or chance.random() < 0.4:
        return [(0, day) for day in days]
    most = 5 if parts["FREQ"] == "MONTHLY" or "BYMONTH" in parts else 53
    numbered = [(chance.choice((1, -1)) * chance.randint(1, most), day) for day in days]
    if chance.random() < 0.15:
        numbered.append((0, chance.choice(DAYS)))
    return numbered


def text_of(parts: dict[str, Any]) -> str:
    """FREQ=...;BYDAY=..."""
    said = []
    for name, value in parts.items():
        if name == "BYDAY":
            said.append("BYDAY=" + ",".join(f"{n or ''}{day}" for n, day in value))
        else:
            said.append(f"{name}={','.join(map(str, value)) if isinstance(value, list) else value}")
    return ";".join(said)


def _cron(chance: random.Random, starts: datetime) -> Case:
    fields = [
        chance.choice(("*/5", "*/7", "*/20", "0", "30", "0,45", "10-50/20", "17")),
        _cron_field(chance, 0, 23),
    ]
    fields += [chance.choice(("*", "*", _cron_field(chance, 1, 31)))]
    fields += [chance.choice(("*", "*", "*", _cron_field(chance, 1, 12)))]
    fields += [chance.choice(("*", "*", _cron_field(chance, 0, 7), "mon-fri"))]
    dense = fields[0].startswith("*") or fields[1].startswith("*")
    return Case(
        0, "cron", {"expression": " ".join(fields)}, starts, starts, {"FREQ": "HOURLY" if dense else "DAILY"}
    )


def _cron_field(chance: random.Random, lowest: int, highest: int) -> str:
    kind = chance.randrange(6)
    first = chance.randint(lowest, highest)
    last = min(first + chance.randint(1, 12), highest)
    if kind == 0:
        return "*"
    if kind == 1:
        return f"*/{chance.randint(1, 20)}"
    if kind == 2 and first < last:
        return f"{first}-{last}/{chance.randint(1, 5)}"
    if kind == 3:
        return f"{first}-{last}"
    return ",".join(map(str, _some(chance, range(lowest, highest + 1), 3)))


def _times(chance: random.Random) -> list[int]:
    return sorted({_time(chance) for _ in range(chance.randint(1, 4))})


def _texts(times: list[int]) -> list[str]:
    return [f"{time // 60:02}:{time % 60:02}" for time in times]


def _daily(chance: random.Random, starts: datetime) -> Case:
    times, interval, workdays = _times(chance), _interval(chance), chance.random() < 0.4
    parts: dict[str, Any] = {"FREQ": "DAILY", "INTERVAL": interval, "times": times}
    if workdays:
        parts["BYDAY"] = [(0, day) for day in DAYS[:5]]
    config = {"times": _texts(times), "interval": interval, "weekdays_only": workdays}
    return Case(0, "daily", config, starts, starts, parts)


def _weekly(chance: random.Random, starts: datetime) -> Case:
    times, interval = _times(chance), _interval(chance)
    days = chance.sample(DAYS, chance.randint(1, 5))
    parts = {"FREQ": "WEEKLY", "INTERVAL": interval, "times": times, "BYDAY": [(0, day) for day in days]}
    config = {"times": _texts(times), "interval": interval, "weekdays": [day.lower() for day in days]}
    return Case(0, "weekly", config, starts, starts, parts)


def _monthly(chance: random.Random, starts: datetime) -> Case:
    times, interval = _times(chance), _interval(chance)
    parts: dict[str, Any] = {"FREQ": "MONTHLY", "INTERVAL": interval, "times": times}
    config: dict[str, Any] = {"times": _texts(times), "interval": interval}
    if chance.random() < 0.3:
        week, day = chance.choice((1, 2, 3, 4, 5, -1)), chance.choice(DAYS)
        parts["BYDAY"] = [(week, day)]
        config["nth"] = {"week": week, "weekday": day.lower()}
    else:
        parts["BYMONTHDAY"] = config["days"] = _signed(
            chance, chance.choice((range(1, 32), range(28, 32))), 5
        )
        if chance.random() < 0.5:
            config["missing_day"] = "last"
            parts["clamped"] = True
    return Case(0, "monthly", config, starts, starts, parts)
