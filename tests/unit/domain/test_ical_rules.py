"""Recurring posts in calendar files: an independent reader comes to the same times, through clock changes."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events

from lamplighter.domain.ical import events, rules, writing
from lamplighter.domain.ical.events import Series, Words
from lamplighter.domain.ical.timezones import vtimezone
from lamplighter.domain.recurrence import Key, Rule, key_at, occurrences, rule_of

SINCE, UNTIL = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
WORDS = Words(uid="1", stamp=SINCE, sequence=0, summary="S", description="D", status="CONFIRMED")
START = {"starts_at": "2025-12-30T09:00"}

SCHEDULES: list[tuple[str, Mapping[str, Any]]] = [
    ("daily", {"times": ["02:30"]}),
    ("daily", {"times": ["02:30"], "on_gap": "skip"}),
    ("daily", {"times": ["02:30", "03:30"]}),
    ("daily", {"times": ["09:00", "17:30"], "interval": 3}),
    ("daily", {"times": ["09:00", "09:30", "17:00", "17:30"], "weekdays_only": True}),
    ("daily", {"times": ["02:30"], "count": 200, "on_gap": "skip"}),
    ("daily", {"times": ["02:30"], "count": 200}),
    ("daily", {"times": ["12:00"], "ends_at": "2026-06-30T12:00", "exdates": ["2026-05-01T12:00"]}),
    ("weekly", {"weekdays": ["mo", "su"], "times": ["01:30"], "interval": 2}),
    ("monthly", {"days": [31], "times": ["09:00"]}),
    ("monthly", {"days": [31], "times": ["09:00"], "missing_day": "last"}),
    ("monthly", {"days": [1, -1], "times": ["02:15"], "interval": 2}),
    ("monthly", {"nth": {"week": -1, "weekday": "su"}, "times": ["02:30"]}),
    ("monthly", {"nth": {"week": 5, "weekday": "fr"}, "times": ["10:00"]}),
    ("cron", {"expression": "30 2 * * sun"}),
    ("cron", {"expression": "0 9 13 * fri"}),
    ("cron", {"expression": "0 */6 * * *"}),
    ("cron", {"expression": "15,45 8-10 * 3,10 mon-fri"}),
    ("rrule", {"rrule": "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"}),
    ("rrule", {"rrule": "FREQ=YEARLY;BYWEEKNO=13;BYDAY=SU;BYHOUR=2;BYMINUTE=30"}),
    ("rrule", {"rrule": "FREQ=YEARLY;BYYEARDAY=1,100,-1"}),
    ("rrule", {"rrule": "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=TU,SU"}),
    ("rrule", {"rrule": "FREQ=YEARLY;BYDAY=2MO,-1FR"}),
    ("rrule", {"rrule": "FREQ=MONTHLY;BYMONTHDAY=29,30,31;BYSETPOS=1;UNTIL=20260901T000000Z"}),
    ("rrule", {"rrule": "FREQ=HOURLY;INTERVAL=5"}),
    ("rrule", {"rrule": "FREQ=DAILY;COUNT=50;INTERVAL=2"}),
]
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/Santiago",
    "America/Sao_Paulo",
    "Pacific/Chatham",
    "Africa/Casablanca",
)


def made(kind: str, config: Mapping[str, Any], zone: str) -> Rule:
    return rule_of(kind, {"timezone": zone, **START, **config}, ZoneInfo(zone), datetime(2026, 1, 1))  # noqa: DTZ001


def file_of(rule: Rule, *further: str, out: frozenset[Key] = frozenset()) -> str:
    zone = rule.zone
    assert isinstance(zone, ZoneInfo)
    lines = events.series(WORDS, Series(rule, zone, SINCE, out), SINCE, UNTIL)
    whole = [*vtimezone(zone, 2025, 2030), *lines, *further]
    return writing.file_of(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//T//T//EN", *whole, "END:VCALENDAR"])


def read(text: str, since: datetime = SINCE, until: datetime = UNTIL) -> list[datetime]:
    """The times that the file has for its readers: of equal instances there is one (RFC 5545, 3.8.5.2)."""
    calendar = icalendar.Calendar.from_ical(text)
    found = recurring_ical_events.of(calendar).between(since, until)
    return sorted({each["DTSTART"].dt.astimezone(UTC) for each in found})


def ours(rule: Rule) -> list[datetime]:
    coming = (each.at for _, each in occurrences(rule, key_at(rule, SINCE)))
    early = takewhile(lambda at: at < UNTIL + timedelta(days=1), coming)
    return sorted(at for at in early if SINCE <= at < UNTIL)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(("kind", "config"), SCHEDULES, ids=lambda value: str(value)[:60])
def test_a_reader_comes_to_the_same_times(kind: str, config: Mapping[str, Any], zone: str):
    rule = made(kind, config, zone)
    expected = ours(rule)
    assert expected
    if not rules.has_rrule(rule):
        expected = expected[: rules.MOST_TIMES]
    assert read(file_of(rule)) == expected


def test_what_has_no_rrule_is_written_out():
    text = file_of(made("cron", {"expression": "0 9 13 * fri"}, "Europe/Berlin"))
    assert "RRULE" not in text
    assert "RDATE" in text


def test_rules_have_the_rrule_that_people_would_write():
    def said(kind: str, config: Mapping[str, Any]) -> str:
        return rules.rrule(made(kind, config, "Europe/Berlin"), 1, is_regular=True)

    assert said("weekly", {"weekdays": ["tu"], "times": ["09:00"], "interval": 2}) == (
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;BYHOUR=9;BYMINUTE=0;BYSECOND=0;WKST=MO"
    )
    assert said("monthly", {"nth": {"week": 2, "weekday": "tu"}, "times": ["09:00"]}) == (
        "FREQ=MONTHLY;BYDAY=2TU;BYHOUR=9;BYMINUTE=0;BYSECOND=0"
    )


def test_what_is_left_out_and_what_is_moved():
    rule = made("daily", {"times": ["09:00"]}, "Europe/Berlin")
    zone = ZoneInfo("Europe/Berlin")
    skipped, moved = (Key(datetime(2026, 3, day, 9), 0) for day in (28, 29))  # noqa: DTZ001
    post = Series(rule, zone, SINCE, frozenset({skipped}))
    at = datetime(2026, 4, 1, 12, 34, tzinfo=UTC)
    single = events.single(WORDS, at, events.instance(post, moved))
    found = read(file_of(rule, *single, out=frozenset({skipped})))
    original = [datetime(2026, 3, 28, 8, tzinfo=UTC), datetime(2026, 3, 29, 7, tzinfo=UTC)]
    assert found == sorted({*ours(rule), at} - {*original})


def test_a_time_in_the_gap_can_be_moved():
    rule = made("daily", {"times": ["02:30"]}, "Europe/Berlin")
    zone = ZoneInfo("Europe/Berlin")
    gap = Key(datetime(2026, 3, 29, 2, 30), 0)  # noqa: DTZ001
    at = datetime(2026, 3, 29, 18, tzinfo=UTC)
    single = events.single(WORDS, at, events.instance(Series(rule, zone, SINCE, ()), gap))
    found = read(file_of(rule, *single))
    assert found == sorted({*ours(rule), at} - {datetime(2026, 3, 29, 1, 30, tzinfo=UTC)})


@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_is_told_to_who_does_not_know_its_name(zone: str):
    text = "\r\n".join(vtimezone(ZoneInfo(zone), 2025, 2030)).replace(f"TZID:{zone}", "TZID:Nobody/Knows")
    component = icalendar.Timezone.from_ical(text)
    told = component.to_tz(lookup_tzid=False)
    moment = datetime(2025, 6, 1, tzinfo=UTC)
    while moment < datetime(2030, 12, 1, tzinfo=UTC):
        here = moment.astimezone(ZoneInfo(zone))
        if not here.fold:
            assert here.replace(tzinfo=told).utcoffset() == here.utcoffset(), here
        moment += timedelta(hours=37)
