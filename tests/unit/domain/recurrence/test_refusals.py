# ruff: noqa: DTZ001  # local times have no zone
"""What no schedule may be, and what is said of it."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lamplighter.domain.recurrence import Rule, RuleError, densest_gap, occurrences, rule_of, stored_rule

BERLIN = ZoneInfo("Europe/Berlin")
START = {"starts_at": "2026-03-01T09:00"}


def a_rule(schedule_type: str, **config: Any) -> Rule:
    return rule_of(schedule_type, config, BERLIN, datetime(2026, 3, 1, 9))


@pytest.mark.parametrize(
    ("schedule_type", "config", "code", "field"),
    [
        ("hourly", {}, "unsupported", "schedule_type"),
        ("daily", {}, "missing", "times"),
        ("daily", {"times": ["09:00"], "weekdays": ["mo"]}, "unknown_field", "weekdays"),
        ("daily", {"times": []}, "invalid", "times"),
        ("daily", {"times": "09:00"}, "invalid", "times"),
        ("daily", {"times": ["9:00"]}, "invalid", "times"),
        ("daily", {"times": ["24:00"]}, "invalid", "times"),
        ("daily", {"times": [900]}, "invalid", "times"),
        ("daily", {"times": ["09:00", "09:00"]}, "invalid", "times"),
        ("daily", {"times": [f"{hour:02}:00" for hour in range(24)] + ["00:30"]}, "invalid", "times"),
        ("daily", {"times": ["09:00", "09:04"]}, "too_dense", "times"),
        ("daily", {"times": ["00:00", "23:56"]}, "too_dense", "times"),
        ("daily", {"times": ["09:00"], "interval": 0}, "invalid", "interval"),
        ("daily", {"times": ["09:00"], "interval": 1001}, "invalid", "interval"),
        ("daily", {"times": ["09:00"], "interval": True}, "invalid", "interval"),
        ("daily", {"times": ["09:00"], "interval": "2"}, "invalid", "interval"),
        ("daily", {"times": ["09:00"], "weekdays_only": 1}, "invalid", "weekdays_only"),
        ("daily", {"times": ["09:00"], "on_gap": "move"}, "invalid", "on_gap"),
        ("daily", {"times": ["09:00"], "on_gap": 1}, "invalid", "on_gap"),
        ("daily", {"times": ["09:00"], "starts_at": "2026-03-01"}, "invalid", "starts_at"),
        ("daily", {"times": ["09:00"], "starts_at": "2026-02-30T09:00"}, "invalid", "starts_at"),
        ("daily", {"times": ["09:00"], "starts_at": "2026-03-01T09:00Z"}, "invalid", "starts_at"),
        ("daily", {"times": ["09:00"], "starts_at": "2026-03-01T09:00:30"}, "invalid", "starts_at"),
        ("daily", {"times": ["09:00"], "starts_at": 20260301}, "invalid", "starts_at"),
        ("daily", {"times": ["09:00"], "starts_at": "1972-12-31T09:00"}, "invalid", "starts_at"),
        ("daily", {"times": ["09:00"], "starts_at": "2200-01-01T09:00"}, "invalid", "starts_at"),
        ("daily", {"times": ["09:00"], "ends_at": "2026-02-28T09:00"} | START, "invalid", "ends_at"),
        ("daily", {"times": ["08:00"], "ends_at": "2026-03-01T09:30"} | START, "never_fires", ""),
        ("daily", {"times": ["09:00"], "count": 0}, "invalid", "count"),
        ("daily", {"times": ["09:00"], "count": 10_001}, "invalid", "count"),
        ("daily", {"times": ["09:00"], "count": 2, "ends_at": "2027-01-01T09:00"}, "invalid", "count"),
        ("daily", {"times": ["09:00"], "exdates": ["2026-03-02"]}, "invalid", "exdates"),
        ("daily", {"times": ["09:00"], "exdates": ["2026-03-02T09:00"] * 2}, "invalid", "exdates"),
        ("daily", {"times": ["09:00"], "count": 1, "exdates": ["2026-03-01T09:00"]}, "never_fires", ""),
        ("weekly", {"times": ["09:00"]}, "missing", "weekdays"),
        ("weekly", {"times": ["09:00"], "weekdays": ["monday"]}, "invalid", "weekdays"),
        ("weekly", {"times": ["09:00"], "weekdays": [{}]}, "invalid", "weekdays"),
        ("monthly", {"times": ["09:00"]}, "missing", "days"),
        ("monthly", {"times": ["09:00"], "days": [0]}, "invalid", "days"),
        ("monthly", {"times": ["09:00"], "days": [32]}, "invalid", "days"),
        ("monthly", {"times": ["09:00"], "days": [True]}, "invalid", "days"),
        ("monthly", {"times": ["09:00"], "days": ["1"]}, "invalid", "days"),
        ("monthly", {"times": ["09:00"], "days": [1], "missing_day": "next"}, "invalid", "missing_day"),
        ("monthly", {"times": ["09:00"], "days": [1], "nth": {"week": 1, "weekday": "mo"}}, "invalid", "nth"),
        ("monthly", {"times": ["09:00"], "nth": {"week": 1}}, "invalid", "nth"),
        ("monthly", {"times": ["09:00"], "nth": "1mo"}, "invalid", "nth"),
        ("monthly", {"times": ["09:00"], "nth": {"week": 6, "weekday": "mo"}}, "invalid", "nth"),
        ("monthly", {"times": ["09:00"], "nth": {"week": True, "weekday": "mo"}}, "invalid", "nth"),
        ("monthly", {"times": ["09:00"], "nth": {"week": 1, "weekday": "mon"}}, "invalid", "nth"),
    ],
)
def test_a_preset_that_cannot_be_is_refused_with_its_field(
    schedule_type: str, config: dict[str, Any], code: str, field: str
):
    with pytest.raises(RuleError) as refused:
        a_rule(schedule_type, **config)
    assert (refused.value.code, refused.value.field) == (code, field)
    assert str(refused.value) == refused.value.message


@pytest.mark.parametrize(
    ("expression", "code", "said"),
    [
        (None, "missing", "expression"),
        (5, "invalid", "a text"),
        ("0 " * 300, "invalid", "a text"),
        ("0 9 * *", "invalid", "five fields"),
        ("0 0 9 * * *", "invalid", "five fields"),
        ("@reboot", "unsupported", "@reboot"),
        ("60 9 * * *", "invalid", "minute"),
        ("0 24 * * *", "invalid", "hour"),
        ("0 9 0 * *", "invalid", "day of the month"),
        ("0 9 * 13 *", "invalid", "month"),
        ("0 9 * * 8", "invalid", "day of the week"),
        ("0 9 * * funday", "invalid", "day of the week"),
        ("0 9 * * fri-mon", "invalid", "ends before it begins"),
        ("*/0 9 * * *", "invalid", "at least 1"),
        ("5/10 9 * * *", "invalid", "5-59/10"),
        ("0 9,, * * *", "invalid", "hour"),
        ("0 -9 * * *", "invalid", "hour"),
        ("0 9 L * *", "unsupported", "L, W, #"),
        ("0 9 15w * *", "unsupported", "L, W, #"),
        ("0 9 * * 5l", "unsupported", "L, W, #"),
        ("0 9 * * mon#2", "unsupported", "L, W, #"),
        ("0 9 ? * *", "unsupported", "L, W, #"),
        ("* * * * *", "too_dense", "5 minutes"),
        ("*/4 9 * * *", "too_dense", "5 minutes"),
        ("0,58 0,23 * * *", "too_dense", "5 minutes"),
        ("0 0 30 2 *", "never_fires", "40 years"),
        ("0 0 31 4,6,9,11 *", "never_fires", "40 years"),
        ("*/30 0 30 2 *", "never_fires", "40 years"),
    ],
)
def test_a_cron_expression_that_cannot_be_is_refused_with_its_part(expression: Any, code: str, said: str):
    with pytest.raises(RuleError) as refused:
        a_rule("cron", expression=expression)
    assert (refused.value.code, refused.value.field) == (code, "expression")
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("rrule", "code", "said"),
    [
        (None, "missing", "rrule"),
        (5, "invalid", "a text"),
        ("FREQ=DAILY;" * 300, "invalid", "a text"),
        ("", "invalid", "no part"),
        ("FREQ=DAILY;", "invalid", "no part"),
        ("FREQ", "invalid", "no part"),
        ("INTERVAL=2", "invalid", "FREQ is needed"),
        ("FREQ=FORTNIGHTLY", "invalid", "FREQ is needed"),
        ("FREQ=SECONDLY", "unsupported", "flood"),
        ("FREQ=DAILY;FREQ=DAILY", "invalid", "FREQ comes twice"),
        ("DTSTART=20260101T090000;FREQ=DAILY", "invalid", "starts_at"),
        ("FREQ=DAILY;TZID=UTC", "invalid", "timezone"),
        ("FREQ=DAILY;BYEASTER=1", "invalid", "BYEASTER"),
        ("FREQ=DAILY;INTERVAL=0", "invalid", "INTERVAL=0"),
        ("FREQ=DAILY;INTERVAL=-1", "invalid", "INTERVAL=-1"),
        ("FREQ=DAILY;COUNT=0", "invalid", "COUNT=0"),
        ("FREQ=DAILY;COUNT=10001", "invalid", "COUNT=10001"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20270101", "invalid", "COUNT and UNTIL"),
        ("FREQ=DAILY;UNTIL=20270230", "invalid", "UNTIL=20270230"),
        ("FREQ=DAILY;UNTIL=2027-01-01", "invalid", "UNTIL=2027-01-01"),
        ("FREQ=DAILY;UNTIL=20260101T000000Z", "never_fires", "before its first"),
        ("FREQ=DAILY;UNTIL=20260101", "never_fires", "before its first"),
        ("FREQ=HOURLY;UNTIL=20260101", "never_fires", "before its first"),
        ("FREQ=WEEKLY;WKST=XX", "invalid", "WKST=XX"),
        ("FREQ=WEEKLY;BYDAY=MONDAY", "invalid", "BYDAY=MONDAY"),
        ("FREQ=MONTHLY;BYDAY=0MO", "invalid", "BYDAY=0MO"),
        ("FREQ=MONTHLY;BYDAY=54MO", "invalid", "BYDAY=54MO"),
        ("FREQ=WEEKLY;BYDAY=1MO", "invalid", "with a number"),
        ("FREQ=YEARLY;BYWEEKNO=20;BYDAY=1MO", "invalid", "BYWEEKNO"),
        ("FREQ=MONTHLY;BYWEEKNO=20", "invalid", "BYWEEKNO"),
        ("FREQ=DAILY;BYYEARDAY=20", "invalid", "BYYEARDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=20", "invalid", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "invalid", "BYMONTHDAY=0"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "invalid", "BYMONTHDAY=32"),
        ("FREQ=DAILY;BYHOUR=-1", "invalid", "BYHOUR=-1"),
        ("FREQ=DAILY;BYHOUR=24", "invalid", "BYHOUR=24"),
        ("FREQ=DAILY;BYSECOND=30", "unsupported", "BYSECOND"),
        ("FREQ=MONTHLY;BYSETPOS=1", "invalid", "BYSETPOS"),
        ("FREQ=DAILY;BYHOUR=8,9;BYSETPOS=3", "never_fires", "only 2"),
        ("FREQ=MINUTELY;INTERVAL=30;BYHOUR=8;BYSETPOS=2", "never_fires", "only 1"),
        ("FREQ=MINUTELY;INTERVAL=4", "too_dense", "5 minutes"),
        ("FREQ=HOURLY;BYMINUTE=0,2", "too_dense", "5 minutes"),
        ("FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31", "never_fires", "40 years"),
        ("FREQ=MONTHLY;BYMONTHDAY=30;BYMONTH=2", "never_fires", "40 years"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "never_fires", "40 years"),
        ("FREQ=WEEKLY;BYDAY=MO;BYSETPOS=2", "never_fires", "40 years"),
        ("FREQ=MINUTELY;INTERVAL=1440;BYHOUR=8;BYMINUTE=30", "never_fires", "40 years"),
        ("FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30", "never_fires", "40 years"),
    ],
)
def test_an_rrule_that_cannot_be_is_refused_with_its_part(rrule: Any, code: str, said: str):
    with pytest.raises(RuleError) as refused:
        a_rule("rrule", rrule=rrule, **START)
    assert (refused.value.code, refused.value.field) == (code, "rrule")
    assert said in refused.value.message


@pytest.mark.parametrize(
    ("end", "rrule"),
    [
        ({"count": 3}, "FREQ=DAILY;COUNT=3"),
        ({"count": 3}, "FREQ=DAILY;UNTIL=20270101"),
        ({"ends_at": "2027-01-01T09:00"}, "FREQ=DAILY;UNTIL=20270101T000000Z"),
    ],
)
def test_a_rule_ends_by_one_thing_only(end: dict[str, Any], rrule: str):
    with pytest.raises(RuleError) as refused:
        a_rule("rrule", rrule=rrule, **end)
    assert refused.value.field in end


def test_a_stored_rule_is_not_searched_again():
    rule = stored_rule("cron", {"expression": "0 0 30 2 *"}, BERLIN, datetime(2026, 3, 1, 9))
    assert list(occurrences(rule, None)) == []


@pytest.mark.parametrize(
    ("schedule_type", "config", "minutes"),
    [
        ("daily", {"times": ["09:00"]}, 1440),
        ("daily", {"times": ["09:00", "09:30", "17:00"]}, 30),
        ("daily", {"times": ["00:10", "23:00"]}, 70),
        ("weekly", {"times": ["00:00", "23:58"], "weekdays": ["mo"]}, 1438),
        ("cron", {"expression": "*/15 9-17 * * *"}, 15),
        ("rrule", {"rrule": "FREQ=MINUTELY;INTERVAL=45"}, 45),
        ("rrule", {"rrule": "FREQ=MINUTELY;INTERVAL=7;BYMINUTE=0,30"}, 30),
        ("rrule", {"rrule": "FREQ=HOURLY;INTERVAL=6"}, 60),
        ("rrule", {"rrule": "FREQ=MONTHLY;BYHOUR=9;BYMINUTE=0,1,2;BYDAY=MO;BYSETPOS=1"}, 28 * 1440 - 60),
    ],
)
def test_how_near_two_occurrences_come(schedule_type: str, config: dict[str, Any], minutes: int):
    assert densest_gap(a_rule(schedule_type, **config, **START)) == timedelta(minutes=minutes)


def test_a_rule_of_one_occurrence_is_not_dense():
    rule = a_rule("rrule", rrule="FREQ=DAILY;BYHOUR=9;BYMINUTE=0,1;COUNT=1", **START)
    assert densest_gap(rule) == timedelta.max
