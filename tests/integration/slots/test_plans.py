"""Plans: one for each account and one for the workspace, made, changed and removed."""

from typing import Any

import pytest

from tests.integration.http import Answer, Http
from tests.integration.slots.conftest import Planner, short


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def fault(answer: Answer) -> tuple[int, str, str]:
    [only] = answer.json["errors"]
    return answer.status, only["pointer"], only["code"]


def change(planner: Planner, plan: Any, body: Any, method: str = "PATCH") -> Answer:
    headers = {"if-match": f'"{plan["version"]}"'}
    return planner.http.call(method, f"/slot-plans/{plan['id']}", body, headers=headers)


def test_a_plan_comes_back_as_it_was_given_in_order(planner: Planner):
    weekly = {"mo": ["17:30", "09:00", "09:00"], "su": ["08:15"]}
    quiet = [{"start": "22:00", "end": "07:00"}]
    given = {"weekly": weekly, "timezone": "Europe/Berlin", "quiet_hours": quiet}
    made = planner.ask_plan(None, min_gap_minutes=45, daily_cap=3, **given)
    assert made.status == 201
    days = {day: [] for day in ("tu", "we", "th", "fr", "sa")}
    assert made.json["weekly"] == {"mo": ["09:00", "17:30"], "su": ["08:15"], **days}
    assert (made.json["quiet_hours"], made.json["min_gap_minutes"], made.json["daily_cap"]) == (quiet, 45, 3)
    read = planner.http.get(f"/slot-plans/{made.json['id']}")
    assert read.json == made.json
    assert read.headers["etag"] == '"1"'
    assert planner.http.get("/slot-plans").json["items"] == [made.json]


def test_an_account_and_the_workspace_have_one_plan_each(planner: Planner):
    account = planner.account()
    for connection in (None, account):
        planner.plan(connection, "09:00")
        assert refused(planner.ask_plan(connection, "10:00")) == (409, "slot_plan_exists")
    assert len(planner.http.get("/slot-plans").json["items"]) == 2


# what is wrong, at which place of the body, its code
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"timezone": "Europe/Nowhere"}, "/timezone", "unknown_timezone"),
    ({"timezone": "../etc/passwd"}, "/timezone", "unknown_timezone"),
    ({"weekly": {}}, "/weekly", "slots_missing"),
    ({"weekly": {"mo": ["9:00"]}}, "/weekly/mo/0", "string_pattern_mismatch"),
    ({"weekly": {"mo": ["24:00"]}}, "/weekly/mo/0", "string_pattern_mismatch"),
    ({"weekly": {"xx": ["09:00"]}}, "/weekly/xx", "unknown_field"),
    ({"quiet_hours": [{"start": "22:00", "end": "22:00"}]}, "/quiet_hours/0", "quiet_hours_empty"),
    ({"min_gap_minutes": -1}, "/min_gap_minutes", "greater_than_equal"),
    ({"min_gap_minutes": 1441}, "/min_gap_minutes", "less_than_equal"),
    ({"daily_cap": 0}, "/daily_cap", "greater_than_equal"),
]


@pytest.mark.parametrize(("given", "pointer", "code"), WRONG)
def test_what_cannot_be_planned_is_refused(planner: Planner, given: dict[str, Any], pointer: str, code: str):
    assert fault(planner.ask_plan(None, "09:00", **given)) == (422, pointer, code)


def test_an_unknown_account_is_refused(planner: Planner):
    unknown = "0198c2f0-7a20-7b11-8c55-5d1c2b7e9f02"
    assert fault(planner.ask_plan(unknown, "09:00")) == (422, "/connection_id", "unknown_connection")


def test_a_change_moves_nothing_that_is_scheduled(planner: Planner):
    plan = planner.plan(None, "09:00", daily_cap=1)
    account = planner.account()
    post = planner.queue(account)
    changed = change(planner, plan, {"weekly": {"mo": ["10:00"]}, "daily_cap": None})
    assert (changed.status, changed.json["version"], changed.json["daily_cap"]) == (200, 2, None)
    assert changed.json["timezone"] == "UTC"
    assert planner.times(post) == ["01 09:00"]
    assert short(planner.queue(account)["scheduled_at"]) == "01 10:00"


def test_a_change_of_what_was_changed_meanwhile_is_refused(planner: Planner):
    plan = planner.plan(None, "09:00")
    assert change(planner, plan, {"min_gap_minutes": 5}).status == 200
    assert refused(change(planner, plan, {"min_gap_minutes": 6})) == (412, "stale_version")
    assert refused(change(planner, plan, None, "DELETE")) == (412, "stale_version")
    assert fault(change(planner, {**plan, "version": 2}, {"timezone": "Mars"}))[1:] == (
        "/timezone",
        "unknown_timezone",
    )


def test_a_removed_plan_leaves_the_workspaces_and_then_none(planner: Planner):
    whole, account = planner.plan(None, "09:00"), planner.account()
    own = planner.plan(account, "10:00")
    assert change(planner, own, None, "DELETE").status == 204
    assert short(planner.queue(account)["scheduled_at"]) == "01 09:00"
    assert change(planner, whole, None, "DELETE").status == 204
    assert refused(planner.ask(account)) == (409, "no_slot_plan")
    assert planner.http.get(f"/slot-plans/{whole['id']}").status == 404


def test_a_limited_key_plans_for_its_accounts_alone(planner: Planner):
    mine, other = planner.account(), planner.account()
    given = {"name": "one", "permissions": ["publications:write"], "connection_ids": [mine]}
    limited = planner.by(Http(planner.http.workspace_id, planner.http.post("/api-keys", given).json["key"]))
    own, theirs, whole = (
        limited.plan(mine, "09:00"),
        planner.plan(other, "09:00"),
        planner.plan(None, "10:00"),
    )
    assert fault(limited.ask_plan(other, "09:00")) == (422, "/connection_id", "unknown_connection")
    assert refused(limited.ask_plan(None, "09:00")) == (403, "unlimited_key_required")
    assert refused(change(limited, whole, {"daily_cap": 1})) == (403, "unlimited_key_required")
    assert change(limited, theirs, {"daily_cap": 1}).status == 404
    assert change(limited, own, {"daily_cap": 1}).status == 200
    assert [each["id"] for each in limited.http.get("/slot-plans").json["items"]] == [whole["id"], own["id"]]


def test_a_test_key_plans_for_the_sandbox_alone(planner: Planner, http_test_key: Http):
    account, tester = planner.account(), planner.by(http_test_key)
    assert tester.ask_plan(account, "09:00").status == 201
    assert refused(tester.ask_plan(None, "09:00")) == (403, "live_key_required")
    planner.behind.execute("UPDATE platform_connections SET platform = 'bluesky' WHERE id = %s", [account])
    [plan] = planner.http.get("/slot-plans").json["items"]
    assert refused(change(tester, plan, {"daily_cap": 1})) == (403, "live_key_required")


def test_changes_are_told(planner: Planner):
    plan = planner.plan(None, "09:00")
    change(planner, plan, {"daily_cap": 2})
    change(planner, {**plan, "version": 2}, None, "DELETE")
    query = (
        "SELECT type, payload FROM outbox_events WHERE workspace_id = %s AND type LIKE 'slot%%' ORDER BY id"
    )
    found = planner.behind.execute(query, [planner.http.workspace_id]).fetchall()
    assert [kind for kind, _ in found] == ["slot_plan.created", "slot_plan.changed", "slot_plan.removed"]
    assert {payload["slot_plan_id"] for _, payload in found} == {plan["id"]}
