"""What receivers are sent of what happens over HTTP and in the workers is as payloads.json has it."""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import update

from lamplighter.domain.events import CATALOGUE
from lamplighter.domain.outcomes import Unknown
from lamplighter.domain.publishing import LOOKS_UNTIL_TOLD
from lamplighter.postgres.models import PlatformConnection
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import recording
from tests import payloads
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import handler_of, lambda_context, logged_in
from tests.integration.people.office import Office as Organization
from tests.integration.people.office import Superuser
from tests.integration.publishing.conftest import Desk
from tests.integration.publishing.test_resolving import looking, lost
from tests.integration.recurring.office import Office, later
from tests.integration.webhooks.conftest import TICK, Switchboard
from tests.integration.webhooks.receiver import Receiver, status

KNOWN = Path(__file__).parent / "payloads.json"
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
TIME = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+([+-]\d\d:\d\d)?$")
OCCURRENCE = re.compile(r"^\d{8}T\d{4}$")
HASH = re.compile(r"^[0-9a-f]{64}$")
PORT = re.compile(r"127\.0\.0\.1:\d+")


def masked(value: Any) -> Any:
    """Without what is another each time: ids, times, ports, hashes, the order of accounts."""
    if isinstance(value, dict):
        return {name: masked(each) for name, each in value.items()}
    if isinstance(value, list):
        return sorted((masked(each) for each in value), key=str)
    if not isinstance(value, str):
        return value
    if TIME.match(value):
        return "<local time>" if len(value) <= len("2026-11-22T17:00:00") else "<time>"
    if OCCURRENCE.match(value):
        return "<occurrence>"
    return HASH.sub("<hash>", PORT.sub("<address>", UUID.sub("<id>", value)))


def known() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(KNOWN.read_text())
    return found


@contextmanager
def heard(board: Switchboard, *expected: str) -> Iterator[Receiver]:
    """At the end, what the receiver was sent of these types is as committed."""
    receiver = board.receiver()
    board.endpoint(receiver)
    yield receiver
    board.sweep()
    told = {message.json["type"]: message.json for message in reversed(receiver.messages)}
    assert [each for each in expected if each not in told] == []
    for event_type in expected:
        payloads.check(told[event_type])
        shown = masked(told[event_type])
        assert {**shown, "sequence": 0} == known()[event_type], event_type


def etag(board: Switchboard, path: str) -> dict[str, str]:
    return {"if-match": board.http.get(path).headers["etag"]}


def act(desk: Desk, made: Any, action: str) -> None:
    path = f"/publications/{made['id']}/platforms/{made['platforms'][0]['id']}/{action}"
    answer = desk.http.post(path)
    assert answer.status == 200, answer.body


PUBLISHED = ("scheduled", "moved", "published", "cancelled", "removal_requested", "deleted")


def test_publications(board: Switchboard, desk: Desk):
    told = [f"publication.{what}" for what in (*PUBLISHED, "edit_requested")]
    with heard(board, *told, "content.created", "content.updated", "platform_connection.connected"):
        connection, content = desk.connection(), desk.content()
        first = desk.publication(connection, content_id=content, when=timedelta(days=1)).json
        path = f"/publications/{first['id']}"
        at = {"scheduled_at": (board.now() + timedelta(days=2)).isoformat()}
        assert desk.http.call("PATCH", path, at, headers=etag(board, path)).status == 200
        path = f"/content/{content}"
        words = {"text": "Good night"}
        assert desk.http.call("PATCH", path, words, headers=etag(board, path)).status == 200
        desk.http.post(f"/publications/{first['id']}/cancel")
        other = desk.content("Good morning")
        second = desk.publication(connection, content_id=other).json
        desk.work(desk.woken())
        path = f"/content/{other}"
        assert desk.http.call("PATCH", path, words, headers=etag(board, path)).status == 200
        act(desk, second, "edit")
        desk.work(desk.woken())
        act(desk, second, "remove")
        desk.work(desk.woken())


def test_publications_in_trouble(board: Switchboard, desk: Desk, network: FakeNetwork):
    told = [f"publication.{what}" for what in ("failed", "retried", "partially_published", "held", "missed")]
    with heard(board, *told):
        network.refusals = [(422, {})]
        made = desk.publication().json
        desk.work(desk.woken())
        act(desk, made, "retry")
        desk.work(desk.woken())
        network.refusals = [(422, {})]
        desk.publication(desk.connection("one"), desk.connection("two"))
        desk.work(desk.woken())
        for policy in ("ask", "skip"):
            desk.publication(late_policy=policy, late_after_minutes=1)
            desk.work_later(timedelta(minutes=2), desk.woken())


def test_approvals(board: Switchboard, desk: Desk, superuser: Superuser, first: Any):
    told = [f"publication.{what}" for what in ("approval_requested", "approved", "rejected")]
    with heard(board, *told):
        owner = Organization(first, superuser).hire("owner")
        for action in ("approve", "reject"):
            made = desk.publication(when=timedelta(days=1), needs_approval=True).json
            path = f"/v1/workspaces/{board.workspace_id}/publications/{made['id']}"
            version = owner.get(path).headers["etag"]
            answer = owner.post(f"{path}/approval/{action}", {}, if_match=version)
            assert answer.status == 200, answer.body


def test_accounts(board: Switchboard, desk: Desk, network: FakeNetwork):
    told = [f"platform_connection.{what}" for what in ("expiring", "needs_reconnect", "disconnected")]
    with heard(board, *told):
        connection = desk.connection()
        with transaction(board.workspace_id) as tx:
            soon = {"token_expires_at": tx.now + timedelta(days=3)}
            tx.session.execute(update(PlatformConnection).values(soon))
        with logged_in("tell_expiring"):
            handler_of("tell_expiring")(TICK, lambda_context(300))
        network.refusals = [(401, {})] * 3
        desk.publication(connection)
        desk.work(desk.woken())
        network.refusals = []
        path = f"/connections/{connection}"
        answer = desk.http.call("DELETE", path, headers=etag(board, path))
        assert answer.status == 200, answer.body


STATES = ("created", "updated", "paused", "resumed", "deleted", "completed", "failed")
CHANGES = ("skipped", "moved", "edited", "restored")


def test_recurring_posts(board: Switchboard, desk: Desk):
    told = [f"recurring_post.{what}" for what in (*STATES, *(f"occurrence_{each}" for each in CHANGES))]
    with heard(board, *told, "publication.content_changed"):
        office = Office(board.http)
        post = office.created()
        office.run()
        [one, two, three, *_] = office.occurrences(post)
        office.on(post, one["key"], "skip")
        office.on(post, one["key"], "restore")
        office.on(post, two["key"], "move", {"scheduled_at": f"{two['local_time'][:10]}T07:45"})
        office.on(post, three["key"], "edit", {"content_id": office.content("Another")})
        office.change(post, name="Another")
        office.act(post, "pause")
        office.act(post, "resume")
        office.delete(post)
        ends = {"timezone": "Europe/Berlin", "times": ["09:00"], "count": 1}
        office.created(schedule_config=ends)
        gone = office.content()
        office.created(content_ids=[gone])
        with transaction(board.workspace_id) as tx:
            archived = "UPDATE content SET status = 'archived' WHERE id = %s"
            tx.session.connection().exec_driver_sql(archived, (gone,))
        office.run()
        with later(timedelta(days=3)):
            office.run()
        move_clock(None)


def test_slots(board: Switchboard):
    with heard(board, *(f"slot_plan.{what}" for what in ("created", "changed", "removed"))):
        body = {"connection_id": None, "timezone": "UTC", "weekly": {"mo": ["09:00"]}}
        made = board.http.post("/slot-plans", body).json
        path = f"/slot-plans/{made['id']}"
        for method, given, expected in (("PATCH", {"weekly": {"tu": ["09:00"]}}, 200), ("DELETE", None, 204)):
            answer = board.http.call(method, path, given, headers=etag(board, path))
            assert answer.status == expected, answer.body


def test_members(board: Switchboard, superuser: Superuser, first: Any):
    with heard(board, *(f"member.{what}" for what in ("added", "role_changed", "removed"))):
        organization = Organization(first, superuser)
        owner, person = organization.hire("owner"), organization.hire("member")
        members = f"/v1/workspaces/{board.workspace_id}/members"
        added = owner.post(members, {"user_id": str(person.id), "role": "editor"})
        assert added.status == 201, added.body
        path = f"{members}/{person.id}"
        assert owner.change(path, {"role": "viewer"}).status == 200
        assert owner.delete(path).status == 200


def test_endpoints(board: Switchboard):
    with heard(board, "webhook.failing", "webhook.disabled"):
        broken = board.endpoint(board.receiver(then=status(500)), events=["member.*"])
        for passed, failures in ((timedelta(hours=24), 3), (timedelta(days=5), 20)):
            with transaction(board.workspace_id) as tx:
                columns = "UPDATE webhooks SET failing_since = %s, failures = %s WHERE id = %s"
                tx.session.connection().exec_driver_sql(columns, (tx.now - passed, failures, broken))
            board.happens()
            board.settle()


def test_an_endpoint_s_own_test(board: Switchboard):
    with heard(board, "webhook.test") as receiver:
        [endpoint] = board.http.get("/webhooks").json["items"]
        assert endpoint["url"] == receiver.url
        answer = board.http.post(f"/webhooks/{endpoint['id']}/test")
        assert answer.status == 202, answer.body


def test_a_lost_answer_that_nobody_finds(board: Switchboard, desk: Desk, network: FakeNetwork):
    with heard(board, "publication.outcome_unknown"):
        lost(desk, network)
        work, _ = looking(desk)
        told_of = replace(work, effort=replace(work.effort, looks=LOOKS_UNTIL_TOLD))
        with transaction(board.workspace_id) as tx:
            recording.record(tx, told_of, Unknown("not_found_yet", "Not there."), 0.1)


def test_every_type_arrives_above():
    assert known().keys() == CATALOGUE.keys()
