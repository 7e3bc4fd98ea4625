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
from tests.unit.domain.recurrence.clock_change_table import TABLE

ANCHOR = datetime(2026, 1, 1)


def a_rule(zone: str, schedule_type: str, **config: Any) -> Rule:
    return rule_of(schedule_type, {"timezone": zone, **config}, ZoneInfo(zone), ANCHOR)


def said(found: Occurrence) -> str:
    second, note = "*" if found.key.fold else "", f" {found.note}" if found.note else ""
    return f"{found.key.local:%m-%dT%H:%M}{second} {found.at:%m-%dT%H:%MZ}{note}"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(("zone", "start", "schedule_type", "config", "expected"), TABLE)
def test_a_rule_keeps_its_local_time_through_a_clock_change(
    zone: str, start: str, schedule_type: str, config: dict[str, Any], expected: str
):
    rule = a_rule(zone, schedule_type, starts_at=start, **config)
    wanted = expected.split(", ")
    assert [said(found) for _, found in islice(occurrences(rule, None), len(wanted))] == wanted


@pytest.mark.parametrize(("zone", "start", "schedule_type", "config", "expected"), TABLE)
def test_a_rule_taken_up_after_any_of_its_keys_goes_on_as_if_never_left(
    zone: str, start: str, schedule_type: str, config: dict[str, Any], expected: str
):
    rule = a_rule(zone, schedule_type, starts_at=start, **config)
    listed = [found for _, found in islice(occurrences(rule, None), len(expected.split(", ")))]
    for place, found in enumerate(listed[:-1]):
        assert next(occurrences(rule, found.key))[1] == listed[place + 1]


@pytest.mark.parametrize(("zone", "start", "schedule_type", "config", "expected"), TABLE)
def test_from_any_instant_on_nothing_to_come_is_lost_and_nothing_past_comes_again(
    zone: str, start: str, schedule_type: str, config: dict[str, Any], expected: str
):
    rule = a_rule(zone, schedule_type, starts_at=start, **config)
    listed = [found.at for _, found in islice(occurrences(rule, None), len(expected.split(", ")))]
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
