"""Scheduling: what is refused, what is promised, what is cancelled."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import Engine, event, select

from lamplighter.postgres.models import AuditEntry, PublicationPlatform
from lamplighter.postgres.session import transaction
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http
from tests.integration.publishing.conftest import Desk


def fault(answer: Any) -> tuple[int, str, str]:
    [only] = answer.json["errors"]
    return answer.status, only["pointer"], only["code"]


def test_a_publication_names_every_account_it_is_for(desk: Desk):
    one, two = desk.connection("one"), desk.connection("two")
    answer = desk.publication(one, two, when=timedelta(hours=1))
    assert answer.status == 201
    assert answer.json["status"] == "scheduled"
    assert {p["connection_id"] for p in answer.json["platforms"]} == {one, two}
    assert {p["status"] for p in answer.json["platforms"]} == {"pending"}
    assert desk.read(answer.json) == answer.json


def test_a_time_comes_back_in_utc(desk: Desk):
    at = datetime.now(UTC) + timedelta(days=1)
    local = at.astimezone(datetime.now().astimezone().tzinfo).isoformat()
    assert datetime.fromisoformat(desk.publication(when=local).json["scheduled_at"]) == at


def test_a_time_without_offset_is_refused(desk: Desk):
    assert fault(desk.publication(when="2030-01-01T09:00:00")) == (
        422,
        "/scheduled_at",
        "time_without_offset",
    )


@pytest.mark.parametrize(
    ("when", "code"),
    [
        (timedelta(minutes=-1), "in_the_past"),
        (timedelta(days=3000), "too_far_ahead"),
        ("9999-12-31T23:59:59-10:00", "out_of_range"),
        ("tomorrow", "time_expected"),
        ("NOW", "time_expected"),
        ("2030-01-01", "time_expected"),
        ("1800000000", "time_expected"),
    ],
)
def test_an_impossible_time_is_refused(desk: Desk, when: str | timedelta, code: str):
    answer = desk.publication(when=when)
    assert answer.status == 422
    assert {e["pointer"] for e in answer.json["errors"]} == {"/scheduled_at"}
    assert {e["code"] for e in answer.json["errors"]} == {code}


@pytest.mark.parametrize("number", [1_800_000_000, 1_800_000_000_000, 1.8e9, True])
def test_a_number_is_no_time(desk: Desk, number: float):
    body = {"content_id": desk.content(), "connection_ids": [desk.connection()], "scheduled_at": number}
    assert fault(desk.http.post("/publications", body)) == (422, "/scheduled_at", "time_expected")


def test_an_unknown_connection_is_pointed_at(desk: Desk):
    known = desk.connection()
    assert fault(desk.publication(known, str(uuid4()))) == (422, "/connection_ids/1", "unknown_connection")


def test_unknown_content_is_pointed_at(desk: Desk):
    answer = desk.publication(content_id=str(uuid4()))
    assert fault(answer) == (422, "/content_id", "unknown_content")


def test_a_connection_named_twice_is_refused(desk: Desk):
    same = desk.connection()
    assert fault(desk.publication(same, same)) == (422, "/connection_ids", "duplicate_ids")


def test_a_late_policy_that_acts_says_when(desk: Desk):
    answer = desk.publication(late_policy="skip")
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "late_after_minutes_missing")


def test_empty_content_is_refused(desk: Desk):
    assert fault(desk.http.post("/content", {"text": " \n"})) == (422, "/text", "empty_content")


def test_a_text_over_a_networks_limit_is_refused_in_that_networks_unit(desk: Desk):
    family = "👨‍👩‍👧‍👦"  # one grapheme of seven code points
    fits = desk.http.post("/content", {"text": "x", "adapted_versions": {"bluesky": {"text": family * 100}}})
    assert fits.status == 201
    answer = desk.http.post("/content", {"text": "x", "adapted_versions": {"bluesky": {"text": "é" * 301}}})
    assert fault(answer) == (422, "/adapted_versions/bluesky/text", "text_too_long")
    assert "301 graphemes" in answer.json["errors"][0]["detail"]


def test_content_that_does_not_fit_an_account_is_refused_when_scheduled(desk: Desk):
    answer = desk.publication(content_id=desk.content("x" * 10_001))
    assert fault(answer) == (422, "/connection_ids/0", "text_too_long")
    assert answer.json["code"] == "content_does_not_fit"


def test_what_is_due_soon_is_woken_at_once_and_what_is_not_is_left_to_the_tick(desk: Desk):
    soon = desk.publication(when="now").json
    desk.publication(when=timedelta(hours=1))
    [message] = desk.woken()
    assert message["publication_platform_id"] == soon["platforms"][0]["id"]


def test_a_scheduled_publication_can_be_cancelled_and_again(desk: Desk):
    made = desk.publication(when=timedelta(hours=1)).json
    cancelled = desk.http.post(f"/publications/{made['id']}/cancel")
    assert (cancelled.status, cancelled.json["status"]) == (200, "cancelled")
    assert cancelled.json["platforms"][0]["status"] == "cancelled"
    again = desk.http.post(f"/publications/{made['id']}/cancel")
    assert (again.status, again.json) == (200, cancelled.json)


def test_what_has_gone_out_cannot_be_cancelled(desk: Desk):
    made = desk.publication().json
    desk.work(desk.woken())
    answer = desk.http.post(f"/publications/{made['id']}/cancel")
    assert (answer.status, answer.json["code"]) == (409, "too_late_to_cancel")


def test_a_stale_etag_cancels_nothing(desk: Desk):
    made = desk.publication(when=timedelta(hours=1)).json
    answer = desk.http.post(f"/publications/{made['id']}/cancel", None, **{"if-match": '"99"'})
    assert answer.status == 412
    assert desk.read(made)["status"] == "scheduled"


def test_a_test_key_sees_only_what_test_keys_made(desk: Desk, http_test_key: Http):
    live = desk.publication(when=timedelta(hours=1)).json
    assert http_test_key.get(f"/publications/{live['id']}").status == 404
    body = {
        "content_id": desk.content(),
        "connection_ids": [desk.connection()],
        "scheduled_at": "2029-01-01T00:00:00Z",
    }
    made = http_test_key.post("/publications", body).json
    assert made["mode"] == "test"
    assert desk.http.get(f"/publications/{made['id']}").status == 404
    assert [p["id"] for p in http_test_key.get("/publications").json["items"]] == [made["id"]]


def test_a_disconnected_account_takes_no_more_posts(desk: Desk):
    connection = desk.connection()
    etag = desk.http.get(f"/connections/{connection}").headers["etag"]
    gone = desk.http.call("DELETE", f"/connections/{connection}", headers={"if-match": etag})
    assert gone.json["status"] == "disconnected"
    assert fault(desk.publication(connection)) == (422, "/connection_ids/0", "needs_reconnect")


def test_a_network_whose_servers_differ_is_measured_when_the_account_is_known(desk: Desk):
    long = {"text": "x", "adapted_versions": {"mastodon": {"text": "é" * 5_000}}}
    assert desk.http.post("/content", long).status == 201


def test_a_limited_key_sees_and_cancels_only_what_goes_to_its_accounts_alone(desk: Desk):
    mine, other = desk.connection("mine"), desk.connection("other")
    when = timedelta(hours=1)
    again = {"when": when, "force": True}
    own, both, theirs = (desk.publication(*to, **again).json for to in ([mine], [mine, other], [other]))
    body = {"name": "limited", "permissions": ["publications:write"], "connection_ids": [mine]}
    limited = Http(desk.http.workspace_id, desk.http.post("/api-keys", body).json["key"])
    assert [item["id"] for item in limited.get("/publications").json["items"]] == [own["id"]]
    for hidden in (both, theirs):
        assert limited.get(f"/publications/{hidden['id']}").status == 404
        assert limited.post(f"/publications/{hidden['id']}/cancel").status == 404
        assert desk.read(hidden)["status"] == "scheduled"
    assert limited.post(f"/publications/{own['id']}/cancel").json["status"] == "cancelled"


def test_a_test_keys_list_does_not_walk_what_live_keys_made(
    desk: Desk, http_test_key: Http, superuser: psycopg.Connection[Any]
):
    superuser.execute(
        "INSERT INTO publications (id, workspace_id, content_id, scheduled_at)"
        " SELECT gen_random_uuid(), workspace_id, content_id, scheduled_at"
        " FROM publications, generate_series(1, 2000) WHERE id = %s",
        [desk.publication(when=timedelta(hours=1)).json["id"]],
    )
    superuser.execute("ANALYZE publications")
    with sent() as statements:
        http_test_key.get("/publications")
    [(statement, parameters)] = [each for each in statements if "FROM publications" in each[0]]
    plan = superuser.execute("EXPLAIN " + statement, parameters).fetchall()
    assert "idx_pub_test" in str(plan)


def test_a_page_costs_as_many_statements_however_much_is_on_it(desk: Desk, network: FakeNetwork):
    counts = []
    for _ in range(3):
        desk.publication(desk.connection("one"), desk.connection("two"))
        desk.work(desk.woken())
        with sent() as statements:
            page = desk.http.get("/publications").json
        counts.append(len(statements))
    assert all(part["segments"] for item in page["items"] for part in item["platforms"])
    assert len(set(counts)) == 1


def test_a_duplicate_is_refused_unless_it_is_forced(desk: Desk):
    connection, content = desk.connection(), desk.content()
    first = desk.publication(connection, content_id=content, when=timedelta(hours=1)).json
    again = desk.publication(connection, content_id=content, when=timedelta(hours=2))
    assert (again.status, again.json["code"]) == (409, "duplicate_publication")
    assert again.json["publication_id"] == first["id"]
    forced = desk.publication(connection, content_id=content, when=timedelta(hours=2), force=True)
    assert forced.status == 201
    with transaction(desk.workspace_id) as tx:
        created = select(AuditEntry.after).where(AuditEntry.action == "publication.created")
        told = [entry["forced"] for entry in tx.session.scalars(created.order_by(AuditEntry.id))]
        rows = select(PublicationPlatform.fingerprint).where(PublicationPlatform.connection_id == connection)
        prints = list(tx.session.scalars(rows))
    assert told == [False, True]
    assert len(prints) == 2
    assert len(set(prints)) == 1
    assert prints[0]


@pytest.mark.parametrize("given", ["yes", 1, "true"])
def test_only_true_and_false_force_anything(desk: Desk, given: Any):
    assert fault(desk.publication(force=given)) == (422, "/force", "bool_type")


def approval_required(desk: Desk, superuser: psycopg.Connection[Any]) -> None:
    superuser.execute("UPDATE workspaces SET approval_required = true WHERE id = %s", [desk.workspace_id])


@pytest.mark.parametrize(
    ("required", "asked", "status"),
    [(False, None, None), (False, True, "pending"), (True, None, "pending"), (True, True, "pending")],
)
def test_an_approval_is_asked_for_where_the_workspace_or_the_caller_wants_one(
    desk: Desk, superuser: psycopg.Connection[Any], required: bool, asked: bool | None, status: str | None
):
    if required:
        approval_required(desk, superuser)
    made = desk.publication(when=timedelta(hours=1), needs_approval=asked).json
    assert (made["approval_status"], made["approved_by"]) == (status, None)
    assert bool(made["approval_hash"]) is (status is not None)
    assert desk.read(made) == made


def test_no_caller_goes_without_the_approval_that_the_workspace_wants(
    desk: Desk, superuser: psycopg.Connection[Any]
):
    approval_required(desk, superuser)
    answer = desk.publication(when=timedelta(hours=1), needs_approval=False)
    assert fault(answer) == (422, "/needs_approval", "approval_required")


def test_an_approval_needs_some_time(desk: Desk, network: FakeNetwork):
    assert fault(desk.publication(needs_approval=True)) == (422, "/scheduled_at", "approval_needs_time")
    made = desk.publication(needs_approval=True, late_policy="skip", late_after_minutes=60).json
    desk.work(desk.woken())
    assert (desk.read(made)["status"], network.calls) == ("scheduled", 0)


@contextmanager
def sent() -> Iterator[list[tuple[str, Any]]]:
    """The statements that the application sends meanwhile."""
    found: list[tuple[str, Any]] = []

    def keep(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        found.append((statement, parameters))

    event.listen(Engine, "before_cursor_execute", keep)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", keep)
