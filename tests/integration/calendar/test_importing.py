"""Calendar files into the workspace: what becomes of events, once each."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.dates import NEXT_YEAR, last_sunday
from tests.integration.calendar.conftest import Planner
from tests.integration.http import Answer, Http

HEAD = ("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Elsewhere//EN")


def event(uid: str, start: str, *more: str, text: str = "") -> list[str]:
    summary = text or f"Post {uid}"
    return ["BEGIN:VEVENT", f"UID:{uid}", f"DTSTART{start}", f"SUMMARY:{summary}", *more, "END:VEVENT"]


def taken(planner: Planner, *events: Sequence[str], account: str = "", **more: Any) -> Answer:
    ics = "\r\n".join([*HEAD, *(line for each in events for line in each), "END:VCALENDAR", ""])
    body = {"ics": ics, "connection_ids": [account or planner.connection()], **more}
    return planner.http.post("/calendar/import", body)


def outcomes(answer: Answer) -> list[tuple[str, str, str | None]]:
    assert answer.status == 200, answer.body
    return [(each["uid"], each["outcome"], each["code"]) for each in answer.json["events"]]


def test_single_events_are_scheduled(planner: Planner):
    answer = taken(
        planner,
        event("utc", f":{NEXT_YEAR}0601T090000Z", "DESCRIPTION:First\\, second\\nthird"),
        event("zone", f";TZID=Europe/Berlin:{NEXT_YEAR}0601T120000"),
        event("windows", f';TZID="W. Europe Standard Time":{NEXT_YEAR}0601T130000'),
        event("floating", f":{NEXT_YEAR}0601T140000"),
        event("day", f";VALUE=DATE:{NEXT_YEAR}0602"),
        timezone="Asia/Tokyo",
        all_day_at="08:15",
    )
    assert outcomes(answer) == [
        (each, "imported", None) for each in ("utc", "zone", "windows", "floating", "day")
    ]
    found = planner.entries(f"from={NEXT_YEAR}-06-01&to={NEXT_YEAR}-06-03")
    assert [(each["at"][5:16], each["text"]) for each in found] == [
        ("06-01T05:00", "Post floating"),
        ("06-01T09:00", "Post utc\n\nFirst, second\nthird"),
        ("06-01T10:00", "Post zone"),
        ("06-01T11:00", "Post windows"),
        ("06-01T23:15", "Post day"),
    ]
    content = planner.http.get(f"/content/{answer.json['events'][0]['content_id']}").json
    assert content["status"] == "draft"


def test_repeating_events_become_recurring_posts(planner: Planner):
    days = [last_sunday(3) + timedelta(days=number) for number in range(-6, 0)]  # before the clocks change
    keys = [f"{day:%Y%m%d}" for day in days]
    start = f";TZID=Europe/Berlin:{keys[0]}T023000"
    answer = taken(
        planner,
        event("r", start, "RRULE:FREQ=DAILY;COUNT=10", f"EXDATE;TZID=Europe/Berlin:{keys[1]}T023000"),
        event("r", f":{NEXT_YEAR}0401T180000Z", f"RECURRENCE-ID:{keys[2]}T013000Z", text="Post r"),
        event("r", start, f"RECURRENCE-ID;TZID=Europe/Berlin:{keys[3]}T023000", "STATUS:CANCELLED"),
    )
    assert outcomes(answer) == [("r", "imported", None)] * 3
    rule = planner.http.get(f"/recurring-posts/{answer.json['events'][0]['recurring_post_id']}").json
    assert (rule["schedule_type"], rule["schedule_config"]["timezone"]) == ("rrule", "Europe/Berlin")
    found = planner.entries(f"from={NEXT_YEAR}-03-15&to={NEXT_YEAR}-04-10&status=planned")
    times = [each["at"][5:16] for each in found]
    assert times[:3] == [f"{days[number]:%m-%d}T01:30" for number in (0, 4, 5)]
    assert times[-1] == "04-01T18:00"
    assert len(found) == 8


def test_an_event_is_taken_once(planner: Planner):
    account = planner.connection()
    events = (
        event("one", f":{NEXT_YEAR}0601T090000Z"),
        event("two", f":{NEXT_YEAR}0602T090000Z", "RRULE:FREQ=WEEKLY"),
        event("x" * 900, f":{NEXT_YEAR}0603T090000Z"),
    )
    first, again = (taken(planner, *events, account=account) for _ in range(2))
    assert [each["outcome"] for each in first.json["events"]] == ["imported"] * 3
    assert [each["outcome"] for each in again.json["events"]] == ["known"] * 3
    ids = [(each["publication_id"], each["recurring_post_id"]) for each in first.json["events"]]
    assert ids == [(e["publication_id"], e["recurring_post_id"]) for e in again.json["events"]]
    twice = event("new", f":{NEXT_YEAR}0604T090000Z")
    assert [o for _, o, _ in outcomes(taken(planner, twice, twice, account=account))] == ["imported", "known"]


def test_a_dry_run_changes_nothing(planner: Planner):
    events = event("one", f":{NEXT_YEAR}0601T090000Z"), event("past", ":20200101T090000Z")
    account = planner.connection()
    answer = taken(planner, *events, account=account, dry_run=True)
    assert outcomes(answer) == [("one", "imported", None), ("past", "refused", "in_the_past")]
    assert answer.json["events"][0]["publication_id"] is None
    assert planner.entries(f"from={NEXT_YEAR}-06-01&to={NEXT_YEAR}-06-01") == []
    assert planner.http.get("/content").json["items"] == []
    assert outcomes(taken(planner, *events, account=account))[0] == ("one", "imported", None)


def test_what_cannot_be_taken_is_listed_with_its_line(planner: Planner):
    future = f":{NEXT_YEAR}0601T090000Z"
    answer = taken(
        planner,
        event("past", ":20200101T090000Z"),
        event("zone", f";TZID=Middle/Earth:{NEXT_YEAR}0601T090000"),
        event("time", ":tomorrow"),
        event("cancelled", future, "STATUS:CANCELLED"),
        event("rdate", future, f"RDATE:{NEXT_YEAR}0701T090000Z"),
        event("flood", future, "RRULE:FREQ=SECONDLY"),
        event("dense", future, "RRULE:FREQ=MINUTELY"),
        event("never", future, "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"),
        event("far", ":21500101T090000Z"),
        event("long", future, text="a" * 100_001),
        ["BEGIN:VEVENT", f"DTSTART{future}", "SUMMARY:No uid", "END:VEVENT"],
        ["BEGIN:VEVENT", "UID:empty", f"DTSTART{future}", "END:VEVENT"],
        ["BEGIN:VTODO", "UID:todo", "END:VTODO"],
        event("fine", future),
    )
    found = {uid: code for uid, outcome, code in outcomes(answer) if outcome == "refused"}
    assert found == {
        "past": "in_the_past",
        "zone": "unknown_timezone",
        "time": "invalid_time",
        "cancelled": "cancelled",
        "rdate": "unsupported",
        "flood": "unsupported",
        "dense": "too_dense",
        "never": "never_fires",
        "far": "too_far_ahead",
        "long": "invalid_text",
        None: "uid_missing",
        "empty": "no_text",
        "todo": "not_an_event",
    }
    assert (answer.json["imported"], answer.json["refused"]) == (1, 13)
    assert [each["line"] for each in answer.json["events"]][:3] == [4, 9, 14]
    assert all(each["detail"] for each in answer.json["events"] if each["outcome"] == "refused")


@pytest.mark.parametrize(("ics", "code"), [("lamp", "not_a_calendar"), ("", "too_short")])
def test_what_is_no_calendar_is_refused(planner: Planner, ics: str, code: str):
    answer = planner.http.post("/calendar/import", {"ics": ics, "connection_ids": [planner.connection()]})
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, code)


def test_repeating_events_are_for_who_may_write_recurring_posts(planner: Planner):
    account = planner.connection()
    permissions = ["publications:write", "content:write"]
    key = planner.http.post("/api-keys", {"name": "k", "permissions": permissions}).json["key"]
    limited = Planner(Http(planner.http.workspace_id, key))
    future = f":{NEXT_YEAR}0601T090000Z"
    answer = taken(limited, event("r", future, "RRULE:FREQ=DAILY"), event("s", future), account=account)
    assert outcomes(answer) == [("r", "refused", "permission_missing"), ("s", "imported", None)]


def test_an_import_is_for_who_may_write_content(planner: Planner):
    account = planner.connection()
    body = {"name": "k", "permissions": ["publications:write", "recurring_posts:write"]}
    key = Http(planner.http.workspace_id, planner.http.post("/api-keys", body).json["key"])
    answer = taken(Planner(key), event("s", f":{NEXT_YEAR}0601T090000Z"), account=account)
    assert (answer.status, answer.json["code"]) == (403, "permission_missing")


def test_a_hundred_events_are_taken_at_once(planner: Planner):
    many = [
        event(f"e{number}", f":{NEXT_YEAR}0601T{number % 24:02}{number % 60:02}00Z") for number in range(100)
    ]
    answer = taken(planner, *many)
    assert answer.json["imported"] == 100


def test_a_feed_can_be_imported(planner: Planner):
    account = planner.connection()
    planner.rule("weekly", {"timezone": "Europe/Berlin", "weekdays": ["mo"], "times": ["09:00"]}, account)
    url = planner.http.post("/calendar/feeds", {"name": "Lamps"}).json["url"]
    ics = Http("", None).get("/v1/calendar-feeds/" + url.rpartition("/")[2]).body.decode()
    body = {"ics": ics, "connection_ids": [account]}
    [taken_over] = planner.http.post("/calendar/import", body).json["events"]
    query = f"from={NEXT_YEAR}-03-01&to={NEXT_YEAR}-04-30"
    found = planner.entries(query)
    mine = [each["at"] for each in found if each["recurring_post_id"] == taken_over["recurring_post_id"]]
    assert mine
    assert mine == [e["at"] for e in found if e["recurring_post_id"] != taken_over["recurring_post_id"]]
