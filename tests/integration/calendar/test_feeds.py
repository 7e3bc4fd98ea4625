"""Calendar feeds: what calendar programs read, and who may."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import icalendar
import pytest
import recurring_ical_events

from tests.dates import clocks_change
from tests.integration.calendar.conftest import Planner, day, in_days
from tests.integration.http import Answer, Http

DAY = timedelta(days=1)


def feed(planner: Planner, **more: Any) -> Any:
    answer = planner.http.post("/calendar/feeds", {"name": "Lamps", **more})
    assert answer.status == 201, answer.body
    return answer.json


def fetched(made: Any, **headers: str) -> Answer:
    path = "/v1/calendar-feeds/" + made["url"].rpartition("/")[2]
    return Http("", None).call("GET", path, headers=headers)


def read(made: Any) -> icalendar.Calendar:
    answer = fetched(made)
    assert answer.status == 200, answer.body
    return icalendar.Calendar.from_ical(answer.body.decode())


def expanded(calendar: icalendar.Calendar, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
    found = recurring_ical_events.of(calendar).between(since, until)
    return sorted((each["DTSTART"].dt.astimezone(UTC), str(each["UID"])) for each in found)


def test_a_publication_is_an_event(planner: Planner):
    text = "Lanterns; lamps, and a long line that goes on and on: äöü — " * 3 + "\nand a second \\ one"
    post = planner.post(in_days(3), text=text)
    made = feed(planner)
    answer = fetched(made)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert max(len(line) for line in answer.body.split(b"\r\n")) <= 75
    [event] = read(made).walk("VEVENT")
    assert event["DTSTART"].dt == datetime.fromisoformat(in_days(3))
    assert str(event["UID"]) == f"publication-{post['id']}@lamplighter"
    assert str(event["DESCRIPTION"]).startswith(text)
    assert (event["SEQUENCE"], str(event["STATUS"])) == (post["version"] - 1, "CONFIRMED")


def test_an_event_keeps_its_uid_through_a_move_and_its_end(planner: Planner):
    post, made = planner.post(in_days(3)), feed(planner)
    [before] = read(made).walk("VEVENT")
    planner.move(in_days(4), publication_id=post["id"])
    [moved] = read(made).walk("VEVENT")
    planner.http.post(f"/publications/{post['id']}/cancel")
    [over] = read(made).walk("VEVENT")
    assert before["UID"] == moved["UID"] == over["UID"]
    assert before["SEQUENCE"] < moved["SEQUENCE"] < over["SEQUENCE"]
    assert moved["DTSTART"].dt == datetime.fromisoformat(in_days(4))
    assert str(over["STATUS"]) == "CANCELLED"


def test_a_recurring_post_comes_to_what_the_calendar_has(planner: Planner):
    rule = planner.rule("daily", {"timezone": "Europe/Berlin", "times": ["02:30"]})
    cron = planner.rule("cron", {"timezone": "America/New_York", "expression": "0 9 13 * fri"})
    change = datetime.combine(clocks_change(days=30), time(), UTC)
    first, last = change - 21 * DAY, change + 21 * DAY
    thirteenth = first.replace(day=13)
    planner.occurrence(rule, f"{change - DAY:%Y%m%d}T0230", "skip")
    for post, key, at in (
        (rule, f"{change:%Y%m%d}T0230", change + 4 * DAY),
        (cron, f"{thirteenth:%Y%m%d}T0900", thirteenth + DAY),
    ):
        planner.occurrence(post, key, "move", {"scheduled_at": f"{at:%Y-%m-%d}T18:00"})
    calendar = read(feed(planner))
    query = f"from={first.date()}&to={(last - DAY).date()}"
    ours = sorted(
        (datetime.fromisoformat(each["at"]), f"recurring-{each['recurring_post_id']}@lamplighter")
        for each in planner.entries(query)
        if each["status"] == "planned"
    )
    assert expanded(calendar, first, last) == ours
    assert [str(each["TZID"]) for each in calendar.walk("VTIMEZONE")] == ["America/New_York", "Europe/Berlin"]
    assert {each["local_time"][11:] for each in planner.entries(query)} >= {"01:30", "00:30"}


def test_what_is_not_changed_is_not_sent_again(planner: Planner):
    planner.post(in_days(3)), planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]})
    made = feed(planner)
    first = fetched(made)
    assert "max-age" in first.headers["cache-control"]
    etag = first.headers["etag"]
    for known in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = fetched(made, **{"if-none-match": known})
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    planner.post(in_days(4))
    changed = fetched(made, **{"if-none-match": etag})
    assert changed.status == 200
    assert changed.headers["etag"] != etag


def test_a_feed_of_some_accounts_shows_those(planner: Planner):
    one, other = planner.connection("one"), planner.connection("other")
    mine = planner.post(in_days(3), one)
    planner.post(in_days(3), other), planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]}, other)
    events = read(feed(planner, connection_ids=[one])).walk("VEVENT")
    assert [str(each["UID"]) for each in events] == [f"publication-{mine['id']}@lamplighter"]
    unknown = planner.http.post("/calendar/feeds", {"name": "n", "connection_ids": [mine["id"]]})
    assert (unknown.status, unknown.json["errors"][0]["pointer"]) == (422, "/connection_ids/0")


def test_a_test_keys_feed_shows_tests(planner: Planner, http_test_key: Http):
    planner.post(in_days(3))
    assert read(feed(Planner(http_test_key))).walk("VEVENT") == []


def test_a_token_is_shown_once_and_stored_nowhere(planner: Planner, superuser: Any):
    made = feed(planner)
    [listed] = planner.http.get("/calendar/feeds").json["items"]
    assert listed["id"] == made["id"]
    assert not {"token", "url"} & listed.keys()
    [(row,)] = superuser.execute("SELECT to_jsonb(f)::text FROM calendar_feeds f WHERE id = %s", [made["id"]])
    assert made["token"] not in row


def test_a_revoked_feed_shows_nothing(planner: Planner):
    made = feed(planner)
    for _ in range(2):
        assert planner.http.call("DELETE", f"/calendar/feeds/{made['id']}").json["revoked_at"]
    answer = fetched(made)
    assert (answer.status, answer.json["code"]) == (410, "feed_revoked")


@pytest.mark.parametrize("token", ["lcf_" + "A" * 43, "lcf_", "x", "apl_1_00_00", "lcf_" + "A" * 42 + "%2F"])
def test_an_invented_token_opens_nothing(planner: Planner, token: str):
    assert fetched({"url": f"/{token}.ics"}).status == 404


def test_a_feed_is_read_only_so_often(planner: Planner):
    made = feed(planner)
    statuses = [fetched(made).status for _ in range(32)]
    assert statuses[:30] == [200] * 30
    assert statuses[-1] == 429


@pytest.mark.parametrize("missing", ["content:read", "recurring_posts:read"])
def test_a_feed_shows_nothing_that_its_maker_may_not_see(planner: Planner, missing: str):
    permissions = ["publications:write", "content:read", "recurring_posts:read"]
    permissions.remove(missing)
    body = {"name": "k", "permissions": permissions}
    key = Http(planner.http.workspace_id, planner.http.post("/api-keys", body).json["key"])
    answer = key.post("/calendar/feeds", {"name": "n"})
    assert (answer.status, answer.json["code"]) == (403, "permission_missing")


def test_a_key_limited_to_accounts_makes_and_sees_no_feed(planner: Planner):
    one, made = planner.connection(), feed(planner)
    body = {"name": "k", "permissions": ["publications:write"], "connection_ids": [one]}
    limited = Http(planner.http.workspace_id, planner.http.post("/api-keys", body).json["key"])
    assert limited.post("/calendar/feeds", {"name": "n"}).json["code"] == "unlimited_key_required"
    assert limited.get("/calendar/feeds").status == 403
    assert limited.call("DELETE", f"/calendar/feeds/{made['id']}").status == 404


def test_an_occurrence_that_became_a_publication_is_there_once(planner: Planner, superuser: Any):
    account = planner.connection()
    rule = planner.rule("daily", {"timezone": "Asia/Kolkata", "times": ["09:00"]}, account)  # 03:30 in UTC
    keys = [f"{day(number).replace('-', '')}T0900" for number in (41, 42)]
    posts = [planner.post(in_days(number, "10:30:00"), account, text=f"Made {number}") for number in (41, 42)]
    for key, post in zip(keys, posts, strict=True):
        planner.occurrence(rule, key, "move", {"scheduled_at": post["scheduled_at"]})
        superuser.execute(
            "UPDATE recurring_occurrences SET status = 'made', made_at = now(), publication_id = %s"
            " WHERE recurring_post_id = %s AND local_time = %s",
            [post["id"], rule["id"], datetime.strptime(key, "%Y%m%dT%H%M")],  # noqa: DTZ007
        )
        superuser.execute(
            "UPDATE publications SET recurring_post_id = %s WHERE id = %s", [rule["id"], post["id"]]
        )
    planner.http.post(f"/publications/{posts[1]['id']}/cancel")
    calendar = read(feed(planner))
    first, last = (datetime.fromisoformat(in_days(number, "00:00:00")) for number in (40, 44))
    uid = f"recurring-{rule['id']}@lamplighter"
    times = [
        datetime.fromisoformat(in_days(number, at))
        for number, at in ((40, "03:30:00"), (41, "10:30:00"), (43, "03:30:00"))
    ]
    assert expanded(calendar, first, last) == [(at, uid) for at in times]
    [made] = [each for each in calendar.walk("VEVENT") if "RECURRENCE-ID" in each]
    assert str(made["SUMMARY"]) == "Made 41"
    entries = planner.entries(f"from={day(40)}&to={day(43)}")
    assert [each["status"] for each in entries] == ["planned", "scheduled", "cancelled", "planned"]
    planner.http.post(f"/recurring-posts/{rule['id']}/pause")
    assert read(feed(planner)).walk("VEVENT") == []
