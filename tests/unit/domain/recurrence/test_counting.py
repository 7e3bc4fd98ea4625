# ruff: noqa: DTZ001  # local times have no zone
"""COUNT, UNTIL and EXDATE: how many a rule has come to, wherever it is taken up."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lamplighter.domain.recurrence import Key, Rule, index_after, key_at, occurrences, stored_rule, upcoming

BERLIN = ZoneInfo("Europe/Berlin")


def a_rule(schedule_type: str, zone: ZoneInfo = BERLIN, **config: Any) -> Rule:
    config = {"starts_at": "2026-03-20T09:00"} | config
    return stored_rule(schedule_type, config, zone, datetime(2026, 1, 1))


@pytest.mark.parametrize(
    ("schedule_type", "config"),
    [
        ("daily", {"times": ["08:00", "09:00", "17:00"]}),
        ("daily", {"times": ["02:30", "03:30", "04:30"]}),
        ("daily", {"times": ["02:30", "04:30"], "on_gap": "skip"}),
        ("daily", {"times": ["02:30"], "interval": 9, "starts_at": "2026-03-29T02:45", "on_gap": "skip"}),
        ("daily", {"times": ["02:10", "02:40"], "starts_at": "2026-03-29T02:30", "on_gap": "skip"}),
        ("daily", {"times": ["09:00"], "exdates": ["2026-03-22T09:00", "2026-03-29T09:00"]}),
        ("weekly", {"times": ["02:30"], "weekdays": ["su", "we"], "interval": 3}),
        ("monthly", {"times": ["09:00", "17:00"], "days": [31, -1]}),
        ("rrule", {"rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1"}),
        ("rrule", {"rrule": "FREQ=WEEKLY;BYDAY=SU,SA;BYHOUR=2;BYMINUTE=30;BYSETPOS=-1", "on_gap": "skip"}),
        ("rrule", {"rrule": "FREQ=HOURLY;INTERVAL=7"}),
        ("rrule", {"rrule": "FREQ=HOURLY;BYDAY=SU;BYHOUR=1,2,3;BYMINUTE=0,30"}),
        ("rrule", {"rrule": "FREQ=MINUTELY;INTERVAL=50;BYMONTH=3,10"}),
        ("cron", {"expression": "*/30 2 * 3,10 sun"}),
        ("cron", {"expression": "30 2 25-31 * sun"}),
    ],
)
def test_the_index_of_a_key_is_how_many_there_were(schedule_type: str, config: dict[str, Any]):
    rule = a_rule(schedule_type, count=90, **config)
    listed = list(occurrences(rule, None))
    assert listed[-1][0] <= 90
    assert [index for index, _ in listed] == [index_after(rule, found.key) for _, found in listed]
    for place in (0, 10, len(listed) - 2):
        assert list(occurrences(rule, listed[place][1].key)) == listed[place + 1 :]
        assert next(occurrences(rule, *reversed_key(listed[place]))) == listed[place + 1]


def reversed_key(listed: tuple[int, Any]) -> tuple[Key, int]:
    index, found = listed
    return found.key, index


def test_a_count_includes_what_is_left_out():
    rule = a_rule("daily", times=["09:00"], count=3, exdates=["2026-03-21T09:00", "2026-03-22T09:00"])
    assert [(index, found.key.local.day) for index, found in occurrences(rule, None)] == [(1, 20)]
    assert index_after(rule, Key(datetime(2026, 3, 22, 9), 0)) == 3


def test_a_count_does_not_include_what_does_not_exist():
    gone = a_rule("daily", times=["02:30"], count=3, on_gap="skip", starts_at="2026-03-28T02:30")
    assert [found.key.local.day for _, found in occurrences(gone, None)] == [28, 30, 31]
    doubled = a_rule("daily", times=["02:30", "03:30"], count=3, starts_at="2026-03-29T00:00")
    assert [f"{found.key.local:%d %H}" for _, found in occurrences(doubled, None)] == [
        "29 03",
        "30 02",
        "30 03",
    ]


def test_exdate_means_the_first_of_two_equal_hours():
    rule = a_rule(
        "rrule", rrule="FREQ=HOURLY;COUNT=4", starts_at="2026-10-25T01:30", exdates=["2026-10-25T02:30"]
    )
    assert [(index, found.key.fold) for index, found in occurrences(rule, None)] == [(1, 0), (3, 1), (4, 0)]


def test_before_the_start_and_after_the_end_the_index_stays():
    for config in (
        {"rrule": "FREQ=DAILY"},
        {"rrule": "FREQ=HOURLY"},
        {"rrule": "FREQ=MONTHLY;BYDAY=FR;BYSETPOS=3"},
    ):
        rule = a_rule("rrule", count=5, **config)
        assert index_after(rule, Key(datetime(2026, 3, 19), 0)) == 0
        assert index_after(rule, Key(datetime(2036, 3, 19), 0)) == 5
        assert list(occurrences(rule, Key(datetime(2036, 3, 19), 0))) == []


def test_nothing_is_counted_where_nothing_is_compared_with_it():
    rule = a_rule("daily", times=["09:00"])
    assert index_after(rule, Key(datetime(2036, 3, 19), 0)) == 0
    assert next(occurrences(rule, Key(datetime(2036, 3, 19), 0)))[0] == 1


def test_a_gap_around_new_year_is_counted_once():
    rule = a_rule(
        "daily", ZoneInfo("Pacific/Kiritimati"), times=["09:00"], count=9, starts_at="1994-12-29T09:00"
    )
    listed = list(occurrences(rule, None))
    assert [index_after(rule, found.key) for _, found in listed] == list(range(1, 10))
    assert [found.key.local.day for _, found in listed[:4]] == [29, 30, 1, 2]


@pytest.mark.parametrize(
    ("rrule", "start", "last"),
    [
        ("FREQ=DAILY;UNTIL=20260329T012900Z", "2026-03-27T02:30", "2026-03-28T02:30"),
        ("FREQ=DAILY;UNTIL=20260329T013000Z", "2026-03-27T02:30", "2026-03-29T02:30"),
        ("FREQ=DAILY;UNTIL=20260329T013000", "2026-03-27T02:30", "2026-03-28T02:30"),
        ("FREQ=DAILY;UNTIL=20261025T002959Z", "2026-10-23T02:30", "2026-10-24T02:30"),
        ("FREQ=HOURLY;UNTIL=20261025T003000Z", "2026-10-25T00:30", "2026-10-25T02:30"),
        ("FREQ=HOURLY;UNTIL=20261025T023000", "2026-10-25T00:30", "2026-10-25T02:30"),
        ("FREQ=HOURLY;UNTIL=20261025", "2026-10-25T00:30", "2026-10-25T23:30"),
    ],
)
def test_until_is_an_instant_or_a_local_time(rrule: str, start: str, last: str):
    found = [found for _, found in occurrences(a_rule("rrule", rrule=rrule, starts_at=start), None)]
    assert found[-1].key == Key(datetime.fromisoformat(last), 0)


def test_nothing_comes_after_the_end():
    rule = a_rule("daily", times=["09:00"], ends_at="2026-03-21T09:00")
    assert list(upcoming(rule, datetime(2026, 3, 22, tzinfo=UTC))) == []
    assert len(list(upcoming(rule, datetime(2026, 1, 1, tzinfo=UTC)))) == 2


def test_an_old_start_keeps_its_phase_and_its_count():
    """A start of 1990 and an interval of three days: the same instants as when all are listed."""
    rule = a_rule("daily", times=["09:00"], interval=3, starts_at="1990-01-01T09:00", count=10_000)
    listed = list(islice(occurrences(rule, None), 4000, 4500))
    key = listed[200][1].key
    assert index_after(rule, key) == 4201
    assert list(islice(occurrences(rule, key), 20)) == listed[201:221]
    assert (key.local.date() - datetime(1990, 1, 1).date()).days % 3 == 0
    assert next(upcoming(rule, listed[200][1].at - timedelta(seconds=1)))[1].key == key
    assert key_at(rule, listed[200][1].at) == key
