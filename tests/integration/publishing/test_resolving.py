"""Resolving by hand: a person's word ends the looking, and a look under way changes nothing any more."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from sqlalchemy import select

from lamplighter.domain.interventions import SETTLING
from lamplighter.domain.outcomes import Absent, Outcome, Published, Unknown
from lamplighter.domain.publishing import LOOKS_UNTIL_TOLD
from lamplighter.platforms.base import Json
from lamplighter.postgres.models import AuditEntry, Dispatch, PublicationAttempt
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import delivery, publishing, recording, wakeups
from lamplighter.services.work import Work
from tests.integration import fake_network
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http
from tests.integration.publishing.conftest import Desk

WHERE = "https://social.example/@lamp/7"
POSTED = {"outcome": "posted", "url": WHERE, "platform_post_id": "7"}
NOT_POSTED = {"outcome": "not_posted"}


def lost(desk: Desk, network: FakeNetwork, **more: Any) -> Any:
    """A publication whose answer was lost after the network had taken it."""
    network.answers = [fake_network.cut]
    made = desk.publication(**more).json
    desk.work(desk.woken())
    assert part(desk, made)["status"] == "publishing"
    return made


def part(desk: Desk, publication: Any) -> Any:
    [found] = desk.read(publication)["platforms"]
    return found


def resolve(
    desk: Desk,
    publication: Any,
    body: Json,
    by: Http | None = None,
    later: timedelta | None = None,
    **headers: str,
) -> Answer:
    """The answer to whoever says so: by default at once, and that nothing is there once that is believed."""
    path = f"/publications/{publication['id']}/platforms/{publication['platforms'][0]['id']}/resolve"
    move_clock(later or (SETTLING if body == NOT_POSTED else None))
    try:
        return (by or desk.http).post(path, body, **headers)
    finally:
        move_clock(None)


def refusal(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def looking(desk: Desk) -> tuple[Work, Json]:
    """A worker that is about to be told by the network what became of the post."""
    claim = wakeups.parsed(desk.due()[0])
    with transaction(claim.workspace_id) as tx:
        due = tx.session.scalars(select(Dispatch)).one()
        due.due_at = tx.now
    with transaction(claim.workspace_id) as tx:
        work = publishing.begin(tx, claim).work
    assert work
    assert work.reconciles
    frozen = delivery.prepare(work)
    assert isinstance(frozen, dict)
    with transaction(work.workspace_id) as tx:
        assert publishing.arm(tx, work, frozen).work
    return work, frozen


def attempts(desk: Desk) -> list[tuple[str, bool, str | None]]:
    with transaction(desk.workspace_id) as tx:
        rows = tx.session.scalars(select(PublicationAttempt).order_by(PublicationAttempt.number))
        return [(row.status, row.reconciles, row.error_code) for row in rows]


def recorded(work: Work, outcome: Outcome | Absent) -> None:
    with transaction(work.workspace_id) as tx:
        assert recording.record(tx, work, outcome, 0.1) == []


def test_what_was_posted_is_published_where_the_person_says(desk: Desk, network: FakeNetwork):
    made = lost(desk, network)
    answer = resolve(desk, made, POSTED)
    assert (answer.status, answer.json["status"]) == (200, "published")
    platform = part(desk, made)
    assert (platform["status"], platform["url"], platform["platform_post_id"]) == ("published", WHERE, "7")
    assert platform["published_at"]
    assert [(s["segment"], s["url"]) for s in platform["segments"]] == [(0, WHERE)]
    assert platform["next_attempt_at"] is None
    assert attempts(desk)[-1] == ("published", True, "resolved_by_person")
    calls = network.calls
    desk.work(desk.woken())
    desk.work_later(timedelta(hours=1), desk.due())
    assert network.calls == calls
    with transaction(desk.workspace_id) as tx:
        [entry] = tx.session.scalars(select(AuditEntry).where(AuditEntry.action == "publication.resolved"))
        assert entry.after["outcome"] == "posted"


def test_what_was_not_posted_is_sent_again(desk: Desk, network: FakeNetwork):
    made = lost(desk, network)
    network.accepted.clear()  # the person looked: there is nothing
    answer = resolve(desk, made, NOT_POSTED)
    assert (answer.status, answer.json["platforms"][0]["status"]) == (200, "pending")
    desk.work_later(SETTLING, desk.woken())
    assert desk.read(made)["status"] == "published"
    assert len(network.accepted) == 1
    assert [status for status, _, _ in attempts(desk)] == ["unknown", "not_sent", "published"]


def test_what_was_not_posted_can_be_cancelled_or_moved_like_anything_unsent(desk: Desk, network: FakeNetwork):
    made = lost(desk, network)
    resolve(desk, made, NOT_POSTED)
    assert desk.http.post(f"/publications/{made['id']}/cancel").json["status"] == "cancelled"
    desk.work(desk.woken())
    assert network.calls == 1


@pytest.mark.parametrize(
    "told", [Published("99", "https://wrong.example/99"), Absent()], ids=lambda o: type(o).__name__
)
@pytest.mark.parametrize("body", [POSTED, NOT_POSTED], ids=lambda body: body["outcome"])
def test_a_look_under_way_changes_nothing_any_more(
    desk: Desk, network: FakeNetwork, body: Json, told: Outcome | Absent
):
    made = lost(desk, network)
    work, _frozen = looking(desk)
    resolved = resolve(desk, made, body)
    assert resolved.status == 200
    before, ledger = desk.read(made), attempts(desk)
    recorded(work, told)
    assert (desk.read(made), attempts(desk)) == (before, ledger)
    assert not any(status in {"claimed", "prepared", "sending"} for status, _, _ in ledger)


def test_a_look_that_begins_after_the_word_of_a_person_finds_nothing_to_do(desk: Desk, network: FakeNetwork):
    made = lost(desk, network)
    old = desk.due()
    resolve(desk, made, POSTED)
    desk.work_later(timedelta(hours=1), old)
    assert network.calls == 1
    assert part(desk, made)["platform_post_id"] == "7"


def test_a_call_that_is_being_made_is_waited_for(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    claim = wakeups.parsed(desk.woken()[0])
    with transaction(claim.workspace_id) as tx:
        work = publishing.begin(tx, claim).work
    assert work
    frozen = delivery.prepare(work)
    assert isinstance(frozen, dict)
    assert refusal(resolve(desk, made, NOT_POSTED)) == (409, "outcome_known")
    with transaction(work.workspace_id) as tx:
        assert publishing.arm(tx, work, frozen).work
    for body in (POSTED, NOT_POSTED):
        assert refusal(resolve(desk, made, body)) == (409, "being_sent")
    outcome = delivery.call(work, frozen)
    with transaction(work.workspace_id) as tx:
        recording.record(tx, work, outcome, 0.1)
    assert refusal(resolve(desk, made, NOT_POSTED)) == (409, "outcome_known")
    assert len(network.accepted) == 1


@pytest.mark.parametrize("status", ["pending", "failed", "held", "skipped", "cancelled", "removed"])
def test_nobody_is_asked_where_the_outcome_is_known(
    desk: Desk, superuser: psycopg.Connection[Any], status: str
):
    made = desk.publication(when=timedelta(hours=1)).json
    [platform] = made["platforms"]
    superuser.execute("UPDATE publication_platforms SET status = %s WHERE id = %s", [status, platform["id"]])
    assert refusal(resolve(desk, made, NOT_POSTED)) == (409, "outcome_known")


def test_what_nobody_looks_for_any_more_is_resolved_all_the_same(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    """As where the looks are used up, or the network has none to offer."""
    made = lost(desk, network)
    superuser.execute("DELETE FROM dispatches WHERE workspace_id = %s", [desk.workspace_id])
    superuser.execute(
        "UPDATE publication_platforms SET status = 'unknown' WHERE workspace_id = %s", [desk.workspace_id]
    )
    network.accepted.clear()
    assert resolve(desk, made, NOT_POSTED).status == 200
    desk.work_later(SETTLING, desk.woken())
    assert desk.read(made)["status"] == "published"


def test_a_post_of_another_publication_is_taken_for_none(desk: Desk, network: FakeNetwork):
    connection = desk.connection()
    first = desk.publication(connection).json
    desk.work(desk.woken())
    known = part(desk, first)["platform_post_id"]
    network.answers = [fake_network.cut]
    made = desk.publication(connection, content_id=desk.content("Another")).json
    desk.work(desk.woken())
    answer = resolve(desk, made, {**POSTED, "platform_post_id": known})
    assert refusal(answer) == (409, "another_publications_post")
    assert part(desk, made)["status"] == "publishing"


def test_a_thread_goes_on_after_the_segment_that_a_person_found(desk: Desk, network: FakeNetwork):
    content = desk.content("First", segments=[{"kind": "thread", "text": "Second"}])
    made = lost(desk, network, content_id=content)
    network.accepted[0]["id"] = "7"
    without = {name: value for name, value in POSTED.items() if name != "platform_post_id"}
    answer = resolve(desk, made, without)
    [fault] = answer.json["errors"]
    assert (answer.status, fault["code"]) == (422, "platform_post_id_missing")
    assert resolve(desk, made, POSTED).json["platforms"][0]["status"] == "publishing"
    desk.work(desk.woken())
    assert [(post["text"], post["reply_to"]) for post in network.accepted] == [
        ("First", None),
        ("Second", "7"),
    ]
    platform = part(desk, made)
    assert (platform["status"], platform["platform_post_id"]) == ("published", "7")


def test_a_segment_that_a_look_found_is_in_question_no_more(desk: Desk, network: FakeNetwork):
    content = desk.content("First", segments=[{"kind": "thread", "text": "Second"}])
    made = lost(desk, network, content_id=content)
    work, _ = looking(desk)
    told_of = replace(work, effort=replace(work.effort, looks=LOOKS_UNTIL_TOLD))
    with transaction(work.workspace_id) as tx:
        recording.record(tx, told_of, Unknown("not_found_yet", "Not there."), 0.1)
    assert (desk.read(made)["status"], part(desk, made)["status"]) == ("needs_review", "unknown")
    work, _ = looking(desk)
    with transaction(work.workspace_id) as tx:
        assert recording.record(tx, work, Published("9", "https://social.example/@lamp/9"), 0.1)
    assert (desk.read(made)["status"], part(desk, made)["status"]) == ("publishing", "publishing")
    assert refusal(resolve(desk, made, POSTED)) == (409, "being_sent")
    assert part(desk, made)["platform_post_id"] == "9"


@pytest.mark.parametrize(
    "body",
    [
        {"outcome": "posted"},
        {"outcome": "perhaps"},
        {"outcome": "posted", "url": "http://social.example/7"},
        {"outcome": "posted", "url": "javascript:alert(1)"},
        {"outcome": "posted", "url": "https://social.example/<script>"},
        {"outcome": "posted", "url": WHERE, "platform_post_id": "7 8"},
        {"outcome": "not_posted", "url": WHERE},
        {"outcome": "not_posted", "platform_post_id": "7"},
    ],
)
def test_what_cannot_be_is_refused(desk: Desk, network: FakeNetwork, body: Json):
    made = lost(desk, network)
    before = desk.read(made)
    assert refusal(resolve(desk, made, body)) == (422, "validation_failed")
    assert desk.read(made) == before


def test_a_repetition_with_the_same_key_sends_nothing_twice(desk: Desk, network: FakeNetwork):
    made = lost(desk, network)
    network.accepted.clear()
    key = {"idempotency-key": "looked"}
    first, again = (resolve(desk, made, NOT_POSTED, **key) for _ in range(2))
    assert (first.json, again.headers["idempotent-replayed"]) == (again.json, "true")
    desk.work_later(SETTLING, desk.woken())
    assert len(network.accepted) == 1


def test_a_key_resolves_only_what_it_sees(desk: Desk, network: FakeNetwork, http_test_key: Http):
    made = lost(desk, network)
    body = {
        "name": "limited",
        "permissions": ["publications:write"],
        "connection_ids": [desk.connection("x")],
    }
    limited = Http(desk.http.workspace_id, desk.http.post("/api-keys", body).json["key"])
    for stranger in (limited, http_test_key):
        assert refusal(resolve(desk, made, POSTED, stranger)) == (404, "not_found")
