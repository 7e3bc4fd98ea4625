# ruff: noqa: DTZ001  # local times have no zone
"""Which days a rule falls on: RFC 5545's own examples, month ends, leap days, weeks across years, cron."""

from datetime import datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lamplighter.domain.recurrence import occurrences, rule_of

NEW_YORK = ZoneInfo("America/New_York")

RFC_EXAMPLES: list[tuple[str, str, str]] = [
    # (DTSTART, rule, local times) of RFC 5545, 3.8.5.3
    ("1997-09-02", "FREQ=DAILY;COUNT=4", "1997-09-02 09-03 09-04 09-05"),
    ("1997-09-02", "FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02 09-12 09-22 10-02 10-12"),
    ("1997-09-02", "FREQ=DAILY;UNTIL=19970905T000000Z", "1997-09-02 09-03 09-04"),
    ("1998-01-01", "FREQ=YEARLY;UNTIL=20000131T140000Z;BYMONTH=1;BYDAY=SU", "1998-01-04 01-11 01-18 01-25"),
    ("1997-09-02", "FREQ=WEEKLY;COUNT=3", "1997-09-02 09-09 09-16"),
    ("1997-09-02", "FREQ=WEEKLY;INTERVAL=2;WKST=SU", "1997-09-02 09-16 09-30 10-14 10-28"),
    ("1997-09-02", "FREQ=WEEKLY;COUNT=4;WKST=SU;BYDAY=TU,TH", "1997-09-02 09-04 09-09 09-11"),
    (
        "1997-09-01",
        "FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;WKST=SU;BYDAY=MO,WE,FR",
        "1997-09-01 09-03 09-05 09-15 09-17 09-19",
    ),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05 08-10 08-19 08-24"),
    ("1997-08-05", "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU", "1997-08-05 08-17 08-19 08-31"),
    ("1997-09-05", "FREQ=MONTHLY;COUNT=3;BYDAY=1FR", "1997-09-05 10-03 11-07"),
    (
        "1997-09-07",
        "FREQ=MONTHLY;INTERVAL=2;COUNT=6;BYDAY=1SU,-1SU",
        "1997-09-07 09-28 11-02 11-30 1998-01-04 01-25",
    ),
    ("1997-09-22", "FREQ=MONTHLY;COUNT=4;BYDAY=-2MO", "1997-09-22 10-20 11-17 12-22"),
    ("1997-09-28", "FREQ=MONTHLY;BYMONTHDAY=-3", "1997-09-28 10-29 11-28 12-29 1998-01-29 02-26"),
    ("1997-09-02", "FREQ=MONTHLY;COUNT=4;BYMONTHDAY=2,15", "1997-09-02 09-15 10-02 10-15"),
    ("1997-09-30", "FREQ=MONTHLY;COUNT=5;BYMONTHDAY=1,-1", "1997-09-30 10-01 10-31 11-01 11-30"),
    (
        "1997-09-10",
        "FREQ=MONTHLY;INTERVAL=18;COUNT=4;BYMONTHDAY=10,11,12",
        "1997-09-10 09-11 09-12 1999-03-10",
    ),
    ("1997-09-02", "FREQ=MONTHLY;INTERVAL=2;BYDAY=TU", "1997-09-02 09-09 09-16 09-23 09-30 11-04"),
    ("1997-06-10", "FREQ=YEARLY;COUNT=4;BYMONTH=6,7", "1997-06-10 07-10 1998-06-10 07-10"),
    ("1997-03-10", "FREQ=YEARLY;INTERVAL=2;COUNT=4;BYMONTH=1,2,3", "1997-03-10 1999-01-10 02-10 03-10"),
    (
        "1997-01-01",
        "FREQ=YEARLY;INTERVAL=3;COUNT=5;BYYEARDAY=1,100,200",
        "1997-01-01 04-10 07-19 2000-01-01 04-09",
    ),
    ("1997-05-19", "FREQ=YEARLY;BYDAY=20MO", "1997-05-19 1998-05-18 1999-05-17"),
    ("1997-05-12", "FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO", "1997-05-12 1998-05-11 1999-05-17"),
    ("1997-03-13", "FREQ=YEARLY;BYMONTH=3;BYDAY=TH", "1997-03-13 03-20 03-27 1998-03-05"),
    ("1997-09-02", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13 03-13 11-13 1999-08-13 2000-10-13"),
    ("1997-09-13", "FREQ=MONTHLY;BYDAY=SA;BYMONTHDAY=7,8,9,10,11,12,13", "1997-09-13 10-11 11-08 12-13"),
    (
        "1996-11-05",
        "FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8",
        "1996-11-05 2000-11-07 2004-11-02",
    ),
    ("1997-09-04", "FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3", "1997-09-04 10-07 11-06"),
    (
        "1997-09-29",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-2",
        "1997-09-29 10-30 11-27 12-30 1998-01-29",
    ),
    ("2007-01-15", "FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5", "2007-01-15 01-30 02-15 03-15 03-30"),
]

TABLE: list[tuple[str, str, dict[str, Any], str]] = [
    # month ends
    ("2026-01-31", "rrule", {"rrule": "FREQ=MONTHLY"}, "2026-01-31 03-31 05-31 07-31"),
    ("2026-01-31", "monthly", {"days": [31]}, "2026-01-31 03-31 05-31"),
    ("2026-01-31", "monthly", {"days": [31], "missing_day": "last"}, "2026-01-31 02-28 03-31 04-30"),
    (
        "2028-01-30",
        "monthly",
        {"days": [30, 31], "missing_day": "last"},
        "2028-01-30 01-31 02-29 03-30 03-31 04-30",
    ),
    ("2026-01-31", "monthly", {"days": [-1]}, "2026-01-31 02-28 03-31"),
    ("2026-01-01", "monthly", {"days": [-31], "missing_day": "last"}, "2026-01-01 03-01 05-01"),
    ("2026-01-31", "monthly", {"days": [1, -1], "interval": 2}, "2026-01-31 03-01 03-31 05-01"),
    ("2026-01-01", "monthly", {"nth": {"week": 5, "weekday": "fr"}}, "2026-01-30 05-29 07-31"),
    ("2026-01-01", "monthly", {"nth": {"week": -1, "weekday": "su"}}, "2026-01-25 02-22 03-29"),
    # leap days, over the year 2100 too
    ("2024-02-29", "rrule", {"rrule": "FREQ=YEARLY"}, "2024-02-29 2028-02-29 2032-02-29"),
    ("2096-02-29", "rrule", {"rrule": "FREQ=YEARLY"}, "2096-02-29 2104-02-29"),
    ("2024-02-29", "rrule", {"rrule": "FREQ=YEARLY;BYYEARDAY=366"}, "2024-12-31 2028-12-31"),
    (
        "2072-01-01",
        "rrule",
        {"rrule": "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;BYDAY=MO"},
        "2072-02-29 2112-02-29",
    ),
    ("2024-01-01", "cron", {"expression": "0 9 29 2 *"}, "2024-02-29 2028-02-29"),
    ("2024-02-28", "daily", {}, "2024-02-28 02-29 03-01"),
    ("2023-02-28", "daily", {"interval": 366}, "2023-02-28 2024-02-29 2025-03-01"),
    # days of the year, counted from its end
    (
        "2027-01-01",
        "rrule",
        {"rrule": "FREQ=YEARLY;BYYEARDAY=-1,-366,60"},
        "2027-03-01 12-31 2028-01-01 02-29 12-31",
    ),
    # weeks across years
    (
        "2026-12-01",
        "rrule",
        {"rrule": "FREQ=YEARLY;BYWEEKNO=53;BYDAY=MO,SU"},
        "2026-12-28 2027-01-03 2032-12-27",
    ),
    ("2024-12-01", "rrule", {"rrule": "FREQ=YEARLY;BYWEEKNO=1;BYDAY=MO"}, "2024-12-30 2025-12-29 2027-01-04"),
    (
        "2024-12-01",
        "rrule",
        {"rrule": "FREQ=YEARLY;BYWEEKNO=-52;BYDAY=MO"},
        "2024-12-30 2026-01-05 2027-01-04",
    ),
    (
        "2024-12-01",
        "rrule",
        {"rrule": "FREQ=YEARLY;BYWEEKNO=1;BYDAY=SU;WKST=SU"},
        "2024-12-29 2026-01-04 2027-01-03",
    ),
    ("2026-12-01", "rrule", {"rrule": "FREQ=YEARLY;BYWEEKNO=-1"}, "2026-12-29 2027-12-28 2028-12-26"),
    ("2026-12-21", "weekly", {"weekdays": ["mo", "th"], "interval": 2}, "2026-12-21 12-24 2027-01-04 01-07"),
    ("2026-12-23", "weekly", {"weekdays": ["mo", "th"], "interval": 2}, "2026-12-24 2027-01-04 01-07"),
    ("2026-12-27", "rrule", {"rrule": "FREQ=WEEKLY;BYDAY=WE,SU;BYSETPOS=-1"}, "2026-12-27 2027-01-03 01-10"),
    ("2026-12-27", "rrule", {"rrule": "FREQ=WEEKLY;BYDAY=SU,WE;BYSETPOS=1;WKST=SU"}, "2026-12-27 2027-01-03"),
    # weekdays only
    ("2026-01-02", "daily", {"weekdays_only": True}, "2026-01-02 01-05 01-06"),
    ("2026-01-02", "daily", {"weekdays_only": True, "interval": 3}, "2026-01-02 01-05 01-08 01-14"),
    # BYSETPOS of years, and of days
    ("2026-01-01", "rrule", {"rrule": "FREQ=YEARLY;BYDAY=MO;BYSETPOS=1,-1"}, "2026-01-05 12-28 2027-01-04"),
    ("2026-01-01", "rrule", {"rrule": "FREQ=DAILY;BYHOUR=8,9,10;BYSETPOS=2"}, "2026-01-01 01-02"),
    # a number of a weekday beside a plain one; a numbered one that the month lacks
    ("2026-01-01", "rrule", {"rrule": "FREQ=MONTHLY;BYDAY=2TU,5FR"}, "2026-01-13 01-30 02-10 03-10"),
    ("2026-01-01", "rrule", {"rrule": "FREQ=MONTHLY;BYDAY=SU,1MO"}, "2026-01-04 01-05 01-11"),
    # cron: a day of the month or of the week, unless one begins with *
    ("2026-01-01", "cron", {"expression": "0 9 13 * fri"}, "2026-01-02 01-09 01-13 01-16"),
    ("2026-01-01", "cron", {"expression": "0 9 */2 * fri"}, "2026-01-09 01-23 02-13"),
    ("2026-01-01", "cron", {"expression": "0 9 1-7 * */3"}, "2026-01-03 01-04 01-07 02-01"),
    ("2026-01-01", "cron", {"expression": "0 9 * JAN,jun 1-5"}, "2026-01-01 01-02 01-05"),
    ("2026-01-01", "cron", {"expression": "0 9 * * 5-7/2"}, "2026-01-02 01-04 01-09"),
    ("2026-01-01", "cron", {"expression": "0 9 * * 7"}, "2026-01-04 01-11"),
    # what EXDATE leaves out counts; the start is no occurrence unless the rule says so
    ("2026-01-01", "daily", {"count": 3, "exdates": ["2026-01-02T09:00"]}, "2026-01-01 01-03"),
    ("2026-01-01", "rrule", {"rrule": "FREQ=WEEKLY;BYDAY=MO;COUNT=2"}, "2026-01-05 01-12"),
    ("2026-01-01", "daily", {"ends_at": "2026-01-02T09:00"}, "2026-01-01 01-02"),
    ("2026-01-01", "rrule", {"rrule": "RRULE:FREQ=DAILY;UNTIL=20260102"}, "2026-01-01 01-02"),
    ("2026-01-01", "rrule", {"rrule": "freq=daily;until=20260102T085900"}, "2026-01-01"),
]


def days_of(start: str, schedule_type: str, config: dict[str, Any], many: int) -> list[str]:
    """The local dates of the first occurrences at nine o'clock."""
    if schedule_type in ("daily", "weekly", "monthly"):
        config = {"times": ["09:00"], **config}
    config = {"timezone": "America/New_York", "starts_at": f"{start}T09:00", **config}
    rule = rule_of(schedule_type, config, NEW_YORK, datetime(2026, 1, 1))
    found = [each.key.local for _, each in islice(occurrences(rule, None), many)]
    assert {local.hour for local in found} == {9}
    return [f"{local:%Y-%m-%d}" for local in found]


def dates(text: str) -> list[str]:
    """Each with its year, which is said where it changes."""
    found: list[str] = []
    for word in text.split():
        found.append(word if len(word) > 5 else f"{found[-1][:4]}-{word}")
    return found


@pytest.mark.parametrize(("start", "rrule", "expected"), RFC_EXAMPLES)
def test_an_example_of_the_rfc_gives_the_rfcs_days(start: str, rrule: str, expected: str):
    wanted = dates(expected)
    assert days_of(start, "rrule", {"rrule": rrule}, len(wanted)) == wanted


@pytest.mark.parametrize(("start", "schedule_type", "config", "expected"), TABLE)
def test_a_rule_falls_on_its_days(start: str, schedule_type: str, config: dict[str, Any], expected: str):
    ends = {"count", "ends_at"} & config.keys() or {"COUNT", "UNTIL"} & set(
        str(config.get("rrule", "")).upper().replace("=", ";").split(";")
    )
    wanted = dates(expected)
    assert days_of(start, schedule_type, config, len(wanted) + bool(ends)) == wanted


@pytest.mark.parametrize(
    ("schedule_type", "config", "expected"),
    [
        ("rrule", {"rrule": "FREQ=HOURLY;INTERVAL=3;UNTIL=20260101T220000Z"}, ["09:00", "12:00", "15:00"]),
        ("rrule", {"rrule": "FREQ=MINUTELY;INTERVAL=15;COUNT=3"}, ["09:00", "09:15", "09:30"]),
        ("rrule", {"rrule": "FREQ=MINUTELY;INTERVAL=90;COUNT=3"}, ["09:00", "10:30", "12:00"]),
        ("rrule", {"rrule": "FREQ=DAILY;BYHOUR=9,10,11;BYMINUTE=0,30;BYSETPOS=1,-1"}, ["09:00", "11:30"]),
        ("rrule", {"rrule": "FREQ=HOURLY;BYMINUTE=0,20,40;BYSETPOS=-1"}, ["09:40", "10:40", "11:40"]),
        ("rrule", {"rrule": "FREQ=MINUTELY;INTERVAL=20;BYHOUR=9;BYSETPOS=1"}, ["09:00", "09:20", "09:40"]),
        ("rrule", {"rrule": "FREQ=HOURLY;BYHOUR=9,17"}, ["09:00", "17:00"]),
        ("cron", {"expression": "*/20 9-16/7 * * *"}, ["09:00", "09:20", "09:40", "16:00"]),
        ("cron", {"expression": "15,45 10 * * *"}, ["10:15", "10:45"]),
        ("cron", {"expression": "@hourly"}, ["09:00", "10:00"]),
        ("cron", {"expression": " @daily "}, ["00:00"]),
        ("daily", {"times": ["23:00", "10:00"]}, ["10:00", "23:00"]),
        ("daily", {"times": ["08:00", "10:00"]}, ["10:00", "08:00"]),
    ],
)
def test_a_rule_comes_at_its_times_of_day(schedule_type: str, config: dict[str, Any], expected: list[str]):
    config = {"timezone": "America/New_York", "starts_at": "2026-01-01T09:00", **config}
    rule = rule_of(schedule_type, config, NEW_YORK, datetime(2026, 1, 1))
    found = [f"{each.key.local:%H:%M}" for _, each in islice(occurrences(rule, None), len(expected))]
    assert found == expected


def test_a_rule_starts_at_the_anchor_unless_it_says_so():
    config = {"timezone": "America/New_York", "rrule": "FREQ=YEARLY"}
    rule = rule_of("rrule", config, NEW_YORK, datetime(2026, 5, 17, 8, 45, 12))
    assert next(occurrences(rule, None))[1].key.local == datetime(2026, 5, 17, 8, 45)


def test_a_rule_has_ended_where_forty_years_hold_nothing():
    config = {"timezone": "America/New_York", "starts_at": "2026-01-01T09:00"}
    rule = rule_of("rrule", config | {"rrule": "FREQ=YEARLY;INTERVAL=41"}, NEW_YORK, datetime(2026, 1, 1))
    assert [found.key.local.year for _, found in occurrences(rule, None)] == [2026]


@pytest.mark.parametrize(
    "rrule",
    ["FREQ=YEARLY", "FREQ=YEARLY;BYDAY=MO;BYSETPOS=1", "FREQ=WEEKLY;INTERVAL=50;BYDAY=MO,TU;BYSETPOS=1"],
)
def test_times_in_the_far_future_end_with_the_calendar(rrule: str):
    config = {"timezone": "America/New_York", "starts_at": "2199-01-01T09:00", "count": 10_000}
    rule = rule_of("rrule", config | {"rrule": rrule}, NEW_YORK, datetime(2026, 1, 1))
    assert list(occurrences(rule, None))[-1][1].key.local.year in (9989, 9990)
