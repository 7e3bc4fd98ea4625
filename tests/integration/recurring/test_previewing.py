"""A schedule shows what it comes to before anything is made of it, and what may surprise about it."""

from typing import Any

import psycopg
import pytest

from tests.integration.recurring.office import BERLIN, Office

type Superuser = psycopg.Connection[Any]


def preview(office: Office, schedule_type: str, limit: int = 3, **config: Any) -> dict[str, Any]:
    """What the schedule comes to."""
    schedule = {"timezone": "Europe/Berlin", **config}
    body = {"schedule_type": schedule_type, "schedule_config": schedule, "limit": limit}
    answer = office.http.post("/recurring-posts/preview", body)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json
    return found


def codes(told: dict[str, Any]) -> list[str]:
    return [each["code"] for each in told["warnings"]]


def test_local_and_utc_times_are_shown(office: Office):
    found = preview(office, "daily", 2, times=["09:00"], starts_at="2029-06-30T00:00")
    assert found["description"] == "every day at 09:00, Europe/Berlin"
    assert found["occurrences"] == [
        {"local_time": "2029-06-30T09:00", "at": "2029-06-30T07:00:00Z", "note": None},
        {"local_time": "2029-07-01T09:00", "at": "2029-07-01T07:00:00Z", "note": None},
    ]


def test_a_local_time_that_does_not_exist_is_noted(office: Office):
    found = preview(office, "daily", times=["02:30"], starts_at="2029-03-24T00:00")["occurrences"]
    assert [(each["at"], each["note"]) for each in found] == [
        ("2029-03-24T01:30:00Z", None),
        ("2029-03-25T01:30:00Z", "gap"),
        ("2029-03-26T00:30:00Z", None),
    ]


def test_a_local_time_that_is_to_be_left_out_is_not_there(office: Office):
    given = {"times": ["02:30"], "starts_at": "2029-03-24T00:00", "on_gap": "skip"}
    found = preview(office, "daily", 2, **given)["occurrences"]
    assert [each["local_time"][:10] for each in found] == ["2029-03-24", "2029-03-26"]


def test_a_local_time_that_comes_twice_is_noted(office: Office):
    found = preview(office, "daily", 1, times=["02:30"], starts_at="2029-10-28T00:00")["occurrences"]
    assert found == [{"local_time": "2029-10-28T02:30", "at": "2029-10-28T00:30:00Z", "note": "overlap"}]


def test_nothing_is_kept_of_it(office: Office, superuser: Superuser):
    preview(office, "daily", times=["09:00"])
    mine = [office.http.workspace_id]
    for table in ("recurring_posts", "audit_log", "outbox_events"):
        query = f"SELECT count(*) FROM {table} WHERE workspace_id = %s"  # noqa: S608
        assert superuser.execute(query, mine).fetchone() == (0,)


@pytest.mark.parametrize("limit", [0, 101])
def test_it_shows_a_hundred_at_most(office: Office, limit: int):
    body = {"schedule_type": "daily", "schedule_config": BERLIN, "limit": limit}
    assert office.http.post("/recurring-posts/preview", body).json["errors"][0]["pointer"] == "/limit"


def test_days_that_some_months_lack_are_warned_of(office: Office):
    assert codes(preview(office, "monthly", days=[1, 31], times=["09:00"])) == ["short_months"]
    assert codes(preview(office, "monthly", days=[31], times=["09:00"], missing_day="last")) == []
    assert codes(preview(office, "monthly", days=[-1], times=["09:00"])) == []


def test_times_that_the_clocks_touch_are_warned_of(office: Office):
    found = preview(office, "daily", times=["02:30"])
    assert set(codes(found)) == {"shifted_by_clock_change", "hour_comes_twice"}
    assert codes(preview(office, "daily", times=["09:00"])) == []
    assert codes(preview(office, "daily", times=["02:30"], timezone="Asia/Kolkata")) == []


def test_a_pool_that_is_too_small_for_its_gap_is_warned_of(office: Office):
    pool = [office.content("One"), office.content("Two")]
    given = {"content_ids": pool, "content_type": "rotation"}
    assert codes(office.created(**given, minimum_gap_days=1)) == []
    assert codes(office.created(**given, minimum_gap_days=7)) == ["pool_too_small"]


def test_a_network_that_refuses_the_same_again_is_warned_of(office: Office, superuser: Superuser):
    connection = office.connection()
    superuser.execute("UPDATE platform_connections SET platform = 'linkedin' WHERE id = %s", [connection])
    assert codes(office.created(connection_ids=[connection])) == ["identical_text"]
    assert codes(office.created(connection_ids=[connection], variations=["Good night"])) == []


def test_content_that_is_archived_since_is_warned_of(office: Office):
    pool = [office.content("One"), office.content("Two")]
    made = office.created(content_ids=pool, content_type="rotation")
    office.http.call("PATCH", f"/content/{pool[0]}", {"status": "archived"}, headers={"if-match": '"1"'})
    assert codes(office.read(made)) == ["content_archived"]
