"""Calendar files as they come, good ones and bad ones."""

import time

import pytest

from lamplighter.domain.ical import reading
from lamplighter.domain.ical.reading import Property, UnreadableError, components, moments, zone_names


def calendar(*lines: str) -> str:
    return "\r\n".join(["BEGIN:VCALENDAR", *lines, "END:VCALENDAR", ""])


def test_lines_are_unfolded_and_numbered():
    text = calendar("X-A:1", "BEGIN:VEVENT", "SUMMARY:Lan", " terns", "\t at night", "END:VEVENT")
    [event] = components(text)
    assert event.line == 3
    assert event.text("SUMMARY") == "Lanterns at night"


def test_parameters_may_be_quoted():
    line = 'DTSTART;X-NOTE="a;b:c,d";TZID="W. Europe Standard Time":20270301T090000'
    [event] = components(calendar("BEGIN:VEVENT", line, "END:VEVENT"))
    given = event.first("DTSTART")
    assert given == Property("20270301T090000", {"X-NOTE": "a;b:c,d", "TZID": "W. Europe Standard Time"})


def test_alarms_say_nothing_of_their_event():
    alarm = ("BEGIN:VALARM", "SUMMARY:Ring", "END:VALARM")
    [event] = components(calendar("BEGIN:VEVENT", "SUMMARY:Post", *alarm, "END:VEVENT"))
    assert [each.value for each in event.all("SUMMARY")] == ["Post"]


def test_times_of_all_kinds():
    given = Property("20270301,20270301T090000,20270301T090000Z", {"TZID": "Europe/Berlin"})
    day, local, utc = moments(given)
    assert (day.local, day.zone) == (None, "Europe/Berlin")
    assert (str(local.local), local.zone) == ("2027-03-01 09:00:00", "Europe/Berlin")
    assert utc.zone == "UTC"


@pytest.mark.parametrize("value", ["", "20270230", "20270301T250000", "lamp", "9" * 100_000])
def test_what_is_no_time_is_refused(value: str):
    with pytest.raises(UnreadableError):
        list(moments(Property(value)))


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("/citadel.org/20240101_1/Europe/Berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/America/Argentina/Salta", "America/Argentina/Salta"),
        ("Custom", "Asia/Tokyo"),
    ],
)
def test_zones_have_many_names(name: str, known: str):
    assert known in list(zone_names(name, {"Custom": "Asia/Tokyo"}))


@pytest.mark.parametrize("text", ["", "lamp", "BEGIN:VEVENT\nEND:VEVENT", "{}"])
def test_what_is_no_calendar_is_refused(text: str):
    with pytest.raises(UnreadableError) as refused:
        components(text)
    assert refused.value.code == "not_a_calendar"


def test_too_many_events_are_refused():
    many = ["BEGIN:VEVENT", "END:VEVENT"] * (reading.MOST_EVENTS + 1)
    with pytest.raises(UnreadableError) as refused:
        components(calendar(*many))
    assert refused.value.code == "too_many_events"


@pytest.mark.parametrize(
    "text",
    [
        "BEGIN:VCALENDAR\r\n" + "BEGIN:VEVENT\r\n" * 15_000,
        calendar("BEGIN:VEVENT", "SUMMARY" + ";A=B" * 48_000, "END:VEVENT"),
        calendar("BEGIN:VEVENT", "SUMMARY;A=" + '"' * 190_000, "END:VEVENT"),
        calendar("BEGIN:VEVENT", "SUMMARY;A=" + "," * 190_000, "END:VEVENT"),
        calendar("BEGIN:VEVENT", "DESCRIPTION:" + "\\" * 190_000, "END:VEVENT"),
        calendar("BEGIN:VEVENT", *["EXDATE:20270101"] * 12_000, "END:VEVENT"),
        calendar("BEGIN:VEVENT", "SUMMARY:a" + "\r\n " * 60_000, "END:VEVENT"),
        "BEGIN:VCALENDAR" + "\r\n" * 90_000,
    ],
    ids=range(8),
)
def test_a_hostile_file_costs_bounded_time(text: str):
    began = time.process_time()
    try:
        for each in components(text):
            each.text("DESCRIPTION")
    except UnreadableError:
        pass
    assert time.process_time() - began < 1
