"""The next occurrence of old rules: `domain.recurrence`, dateutil and `whenever` in one run.

Rules that began in 1990, asked at one instant of 2026. dateutil goes from its start (naive) and from a start
moved to shortly before, the phase of its interval kept (rebased), which is right for none with a COUNT.
`whenever` has no rules: its daily step of a local time is the least that any of them can cost, and zoneinfo's
beside it. Then rules of every kind, when asked again and when first made of their text; and what a rule costs
that never comes. One process, no server. Of short rounds in turns the quietest counts: a step of microseconds
is lost in whatever else the machine does. ROUNDS=50 asks for fewer than 300.
"""

import os
import sys
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from dateutil import rrule as dateutil
from whenever import ZonedDateTime

from lamplighter.domain.recurrence import (
    Key,
    Rule,
    RuleError,
    clock,
    days,
    index_after,
    occurrences,
    rule_of,
    stored_rule,
    upcoming,
)
from tests.benchmarks._harness import console, report, table

ROUNDS = int(os.environ.get("ROUNDS", "300"))
CALLS = 100
ZONE = ZoneInfo("Europe/Berlin")
START = datetime(1990, 1, 31, 9)  # noqa: DTZ001  # local times have no zone
LAST = datetime(2026, 11, 22, 10)  # noqa: DTZ001
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
COMMON_BOUND, ANY_BOUND = 10.0, 100.0
_WORKDAYS = (dateutil.MO, dateutil.TU, dateutil.WE, dateutil.TH, dateutil.FR)

COMMON: dict[str, tuple[str, dict[str, Any], dict[str, Any]]] = {
    # name: type, config, what dateutil is told
    "daily": ("daily", {}, {"freq": dateutil.DAILY}),
    "every 3 days": ("daily", {"interval": 3}, {"freq": dateutil.DAILY, "interval": 3}),
    "weekdays": ("daily", {"weekdays_only": True}, {"freq": dateutil.DAILY, "byweekday": _WORKDAYS}),
    "weekly, Tuesday": ("weekly", {"weekdays": ["tu"]}, {"freq": dateutil.WEEKLY, "byweekday": dateutil.TU}),
    "every 2 weeks": (
        "weekly",
        {"weekdays": ["tu"], "interval": 2},
        {"freq": dateutil.WEEKLY, "byweekday": dateutil.TU, "interval": 2},
    ),
    "monthly, the 15th": ("monthly", {"days": [15]}, {"freq": dateutil.MONTHLY, "bymonthday": 15}),
    "the last Friday": (
        "monthly",
        {"nth": {"week": -1, "weekday": "fr"}},
        {"freq": dateutil.MONTHLY, "byweekday": dateutil.FR(-1)},
    ),
}

ANY = (
    "FREQ=DAILY;INTERVAL=7;BYMONTH=1;BYDAY=WE;BYMONTHDAY=13",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,FR;BYSETPOS=-1;WKST=SU",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=MONTHLY;INTERVAL=5;BYMONTHDAY=-1,15;BYHOUR=9,12,17",
    "FREQ=YEARLY",
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=SU",
    "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO",
    "FREQ=YEARLY;BYYEARDAY=-1,100,200;BYSETPOS=2",
    "FREQ=YEARLY;BYDAY=20MO",
    "FREQ=YEARLY;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8;INTERVAL=4",
    "FREQ=HOURLY",
    "FREQ=HOURLY;INTERVAL=7;BYDAY=SU",
    "FREQ=MINUTELY;INTERVAL=30;BYHOUR=9,10,11;BYMONTH=3",
    "FREQ=MINUTELY;INTERVAL=97",
    "0 9 * * mon-fri",
    "*/15 9-17 * * *",
    "0 0 13 * fri",
    "0 9 29 2 sun",
)

NEVER: dict[str, tuple[str, dict[str, Any]]] = {
    "0 0 30 2 *": ("cron", {"expression": "0 0 30 2 *"}),
    "*/30 * 30 2 *": ("cron", {"expression": "*/30 * 30 2 *"}),
    "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4": ("rrule", {"rrule": "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4"}),
    "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30": ("rrule", {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"}),
    "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6": ("rrule", {"rrule": "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6"}),
    "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2": ("rrule", {"rrule": "FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2"}),
    "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=8": ("rrule", {"rrule": "FREQ=MINUTELY;INTERVAL=1440;BYHOUR=8"}),
}


def main() -> None:
    common = {name: _common(name) for name in COMMON}
    table(
        "next occurrence, us; rules since 1990",
        (
            "",
            "from a key",
            "from an instant",
            "dateutil rebased",
            "dateutil",
            "whenever, a day",
            "zoneinfo, a day",
        ),
        [(name, *(f"{found[side]:,.1f}" for side in found)) for name, found in common.items()],
    )
    kinds = {text: _any(text) for text in ANY}
    table(
        "any rule, us",
        ("", "again", "of its text, first", "all caches empty"),
        [(text, *(f"{value:,.1f}" for value in found.values())) for text, found in kinds.items()],
    )
    never = {name: _never(*NEVER[name]) for name in NEVER}
    table(
        "rules that never come: until the error, us",
        ("", "us"),
        [(n, f"{us:,.0f}") for n, us in never.items()],
    )
    counted = _counted()
    table(
        "COUNT=10000 since 1990: the index of a key, us",
        ("", "us"),
        [(n, f"{us:,.1f}") for n, us in counted.items()],
    )
    report(
        "next_occurrence",
        {
            "us": common,
            "any_us": kinds,
            "never_us": never,
            "count_us": counted,
            "bounds": [COMMON_BOUND, ANY_BOUND],
        },
    )
    slow = [name for name, found in common.items() if found["from a key"] > COMMON_BOUND]
    slow += [text for text, found in kinds.items() if found["again"] > ANY_BOUND]
    if slow:
        sys.exit(f"slower than its bound: {', '.join(slow)}")


def _rule(schedule_type: str, config: dict[str, Any], start: datetime = START) -> Rule:
    config = {"timezone": ZONE.key, "starts_at": start.isoformat(timespec="minutes"), **config}
    return stored_rule(schedule_type, config, ZONE, start)


def _common(name: str) -> dict[str, float]:
    schedule_type, config, told = COMMON[name]
    rule, key = _rule(schedule_type, {"times": ["09:00"], **config}), Key(LAST, 0)
    naive = dateutil.rrule(dtstart=START, **told)
    listed = naive.between(LAST - timedelta(days=40), LAST)
    rebased = dateutil.rrule(dtstart=listed[-1], **told)
    wanted = next(occurrences(rule, key))[1].at
    assert wanted == naive.after(LAST).replace(tzinfo=ZONE).astimezone(UTC) == _rebased(rebased)
    day = ZonedDateTime(2026, 11, 22, 9, tz=ZONE.key)
    sides: dict[str, Callable[[], object]] = {
        "from a key": lambda: next(occurrences(rule, key)),
        "from an instant": lambda: next(upcoming(rule, NOW)),
        "dateutil rebased": lambda: _rebased(rebased),
        "whenever, a day": lambda: day.add(days=1).to_instant(),
        "zoneinfo, a day": lambda: (LAST + timedelta(days=1)).replace(tzinfo=ZONE).astimezone(UTC),
    }
    found = _quietest(sides)
    slow = {"dateutil": min(_taken(lambda: naive.after(LAST)) for _ in range(5))}
    return {name: (found | slow)[name] for name in (*list(sides)[:3], "dateutil", *list(sides)[3:])}


def _rebased(rule: Any) -> datetime:
    found: datetime = rule.after(LAST)
    return found.replace(tzinfo=ZONE).astimezone(UTC)


def _any(text: str) -> dict[str, float]:
    made = ("rrule", {"rrule": text}) if "=" in text else ("cron", {"expression": text})
    rule, key = _rule(*made), Key(LAST, 0)
    sides: dict[str, Callable[[], object]] = {
        "again": lambda: next(occurrences(rule, key)),
        "first": lambda: next(occurrences(_rule(*made), key)),
    }
    return _quietest(sides) | {"cold": _least(lambda: _cold(made, key))}


def _cold(made: tuple[str, dict[str, Any]], key: Key) -> float:
    clock.changes.cache_clear()
    days._repeated.cache_clear()
    days._of_year_like.cache_clear()
    days._weeks.cache_clear()
    return _taken(lambda: next(occurrences(_rule(*made), key)))


def _never(schedule_type: str, config: dict[str, Any]) -> float:
    config = {"timezone": ZONE.key, "starts_at": "2026-01-01T09:00", **config}

    def refused() -> None:
        try:
            rule_of(schedule_type, config, ZONE, START)
        except RuleError as error:
            assert error.code == "never_fires"  # noqa: PT017  # a benchmark, not a test
            return
        raise AssertionError(config)

    refused()
    return _least(lambda: _taken(refused))


def _counted() -> dict[str, float]:
    rules = {
        "daily": ("daily", {"times": ["09:00"]}),
        "the last workday of a month": ("rrule", {"rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"}),
        "every 36 hours": ("rrule", {"rrule": "FREQ=HOURLY;INTERVAL=36"}),
    }
    taken = {}
    for name, (schedule_type, config) in rules.items():
        rule = _rule(schedule_type, config | {"count": 10_000}, START)
        key = Key(LAST - timedelta(days=3650), 0)
        assert index_after(rule, key) > 0
        taken[name] = _least(lambda rule=rule, key=key: _taken(lambda: index_after(rule, key)))  # type: ignore[misc]
    return taken


def _taken(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1e6


def _least(taken: Callable[[], float]) -> float:
    return min(taken() for _ in range(20))


def _quietest(sides: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Microseconds a call of each side, in its quietest round; the rounds go in turns."""
    least = dict.fromkeys(sides, float("inf"))
    for _ in range(ROUNDS):
        for name, side in sides.items():
            began = time.perf_counter()
            for _ in range(CALLS):
                side()
            least[name] = min(least[name], (time.perf_counter() - began) / CALLS * 1e6)
    return least


if __name__ == "__main__":
    console.print(f"{ROUNDS} rounds")
    main()
