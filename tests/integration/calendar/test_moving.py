"""Moves on the calendar: what is in the way is said first, and passed over by force."""

import time
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.domain.access import Caller
from lamplighter.postgres.session import transaction
from lamplighter.problems import DomainError
from lamplighter.schemas.calendar import CalendarMove
from lamplighter.services import calendar_moves
from tests.dates import NEXT_YEAR
from tests.integration.calendar.conftest import Planner, day, in_days
from tests.integration.http import Answer, Http


def codes(answer: Answer) -> list[str]:
    return [each["code"] for each in answer.json["errors"]]


def test_a_publication_is_moved(planner: Planner):
    post = planner.post(in_days(3))
    answer = planner.move(in_days(5), publication_id=post["id"])
    assert answer.status == 200, answer.body
    assert answer.json["publication"]["scheduled_at"] == in_days(5).replace("+00:00", "Z")
    assert (answer.json["occurrence"], answer.json["conflicts"], answer.json["warnings"]) == (None, [], [])
    [entry] = planner.entries(f"from={day(1)}&to={day(9)}")
    assert entry["at"] == in_days(5).replace("+00:00", "Z")


def test_another_post_of_the_account_is_in_the_way(planner: Planner):
    account, elsewhere = planner.connection("one"), planner.connection("other")
    there, post = planner.post(in_days(5), account), planner.post(in_days(3), account, elsewhere)
    planner.post(in_days(6), planner.connection("third"))
    answer = planner.move(in_days(5, "12:09:59"), publication_id=post["id"])
    assert (answer.status, answer.json["code"]) == (409, "calendar_conflict")
    assert answer.json["publication_id"] == there["id"]
    assert codes(answer) == ["too_close"]
    assert planner.move(in_days(5, "12:10:00"), publication_id=post["id"]).status == 200
    assert planner.move(in_days(6), publication_id=post["id"]).status == 200


def test_force_moves_it_and_says_what_it_passed_over(planner: Planner):
    account = planner.connection()
    there, post = planner.post(in_days(5), account), planner.post(in_days(3), account)
    answer = planner.move(in_days(5, "12:05:00"), publication_id=post["id"], force=True)
    assert answer.status == 200, answer.body
    [conflict] = answer.json["conflicts"]
    assert (conflict["code"], conflict["publication_id"]) == ("too_close", there["id"])
    assert conflict["connection_id"] == account


def test_a_post_is_not_in_its_own_way_nor_is_what_was_cancelled(planner: Planner):
    account = planner.connection()
    post, gone = planner.post(in_days(3), account), planner.post(in_days(3, "12:20:00"), account)
    planner.http.post(f"/publications/{gone['id']}/cancel")
    assert planner.move(in_days(3, "12:19:00"), publication_id=post["id"]).status == 200


def test_occurrences_to_come_are_in_the_way(planner: Planner):
    account = planner.connection()
    rule = planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]}, account)
    post = planner.post(in_days(2), account)
    answer = planner.move(f"{NEXT_YEAR}-05-01T08:55:00Z", publication_id=post["id"])
    assert answer.status == 409
    assert rule["id"] in answer.json["errors"][0]["detail"]
    planner.occurrence(rule, f"{NEXT_YEAR}0501T0900", "skip")
    assert planner.move(f"{NEXT_YEAR}-05-01T08:55:00Z", publication_id=post["id"]).status == 200


def test_an_occurrence_is_moved_and_keeps_its_key(planner: Planner):
    account = planner.connection()
    rule = planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]}, account)
    key = f"{NEXT_YEAR}0501T0900"
    what = {"recurring_post_id": rule["id"], "occurrence": key}
    answer = planner.move(f"{NEXT_YEAR}-05-01T09:05:00Z", **what)
    assert answer.status == 200, answer.body
    assert (answer.json["occurrence"]["key"], answer.json["occurrence"]["moved"]) == (key, True)
    answer = planner.move(f"{NEXT_YEAR}-05-02T09:05:00Z", **what)
    assert (answer.status, codes(answer)) == (409, ["too_close"])


def test_the_slot_plan_says_how_close_and_when_it_is_quiet(planner: Planner):
    account = planner.connection()
    plan = {
        "connection_id": account,
        "timezone": "Europe/Berlin",
        "weekly": {"mo": ["09:00"]},
        "quiet_hours": [{"start": "22:00", "end": "06:00"}],
        "min_gap_minutes": 120,
    }
    assert planner.http.post("/slot-plans", plan).status == 201
    planner.post(f"{NEXT_YEAR}-02-01T12:00:00Z", account)
    post = planner.post(f"{NEXT_YEAR}-02-02T12:00:00Z", account)
    assert codes(planner.move(f"{NEXT_YEAR}-02-01T13:59:00Z", publication_id=post["id"])) == ["too_close"]
    assert planner.move(f"{NEXT_YEAR}-02-01T14:00:00Z", publication_id=post["id"]).status == 200
    assert codes(planner.move(f"{NEXT_YEAR}-02-01T21:30:00Z", publication_id=post["id"])) == ["quiet_hours"]
    assert planner.move(f"{NEXT_YEAR}-02-01T20:59:00Z", publication_id=post["id"]).status == 200


def test_a_holiday_is_a_warning_alone(planner: Planner):
    account = planner.connection()
    post = planner.post(in_days(2), account)
    at = f"{NEXT_YEAR}-12-25T12:00:00Z"
    answer = planner.move(at, publication_id=post["id"], countries=["DE", "IN"])
    assert answer.status == 200, answer.body
    assert {each["country"] for each in answer.json["warnings"]} == {"DE", "IN"}
    assert planner.move(at, publication_id=post["id"], countries=["XX"]).status == 422


def test_who_read_something_else_is_told(planner: Planner):
    post = planner.post(in_days(3))
    stale = {"if-match": f'"{post["version"] + 1}"'}
    body = {"publication_id": post["id"], "scheduled_at": in_days(5)}
    assert planner.http.call("POST", "/calendar/move", body, headers=stale).status == 412
    fresh = {"if-match": f'"{post["version"]}"'}
    assert planner.http.call("POST", "/calendar/move", body, headers=fresh).status == 200


def test_a_repeated_request_moves_once(planner: Planner):
    post = planner.post(in_days(3))
    body = {"publication_id": post["id"], "scheduled_at": in_days(5)}
    first, again = (
        planner.http.call("POST", "/calendar/move", body, headers={"idempotency-key": "drag"})
        for _ in range(2)
    )
    assert (first.status, again.body, again.headers["idempotent-replayed"]) == (200, first.body, "true")


@pytest.mark.parametrize(
    "what",
    [
        {},
        {"publication_id": "01a20557-4f6a-77f4-b9e0-597baa71bcf4", "occurrence": "20270501T0900"},
        {"recurring_post_id": "01a20557-4f6a-77f4-b9e0-597baa71bcf4"},
        {"recurring_post_id": "01a20557-4f6a-77f4-b9e0-597baa71bcf4", "occurrence": "tomorrow"},
    ],
)
def test_one_thing_is_moved(planner: Planner, what: dict[str, Any]):
    assert planner.move(in_days(5), **what).status == 422


def test_what_has_passed_is_no_time_to_move_to(planner: Planner):
    post = planner.post(in_days(3))
    assert planner.move(in_days(-1), publication_id=post["id"]).status == 422


def test_a_limited_key_is_not_told_of_what_it_may_not_see(planner: Planner):
    one, other = planner.connection("one"), planner.connection("other")
    planner.post(in_days(5), one, other)
    mine = planner.post(in_days(3), one)
    body = {"name": "k", "permissions": ["publications:write"], "connection_ids": [one]}
    key = planner.http.post("/api-keys", body).json["key"]
    limited = Planner(Http(planner.http.workspace_id, key))
    answer = limited.move(in_days(5), publication_id=mine["id"])
    assert (answer.status, codes(answer), answer.json.get("publication_id")) == (409, ["too_close"], None)
    rule = planner.rule("daily", {"timezone": "UTC", "times": ["09:00"]}, one)
    what = {"recurring_post_id": rule["id"], "occurrence": f"{NEXT_YEAR}0501T0900"}
    answer = limited.move(f"{NEXT_YEAR}-05-01T10:00:00Z", **what)
    assert (answer.status, answer.json["code"]) == (403, "permission_missing")


def test_of_two_moves_to_one_moment_the_second_sees_the_first(planner: Planner, first: FirstWorkspace):
    account = planner.connection()
    posts = [planner.post(in_days(days), account) for days in (2, 3)]
    by = Caller(
        kind="api_key",
        id=first.workspace_id,
        workspace_id=first.workspace_id,
        organization_id=first.organization_id,
        permissions=frozenset({"publications:write", "recurring_posts:read"}),
    )
    outcomes: list[str] = []
    moved = Event()

    def move(post: Any, *, slowly: bool) -> None:
        body = CalendarMove(publication_id=UUID(post["id"]), scheduled_at=in_days(5))  # type: ignore[arg-type]
        try:
            with transaction(first.workspace_id) as tx:
                calendar_moves.move(tx, by, body, None)
                moved.set()
                time.sleep(0.5 if slowly else 0)
            outcomes.append("moved")
        except DomainError as error:
            outcomes.append(error.code)

    one = Thread(target=move, args=[posts[0]], kwargs={"slowly": True})
    one.start()
    assert moved.wait(10)
    move(posts[1], slowly=False)
    one.join()
    assert outcomes == ["moved", "calendar_conflict"]
