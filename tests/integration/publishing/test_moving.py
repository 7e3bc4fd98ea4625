"""Moving: another time for what has not been sent, and nothing goes out at the old one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from lamplighter.platforms.base import Json
from lamplighter.postgres.models import AuditEntry, Dispatch, OutboxEvent
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery, publishing, wakeups
from lamplighter.services.work import Work
from tests.integration import fake_network
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http
from tests.integration.publishing.conftest import Desk

HOUR = timedelta(hours=1)


def after(delay: timedelta) -> str:
    return (datetime.now(UTC) + delay).isoformat()


def change(desk: Desk, publication: Any, body: Json, **headers: str) -> Answer:
    path = f"/publications/{publication['id']}"
    sent = headers or {"if-match": desk.http.get(path).headers["etag"]}
    return desk.http.call("PATCH", path, body, headers=sent)


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def begun(desk: Desk) -> tuple[Work, Json]:
    """A worker that took what is due, and has prepared what it will send."""
    claim = wakeups.parsed(desk.woken()[0])
    with transaction(claim.workspace_id) as tx:
        work = publishing.begin(tx, claim).work
    assert work
    frozen = delivery.prepare(work)
    assert isinstance(frozen, dict)
    return work, frozen


def is_armed(work: Work, frozen: Json) -> bool:
    with transaction(work.workspace_id) as tx:
        return publishing.arm(tx, work, frozen).work is not None


def work_rows(desk: Desk) -> list[Dispatch]:
    with transaction(desk.workspace_id) as tx:
        return list(tx.session.scalars(select(Dispatch)))


def told(desk: Desk) -> tuple[list[str], list[str]]:
    """What the audit log and the outbox say of publications."""
    with transaction(desk.workspace_id) as tx:
        audited = select(AuditEntry.action).where(AuditEntry.target_kind == "publication")
        events = select(OutboxEvent.type).where(OutboxEvent.type.startswith("publication."))
        return (
            list(tx.session.scalars(audited.order_by(AuditEntry.id))),
            list(tx.session.scalars(events.order_by(OutboxEvent.id))),
        )


def test_a_publication_moves_to_another_time(desk: Desk, network: FakeNetwork):
    made = desk.publication(when=HOUR).json
    later = after(2 * HOUR)
    moved = change(desk, made, {"scheduled_at": later})
    assert moved.status == 200
    assert datetime.fromisoformat(moved.json["scheduled_at"]) == datetime.fromisoformat(later)
    assert moved.json["platforms"][0]["next_attempt_at"] == moved.json["scheduled_at"]
    assert moved.json["version"] > made["version"]
    assert moved.headers["etag"] == f'"{moved.json["version"]}"'
    assert desk.read(made) == moved.json
    assert desk.woken() == []
    assert told(desk) == (
        ["publication.created", "publication.moved"],
        ["publication.scheduled", "publication.moved"],
    )
    desk.work_later(HOUR, desk.due())
    assert network.calls == 0
    desk.work_later(2 * HOUR + timedelta(seconds=1), desk.due())
    assert network.texts == ["Good evening"]


def test_what_moves_near_is_woken_at_once(desk: Desk, network: FakeNetwork):
    made = desk.publication(when=HOUR).json
    change(desk, made, {"scheduled_at": "now"})
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "published"


def test_the_wake_up_of_the_old_time_does_nothing(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    messages = desk.woken()
    change(desk, made, {"scheduled_at": after(HOUR)})
    desk.work(messages)
    assert network.calls == 0
    assert desk.read(made)["status"] == "scheduled"


def test_a_worker_that_has_begun_sends_nothing_of_what_moves_meanwhile(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    work, frozen = begun(desk)
    assert change(desk, made, {"scheduled_at": after(HOUR)}).status == 200
    assert not is_armed(work, frozen)
    assert network.calls == 0
    assert desk.read(made)["status"] == "scheduled"
    desk.work_later(HOUR + timedelta(seconds=1), desk.due())
    assert len(network.accepted) == 1


def test_a_worker_that_has_begun_goes_on_when_only_the_priority_changes(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    work, frozen = begun(desk)
    [row] = work_rows(desk)
    changed = change(desk, made, {"priority": "high"})
    assert (changed.status, changed.json["priority"]) == (200, "high")
    [after_it] = work_rows(desk)
    assert (after_it.priority, after_it.fence, after_it.due_at) == (0, row.fence, row.due_at)
    assert is_armed(work, frozen)


def test_what_is_being_sent_moves_no_more(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    work, frozen = begun(desk)
    assert is_armed(work, frozen)
    for answer in (
        change(desk, made, {"scheduled_at": after(HOUR)}),
        change(desk, made, {"priority": "low"}),
        desk.http.post(f"/publications/{made['id']}/publish-now"),
    ):
        assert refusal(answer) == (409, "too_late_to_move")


def test_what_was_sent_in_part_moves_no_more(desk: Desk, network: FakeNetwork):
    made = desk.publication(desk.connection("one"), desk.connection("two")).json
    network.refusals = [(429, {"Retry-After": "60"})]
    desk.work(desk.woken())
    assert sorted(p["status"] for p in desk.read(made)["platforms"]) == ["pending", "published"]
    assert refusal(change(desk, made, {"scheduled_at": after(HOUR)})) == (409, "too_late_to_move")


def test_a_thread_that_has_begun_moves_no_more(desk: Desk, network: FakeNetwork):
    content = desk.content("First", segments=[{"kind": "thread", "text": "Second"}])
    made = desk.publication(content_id=content).json
    desk.work(desk.woken())
    network.refusals = [(422, {})]
    desk.work(desk.woken())
    assert desk.read(made)["platforms"][0]["status"] == "failed"
    assert refusal(change(desk, made, {"scheduled_at": after(HOUR)})) == (409, "too_late_to_move")


def test_a_cancelled_publication_moves_no_more(desk: Desk):
    made = desk.publication(when=HOUR).json
    desk.http.post(f"/publications/{made['id']}/cancel")
    assert refusal(change(desk, made, {"scheduled_at": after(HOUR)})) == (409, "already_cancelled")


@pytest.mark.parametrize(
    ("policy", "status", "whole"), [("skip", "skipped", "missed"), ("ask", "held", "needs_review")]
)
def test_a_new_time_sets_going_what_came_too_late(
    desk: Desk, network: FakeNetwork, policy: str, status: str, whole: str
):
    made = desk.publication(late_policy=policy, late_after_minutes=1).json
    desk.work_later(timedelta(minutes=5), desk.woken())
    read = desk.read(made)
    assert (read["status"], read["platforms"][0]["status"]) == (whole, status)
    moved = change(desk, made, {"scheduled_at": after(HOUR)}).json
    assert moved["status"] == "scheduled"
    [platform] = moved["platforms"]
    assert (platform["status"], platform["error_code"]) == ("pending", None)
    desk.work_later(HOUR + timedelta(seconds=1), desk.due())
    assert desk.read(made)["status"] == "published"
    assert len(network.accepted) == 1


def test_a_new_time_sets_going_what_has_failed_with_its_tries_counted_anew(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    network.refusals = [(422, {})]
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "failed"
    assert change(desk, made, {"scheduled_at": "now"}).json["status"] == "scheduled"
    desk.work(desk.woken())
    read = desk.read(made)
    assert (read["status"], read["platforms"][0]["retry_count"]) == ("published", 0)
    assert len(network.accepted) == 1


def test_what_may_be_on_its_network_moves_no_more(desk: Desk, network: FakeNetwork):
    network.answers = [fake_network.cut]
    made = desk.publication().json
    desk.work(desk.woken())
    assert refusal(change(desk, made, {"scheduled_at": after(HOUR)})) == (409, "too_late_to_move")


def test_a_move_is_of_what_was_read(desk: Desk):
    made = desk.publication(when=HOUR).json
    assert desk.http.call("PATCH", f"/publications/{made['id']}", {"priority": "high"}).status == 428
    stale = change(desk, made, {"scheduled_at": after(2 * HOUR)}, **{"if-match": '"99"'})
    assert refusal(stale) == (412, "stale_version")
    assert desk.read(made) == made
    etag = desk.http.get(f"/publications/{made['id']}").headers["etag"]
    assert change(desk, made, {"scheduled_at": after(2 * HOUR)}, **{"if-match": etag}).status == 200
    path = f"/publications/{made['id']}/publish-now"
    assert refusal(desk.http.post(path, **{"if-match": etag})) == (412, "stale_version")


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"scheduled_at": "2020-01-01T00:00:00Z"}, "/scheduled_at", "in_the_past"),
        ({"scheduled_at": "2099-01-01T00:00:00Z"}, "/scheduled_at", "too_far_ahead"),
        ({"late_policy": "ask"}, "/late_after_minutes", "late_after_minutes_missing"),
        ({"priority": "urgent"}, "/priority", "string_pattern_mismatch"),
        ({"status": "published"}, "/status", "unknown_field"),
    ],
)
def test_what_cannot_be_is_pointed_at(desk: Desk, body: Json, pointer: str, code: str):
    made = desk.publication(when=HOUR).json
    answer = change(desk, made, body)
    [fault] = answer.json["errors"]
    assert (answer.status, fault["pointer"], fault["code"]) == (422, pointer, code)
    assert desk.read(made) == made


def test_a_late_policy_changes_without_a_new_time(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    messages = desk.woken()
    changed = change(desk, made, {"late_policy": "skip", "late_after_minutes": 1}).json
    assert (changed["late_policy"], changed["late_after_minutes"]) == ("skip", 1)
    assert told(desk)[0] == ["publication.created", "publication.updated"]
    desk.work_later(timedelta(minutes=5), messages)
    assert desk.read(made)["status"] == "missed"


def test_what_is_published_now_is_due_at_once(desk: Desk, network: FakeNetwork):
    made = desk.publication(when=HOUR).json
    path, key = f"/publications/{made['id']}/publish-now", {"idempotency-key": "now"}
    hurried = desk.http.post(path, **key)
    assert (hurried.status, hurried.json["status"]) == (200, "scheduled")
    assert desk.http.post(path, **key).json == hurried.json
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "published"
    assert told(desk)[0] == ["publication.created", "publication.released"]
    assert refusal(desk.http.post(path)) == (409, "too_late_to_move")


def test_a_move_asks_for_an_approval_again(desk: Desk, network: FakeNetwork):
    made = desk.publication(when=HOUR, needs_approval=True).json
    assert made["approval_status"] == "pending"
    moved = change(desk, made, {"scheduled_at": after(2 * HOUR)}).json
    assert moved["approval_status"] == "pending"
    assert moved["approval_hash"] != made["approval_hash"]


def test_what_needs_an_approval_is_not_published_now(desk: Desk, network: FakeNetwork):
    made = desk.publication(when=HOUR, needs_approval=True).json
    path = f"/publications/{made['id']}/publish-now"
    assert refusal(desk.http.post(path)) == (409, "approval_needs_time")
    assert refusal(change(desk, made, {"scheduled_at": "now"})) == (409, "approval_needs_time")
    waits = {"late_policy": "skip", "late_after_minutes": 60}
    assert change(desk, made, {"scheduled_at": "now", **waits}).status == 200
    desk.work(desk.woken())
    assert network.calls == 0
    assert desk.read(made)["status"] == "scheduled"


def test_archived_content_and_a_lost_account_are_set_going_by_no_new_time(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    content = desk.content()
    made = desk.publication(content_id=content, late_policy="skip", late_after_minutes=1).json
    desk.work_later(timedelta(minutes=5), desk.woken())
    lost = "UPDATE platform_connections SET status = %s WHERE workspace_id = %s"
    superuser.execute(lost, ["needs_reconnect", desk.workspace_id])
    assert refusal(change(desk, made, {"scheduled_at": after(HOUR)})) == (409, "needs_reconnect")
    superuser.execute(lost, ["active", desk.workspace_id])
    superuser.execute("UPDATE content SET status = 'archived' WHERE id = %s", [content])
    assert refusal(change(desk, made, {"scheduled_at": after(HOUR)})) == (409, "content_archived")
    assert desk.read(made)["status"] == "missed"


def test_a_key_moves_only_what_it_sees(desk: Desk, http_test_key: Http):
    mine, other = desk.connection("mine"), desk.connection("other")
    both = desk.publication(mine, other, when=HOUR).json
    body = {"name": "limited", "permissions": ["publications:write"], "connection_ids": [mine]}
    limited = Http(desk.http.workspace_id, desk.http.post("/api-keys", body).json["key"])
    for stranger in (limited, http_test_key):
        path = f"/publications/{both['id']}"
        assert (
            stranger.call("PATCH", path, {"scheduled_at": "now"}, headers={"if-match": '"1"'}).status == 404
        )
        assert stranger.post(f"{path}/publish-now").status == 404
    assert desk.read(both) == both
