# ruff: noqa: DTZ001  # local times have no zone
"""What clock changes do to a rule: a table over zones, and how a rule is taken up around them."""

from datetime import UTC, datetime, timedelta, timezone
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lamplighter.domain.recurrence import (
    Key,
    Occurrence,
    Rule,
    instant,
    key_at,
    local_key,
    occurrences,
    rule_of,
    upcoming,
)

ANCHOR = datetime(2026, 1, 1)
TABLE: list[tuple[str, str, str, dict[str, Any], list[str]]] = [
    (
        "Europe/Berlin",
        "2026-03-28T02:30",
        "daily",
        {"times": ["02:30"]},
        ["03-28T02:30 03-28T01:30Z", "03-29T02:30 03-29T01:30Z gap", "03-30T02:30 03-30T00:30Z"],
    ),
    (
        "Europe/Berlin",
        "2026-03-28T02:30",
        "daily",
        {"times": ["02:30"], "on_gap": "skip"},
        ["03-28T02:30 03-28T01:30Z", "03-30T02:30 03-30T00:30Z", "03-31T02:30 03-31T00:30Z"],
    ),
    (
        "Europe/Berlin",
        "2026-03-29T00:00",
        "daily",
        {"times": ["02:30", "03:30"]},
        ["03-29T03:30 03-29T01:30Z", "03-30T02:30 03-30T00:30Z", "03-30T03:30 03-30T01:30Z"],
    ),
    (
        "Europe/Berlin",
        "2026-10-24T02:30",
        "daily",
        {"times": ["02:30"]},
        ["10-24T02:30 10-24T00:30Z", "10-25T02:30 10-25T00:30Z overlap", "10-26T02:30 10-26T01:30Z"],
    ),
    (
        "Europe/Berlin",
        "2026-03-29T00:30",
        "rrule",
        {"rrule": "FREQ=HOURLY"},
        [
            "03-29T00:30 03-28T23:30Z",
            "03-29T01:30 03-29T00:30Z",
            "03-29T03:30 03-29T01:30Z",
            "03-29T04:30 03-29T02:30Z",
        ],
    ),
    (
        "Europe/Berlin",
        "2026-10-25T01:30",
        "rrule",
        {"rrule": "FREQ=HOURLY"},
        [
            "10-25T01:30 10-24T23:30Z",
            "10-25T02:30 10-25T00:30Z overlap",
            "10-25T02:30* 10-25T01:30Z overlap",
            "10-25T03:30 10-25T02:30Z",
        ],
    ),
    (
        "Europe/Berlin",
        "2026-10-25T01:30",
        "cron",
        {"expression": "30 * * * *"},
        [
            "10-25T01:30 10-24T23:30Z",
            "10-25T02:30 10-25T00:30Z overlap",
            "10-25T02:30* 10-25T01:30Z overlap",
            "10-25T03:30 10-25T02:30Z",
        ],
    ),
    (
        "Europe/Berlin",
        "2026-10-25T00:00",
        "cron",
        {"expression": "30 2 * * *"},
        ["10-25T02:30 10-25T00:30Z overlap", "10-26T02:30 10-26T01:30Z"],
    ),
    (
        "Europe/Berlin",
        "2026-03-29T00:00",
        "cron",
        {"expression": "30 2 * * *"},
        ["03-29T02:30 03-29T01:30Z gap", "03-30T02:30 03-30T00:30Z"],
    ),
    (
        "America/New_York",
        "2026-03-07T02:30",
        "daily",
        {"times": ["02:30"]},
        ["03-07T02:30 03-07T07:30Z", "03-08T02:30 03-08T07:30Z gap", "03-09T02:30 03-09T06:30Z"],
    ),
    (
        "America/New_York",
        "2026-10-31T01:30",
        "daily",
        {"times": ["01:30"]},
        ["10-31T01:30 10-31T05:30Z", "11-01T01:30 11-01T05:30Z overlap", "11-02T01:30 11-02T06:30Z"],
    ),
    (
        "America/New_York",
        "2026-11-01T00:30",
        "rrule",
        {"rrule": "FREQ=MINUTELY;INTERVAL=45"},
        [
            "11-01T00:30 11-01T04:30Z",
            "11-01T01:15 11-01T05:15Z overlap",
            "11-01T01:00* 11-01T06:00Z overlap",
            "11-01T01:45* 11-01T06:45Z overlap",
            "11-01T02:30 11-01T07:30Z",
        ],
    ),
    (
        "America/Sao_Paulo",
        "2018-11-03T00:00",
        "daily",
        {"times": ["00:00"]},
        ["11-03T00:00 11-03T03:00Z", "11-04T00:00 11-04T03:00Z gap", "11-05T00:00 11-05T02:00Z"],
    ),
    (
        "America/Sao_Paulo",
        "2019-02-15T23:30",
        "daily",
        {"times": ["23:30"]},
        ["02-15T23:30 02-16T01:30Z", "02-16T23:30 02-17T01:30Z overlap", "02-17T23:30 02-18T02:30Z"],
    ),
    (
        "America/Sao_Paulo",
        "2026-11-03T00:00",
        "daily",
        {"times": ["00:00"]},
        ["11-03T00:00 11-03T03:00Z", "11-04T00:00 11-04T03:00Z"],
    ),
    (
        "Australia/Lord_Howe",
        "2026-10-03T02:15",
        "daily",
        {"times": ["02:15"]},
        ["10-03T02:15 10-02T15:45Z", "10-04T02:15 10-03T15:45Z gap", "10-05T02:15 10-04T15:15Z"],
    ),
    (
        "Australia/Lord_Howe",
        "2026-04-04T01:45",
        "daily",
        {"times": ["01:45"]},
        ["04-04T01:45 04-03T14:45Z", "04-05T01:45 04-04T14:45Z overlap", "04-06T01:45 04-05T15:15Z"],
    ),
    (
        "Australia/Lord_Howe",
        "2026-04-05T00:30",
        "rrule",
        {"rrule": "FREQ=HOURLY"},
        [
            "04-05T00:30 04-04T13:30Z",
            "04-05T01:30 04-04T14:30Z overlap",
            "04-05T01:30* 04-04T15:00Z overlap",
            "04-05T02:30 04-04T16:00Z",
        ],
    ),
    (
        "Australia/Lord_Howe",
        "2026-10-04T00:00",
        "rrule",
        {"rrule": "FREQ=HOURLY"},
        [
            "10-04T00:00 10-03T13:30Z",
            "10-04T01:00 10-03T14:30Z",
            "10-04T03:00 10-03T16:00Z",
            "10-04T04:00 10-03T17:00Z",
        ],
    ),
    (
        "Asia/Kathmandu",
        "1985-12-31T00:05",
        "daily",
        {"times": ["00:05"]},
        ["12-31T00:05 12-30T18:35Z", "01-01T00:05 12-31T18:35Z gap", "01-02T00:05 01-01T18:20Z"],
    ),
    (
        "Asia/Kathmandu",
        "2026-03-28T02:30",
        "daily",
        {"times": ["02:30"]},
        ["03-28T02:30 03-27T20:45Z", "03-29T02:30 03-28T20:45Z"],
    ),
    (
        "America/Santiago",
        "2026-09-05T00:30",
        "daily",
        {"times": ["00:30"]},
        ["09-05T00:30 09-05T04:30Z", "09-06T00:30 09-06T04:30Z gap", "09-07T00:30 09-07T03:30Z"],
    ),
    (
        "America/Santiago",
        "2026-04-04T23:30",
        "daily",
        {"times": ["23:30"]},
        ["04-04T23:30 04-05T02:30Z overlap", "04-05T23:30 04-06T03:30Z"],
    ),
    (
        "Africa/Casablanca",
        "2026-02-14T02:30",
        "daily",
        {"times": ["02:30"]},
        ["02-14T02:30 02-14T01:30Z", "02-15T02:30 02-15T01:30Z overlap", "02-16T02:30 02-16T02:30Z"],
    ),
    (
        "Africa/Casablanca",
        "2026-03-21T02:30",
        "daily",
        {"times": ["02:30"]},
        ["03-21T02:30 03-21T02:30Z", "03-22T02:30 03-22T02:30Z gap", "03-23T02:30 03-23T01:30Z"],
    ),
    (
        "Pacific/Apia",
        "2011-12-29T09:00",
        "daily",
        {"times": ["09:00"]},
        ["12-29T09:00 12-29T19:00Z", "12-31T09:00 12-30T19:00Z", "01-01T09:00 12-31T19:00Z"],
    ),
    (
        "Pacific/Apia",
        "2011-12-30T09:00",
        "weekly",
        {"weekdays": ["fr"], "times": ["09:00"]},
        ["12-30T09:00 12-30T19:00Z gap", "01-06T09:00 01-05T19:00Z"],
    ),
    (
        "Pacific/Apia",
        "2011-12-30T09:00",
        "weekly",
        {"weekdays": ["fr"], "times": ["09:00"], "on_gap": "skip"},
        ["01-06T09:00 01-05T19:00Z", "01-13T09:00 01-12T19:00Z"],
    ),
    (
        "Pacific/Apia",
        "2011-12-29T22:00",
        "rrule",
        {"rrule": "FREQ=HOURLY"},
        [
            "12-29T22:00 12-30T08:00Z",
            "12-29T23:00 12-30T09:00Z",
            "12-31T00:00 12-30T10:00Z",
            "12-31T01:00 12-30T11:00Z",
        ],
    ),
    (
        "Asia/Tehran",
        "2022-03-21T00:30",
        "daily",
        {"times": ["00:30"]},
        ["03-21T00:30 03-20T21:00Z", "03-22T00:30 03-21T21:00Z gap", "03-23T00:30 03-22T20:00Z"],
    ),
    (
        "Asia/Tehran",
        "2022-09-20T23:30",
        "daily",
        {"times": ["23:30"]},
        ["09-20T23:30 09-20T19:00Z", "09-21T23:30 09-21T19:00Z overlap", "09-22T23:30 09-22T20:00Z"],
    ),
    (
        "Asia/Tehran",
        "2026-03-21T00:30",
        "daily",
        {"times": ["00:30"]},
        ["03-21T00:30 03-20T21:00Z", "03-22T00:30 03-21T21:00Z"],
    ),
    (
        "Africa/Cairo",
        "2026-04-23T00:30",
        "daily",
        {"times": ["00:30"]},
        ["04-23T00:30 04-22T22:30Z", "04-24T00:30 04-23T22:30Z gap", "04-25T00:30 04-24T21:30Z"],
    ),
    (
        "Africa/Cairo",
        "2026-10-28T23:30",
        "daily",
        {"times": ["23:30"]},
        ["10-28T23:30 10-28T20:30Z", "10-29T23:30 10-29T20:30Z overlap", "10-30T23:30 10-30T21:30Z"],
    ),
    (
        "Europe/Dublin",
        "2026-03-28T01:30",
        "daily",
        {"times": ["01:30"]},
        ["03-28T01:30 03-28T01:30Z", "03-29T01:30 03-29T01:30Z gap", "03-30T01:30 03-30T00:30Z"],
    ),
    (
        "Europe/Dublin",
        "2026-10-24T01:30",
        "daily",
        {"times": ["01:30"]},
        ["10-24T01:30 10-24T00:30Z", "10-25T01:30 10-25T00:30Z overlap", "10-26T01:30 10-26T01:30Z"],
    ),
    (
        "Pacific/Chatham",
        "2026-09-26T02:50",
        "daily",
        {"times": ["02:50"]},
        ["09-26T02:50 09-25T14:05Z", "09-27T02:50 09-26T14:05Z gap", "09-28T02:50 09-27T13:05Z"],
    ),
    (
        "UTC",
        "2026-03-29T02:30",
        "daily",
        {"times": ["02:30"]},
        ["03-29T02:30 03-29T02:30Z", "03-30T02:30 03-30T02:30Z"],
    ),
]
"""Zone, start, schedule, and its first occurrences: local time (* the second of two), UTC, what is noted."""


def a_rule(zone: str, schedule_type: str, **config: Any) -> Rule:
    return rule_of(schedule_type, {"timezone": zone, **config}, ZoneInfo(zone), ANCHOR)


def said(found: Occurrence) -> str:
    second, note = "*" if found.key.fold else "", f" {found.note}" if found.note else ""
    return f"{found.key.local:%m-%dT%H:%M}{second} {found.at:%m-%dT%H:%MZ}{note}"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "start", "schedule_type", "config", "expected"), TABLE)
def test_a_rule_keeps_its_local_time_through_a_clock_change(
    zone: str, start: str, schedule_type: str, config: dict[str, Any], expected: list[str]
):
    rule = a_rule(zone, schedule_type, starts_at=start, **config)
    assert [said(found) for _, found in islice(occurrences(rule, None), len(expected))] == expected


@pytest.mark.parametrize(("zone", "start", "schedule_type", "config", "expected"), TABLE)
def test_a_rule_taken_up_after_any_of_its_keys_goes_on_as_if_never_left(
    zone: str, start: str, schedule_type: str, config: dict[str, Any], expected: list[str]
):
    rule = a_rule(zone, schedule_type, starts_at=start, **config)
    listed = [found for _, found in islice(occurrences(rule, None), len(expected))]
    for place, found in enumerate(listed[:-1]):
        assert next(occurrences(rule, found.key))[1] == listed[place + 1]


@pytest.mark.parametrize(("zone", "start", "schedule_type", "config", "expected"), TABLE)
def test_from_any_instant_on_nothing_to_come_is_lost_and_nothing_past_comes_again(
    zone: str, start: str, schedule_type: str, config: dict[str, Any], expected: list[str]
):
    rule = a_rule(zone, schedule_type, starts_at=start, **config)
    listed = [found.at for _, found in islice(occurrences(rule, None), len(expected))]
    moment = min(listed) - timedelta(hours=3)
    while moment < max(listed):
        assert next(upcoming(rule, moment))[1].at == min(at for at in listed if at > moment)
        moment += timedelta(minutes=20)


def test_after_the_second_of_two_equal_hours_the_first_has_passed():
    rule = a_rule("Europe/Berlin", "daily", times=["02:10", "02:50", "03:10"], starts_at="2026-10-25T00:00")
    found = next(occurrences(rule, Key(datetime(2026, 10, 25, 2, 15), 1)))[1]
    assert said(found) == "10-25T03:10 10-25T02:10Z"


def test_what_a_gap_moved_is_still_to_come_in_the_hour_after():
    rule = a_rule("Europe/Berlin", "daily", times=["02:30"], starts_at="2026-03-01T00:00")
    moment = utc("2026-03-29T01:20")  # the clocks show 03:20
    assert key_at(rule, moment) == Key(datetime(2026, 3, 29, 2, 20), 0)
    assert next(upcoming(rule, moment))[1].at == utc("2026-03-29T01:30")


def test_a_key_to_start_from_is_what_the_clocks_show():
    rule = a_rule("Europe/Berlin", "daily", times=["02:30"])
    assert key_at(rule, utc("2026-03-29T02:20")) == Key(datetime(2026, 3, 29, 4, 20), 0)
    assert key_at(rule, utc("2026-07-01T10:00:30")) == Key(datetime(2026, 7, 1, 12, 0, 30), 0)
    assert key_at(rule, utc("2026-10-25T01:30")) == Key(datetime(2026, 10, 25, 2, 30), 1)
    hourly = a_rule("Europe/Berlin", "rrule", rrule="FREQ=HOURLY")
    assert key_at(hourly, utc("2026-03-29T01:20")) == Key(datetime(2026, 3, 29, 3, 20), 0)


@pytest.mark.parametrize(
    ("key", "on_gap", "expected"),
    [
        (Key(datetime(2026, 7, 1, 9), 0), None, (utc("2026-07-01T07:00"), None)),
        (Key(datetime(2026, 7, 1, 9), 1), None, (utc("2026-07-01T07:00"), None)),
        (Key(datetime(2026, 3, 29, 2, 30), 0), None, (utc("2026-03-29T01:30"), "gap")),
        (Key(datetime(2026, 3, 29, 2, 30), 1), None, (utc("2026-03-29T01:30"), "gap")),
        (Key(datetime(2026, 3, 29, 2, 30), 0), "skip", (None, "gap")),
        (Key(datetime(2026, 10, 25, 2, 30), 0), "skip", (utc("2026-10-25T00:30"), "overlap")),
        (Key(datetime(2026, 10, 25, 2, 30), 1), None, (utc("2026-10-25T01:30"), "overlap")),
    ],
)
def test_a_key_is_an_instant_by_the_zones_data(
    key: Key, on_gap: str | None, expected: tuple[datetime | None, str | None]
):
    assert instant(ZoneInfo("Europe/Berlin"), key, on_gap) == expected


def test_a_rule_says_itself_what_becomes_of_gaps():
    key = Key(datetime(2026, 3, 29, 2, 30), 0)
    skipping = a_rule("Europe/Berlin", "daily", times=["02:30"], on_gap="skip")
    assert instant(skipping, key) == (None, "gap")
    assert instant(skipping, key, "shift") == (utc("2026-03-29T01:30"), "gap")


def test_what_the_clocks_show_tells_two_equal_hours_apart():
    zone = ZoneInfo("Europe/Berlin")
    assert local_key(zone, utc("2026-10-25T00:30")) == Key(datetime(2026, 10, 25, 2, 30), 0)
    assert local_key(zone, utc("2026-10-25T01:30")) == Key(datetime(2026, 10, 25, 2, 30), 1)


def test_a_moved_time_stays_where_the_rule_has_ended_before_its_double():
    rule = a_rule(
        "Europe/Berlin",
        "daily",
        times=["02:30", "03:30"],
        starts_at="2026-03-29T00:00",
        ends_at="2026-03-29T03:00",
    )
    assert [said(found) for _, found in occurrences(rule, None)] == ["03-29T02:30 03-29T01:30Z gap"]


def test_new_zone_data_move_the_instant_and_leave_the_key():
    before, after = timezone(timedelta(hours=-3)), timezone(timedelta(hours=-2))
    config = {"times": ["09:00"], "starts_at": "2026-06-01T09:00", "timezone": "America/Sao_Paulo"}
    (_, old), (_, new) = (
        next(occurrences(rule_of("daily", config, zone, ANCHOR), None)) for zone in (before, after)
    )
    assert old.key == new.key
    assert old.at - new.at == timedelta(hours=1)
