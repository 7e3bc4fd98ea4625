"""What a recurring post may surprise its owner with is said beforehand, and nothing is said without need."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lamplighter.domain import recurring_warnings
from lamplighter.domain.recurrence import Rule, stored_rule

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)
START = "2026-01-01T00:00"


def rule(schedule_type: str, config: dict[str, Any], zone: str = "Europe/Berlin") -> Rule:
    return stored_rule(schedule_type, config, ZoneInfo(zone), datetime.fromisoformat(config["starts_at"]))


def told(schedule_type: str, zone: str = "Europe/Berlin", **given: Any) -> list[tuple[str, str]]:
    """The warnings about a schedule."""
    config = {"timezone": zone, "starts_at": START, **given}
    found = recurring_warnings.of_schedule(schedule_type, config, rule(schedule_type, config, zone), NOW)
    return [(each.code, each.message) for each in found]


@pytest.mark.parametrize(
    ("schedule_type", "given"),
    [
        ("monthly", {"times": ["09:00"], "days": [31]}),
        ("monthly", {"times": ["09:00"], "days": [-29]}),
        ("monthly", {"times": ["09:00"], "nth": {"week": 5, "weekday": "tu"}}),
        ("cron", {"expression": "0 9 29,30 * *"}),
        ("rrule", {"rrule": "FREQ=MONTHLY;BYMONTHDAY=1,31;BYHOUR=9;BYMINUTE=0"}),
    ],
)
def test_a_day_that_some_months_lack(schedule_type: str, given: dict[str, Any]):
    assert [code for code, _ in told(schedule_type, **given)] == ["short_months"]


@pytest.mark.parametrize(
    ("schedule_type", "given"),
    [
        ("monthly", {"times": ["09:00"], "days": [28, -28]}),
        ("monthly", {"times": ["09:00"], "days": [31], "missing_day": "last"}),
        ("monthly", {"times": ["09:00"], "nth": {"week": -1, "weekday": "tu"}}),
        ("cron", {"expression": "0 9 1-31 * *"}),
        ("cron", {"expression": "@daily"}),
        ("rrule", {"rrule": "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0"}),
        ("weekly", {"times": ["09:00"], "weekdays": ["mo"]}),
    ],
)
def test_every_month_has_it(schedule_type: str, given: dict[str, Any]):
    assert told(schedule_type, **given) == []


def test_each_kind_of_clock_change_is_told_once_with_its_day():
    found = told("daily", times=["02:15", "02:30"])
    assert found == [
        (
            "shifted_by_clock_change",
            "On 2026-03-29 the clocks leave 02:15 out: it goes out at 03:15 that day.",
        ),
        ("hour_comes_twice", "On 2026-10-25 the clocks have 02:15 twice: it goes out at 00:15 UTC."),
    ]


@pytest.mark.parametrize(
    ("zone", "time", "codes"),
    [
        ("Australia/Lord_Howe", "02:15", ["shifted_by_clock_change"]),  # by half an hour, in October
        ("Australia/Lord_Howe", "01:45", ["hour_comes_twice"]),
        ("America/New_York", "01:30", ["hour_comes_twice"]),
        ("Asia/Kolkata", "02:30", []),
        ("America/Sao_Paulo", "00:30", []),  # no more changes since 2019
        ("UTC", "02:30", []),
    ],
)
def test_by_the_zones_own_changes(zone: str, time: str, codes: list[str]):
    assert [code for code, _ in told("daily", zone, times=[time])] == codes


def test_a_schedule_that_is_elsewhere_on_those_days_is_not_touched():
    assert told("weekly", times=["02:30"], weekdays=["mo"]) == []


def test_what_ends_before_the_change_is_not_touched():
    assert told("daily", times=["02:30"], ends_at="2026-02-01T00:00") == []
    assert told("daily", times=["02:30"], count=20) == []


DAILY = {"starts_at": START, "times": ["09:00"]}


def pool(contents: int, days: int = 0, *platforms: str) -> list[str]:
    found = recurring_warnings.of_pool(
        contents, timedelta(days=days), rule("daily", DAILY), platforms or ("sandbox",), NOW
    )
    return [each.code for each in found]


def test_a_pool_must_last_as_long_as_its_gap():
    assert pool(6, 7) == ["pool_too_small"]
    assert pool(7, 7) == []
    assert pool(1, 0) == []


def test_the_same_text_again_is_told_where_a_network_refuses_it():
    assert pool(1, 0, "bluesky", "linkedin") == ["identical_text"]
    assert pool(2, 0, "linkedin") == []
    assert pool(1, 0, "bluesky") == []
