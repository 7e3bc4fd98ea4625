"""Many who ask for the next free slot at the same moment, each in a process with a connection of its own."""

import json
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from infra.local.http_events import Request, event
from infra.local.routing import resolve
from lamplighter.domain.access import Caller
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.schemas.publications import PublicationCreate
from lamplighter.services import scheduling, slots
from tests.integration.http import NAME_OF, ROUTES
from tests.integration.processes import handled
from tests.integration.slots.conftest import Planner

CALLERS = 100
ROUNDS = 8
HOURLY = tuple(f"{hour:02}:00" for hour in range(24))
HOUR = timedelta(hours=1)


@pytest.fixture
def present(planner: Planner) -> Planner:
    """Other processes know nothing of a clock that was moved in this one."""
    move_clock(None)
    return planner


def wanted(planner: Planner, *connections: str) -> Any:
    """A request for the next free slot with a text of its own."""
    body = {
        "content_id": planner.desk.content(f"Good evening {time.monotonic_ns()}"),
        "connection_ids": list(connections),
        "scheduled_at": "next-free-slot",
    }
    headers = {"content-type": "application/json", "authorization": f"Bearer {planner.http.key}"}
    target = f"/v1/workspaces/{planner.http.workspace_id}/publications"
    request = Request("POST", target, list(headers.items()), json.dumps(body).encode(), "127.0.0.1")
    match = resolve(ROUTES, "POST", target)
    assert match
    assert NAME_OF[match.logical_id] == "publications"
    return event(request, match)


def body(planner: Planner, account: str) -> PublicationCreate:
    """The same, as a service takes it."""
    content = planner.desk.content(f"Good evening {time.monotonic_ns()}")
    return PublicationCreate(
        content_id=UUID(content), connection_ids=[UUID(account)], scheduled_at="next-free-slot"
    )


def caller(planner: Planner) -> Caller:
    """Somebody in the tenant."""
    query = "SELECT organization_id FROM workspaces WHERE id = %s"
    [(organization_id,)] = planner.behind.execute(query, [planner.desk.workspace_id]).fetchall()
    owners = {"workspace_id": planner.desk.workspace_id, "organization_id": organization_id}
    return Caller(kind="api_key", id=uuid4(), **owners)


def until_waiting(planner: Planner, request: Future[Any]) -> None:
    """Until a request waits for a lock."""
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    until = time.monotonic() + 8
    while not planner.behind.execute(query).fetchone():
        assert not request.done(), request.result()
        assert time.monotonic() < until, "the request waits for nothing"
        time.sleep(0.01)


def answered(requests: Sequence[Any], warm_up: Any = None) -> list[Any]:
    """The answer to each, all at once. Whoever is told that others hold what it needs was refused without any
    effect, and asks again: on a busy machine a hundred in a row take longer than one of them waits."""
    begun = [] if warm_up is None else [warm_up]
    answers = handled("publications", requests, warm_up=warm_up)
    asked = [*begun, *requests]
    for _ in range(ROUNDS):
        busy = [number for number, answer in enumerate(answers) if answer["statusCode"] == 503]
        if not busy:
            break
        assert {json.loads(answers[number]["body"])["code"] for number in busy} == {"busy"}
        for number, answer in zip(busy, handled("publications", [asked[n] for n in busy]), strict=True):
            answers[number] = answer
    return answers


def times(answers: Sequence[Any]) -> list[datetime]:
    """When each goes out; all were accepted."""
    assert Counter(answer["statusCode"] for answer in answers) == {201: len(answers)}
    return sorted(datetime.fromisoformat(json.loads(answer["body"])["scheduled_at"]) for answer in answers)


def test_a_hundred_callers_at_once_get_the_next_hundred_slots(present: Planner):
    account = present.account()
    present.plan(account, *HOURLY)
    first, *others = [wanted(present, account) for _ in range(CALLERS)]
    found = times(answered(others, warm_up=first))
    assert found[0] <= datetime.now(UTC) + HOUR
    assert found == [found[0] + number * HOUR for number in range(CALLERS)], "each once, none left out"


def test_callers_for_overlapping_accounts_wait_for_each_other_and_for_nothing_else(present: Planner):
    """Named in either order, the accounts are held in one."""
    present.plan(None, *HOURLY)
    one, two, three = (present.account() for _ in range(3))
    groups = [(one, two), (two, one), (two, three), (three, two), (three, one), (one,), (three,)] * 3
    answers = answered([wanted(present, *group) for group in groups])
    taken: dict[str, list[str]] = {one: [], two: [], three: []}
    for answer in answers:
        assert answer["statusCode"] == 201, answer["body"]
        made = json.loads(answer["body"])
        for row in made["platforms"]:
            taken[row["connection_id"]].append(made["scheduled_at"])
    for each in taken.values():
        assert len(each) == len(set(each))


def test_who_goes_by_a_new_plan_waits_for_who_goes_by_the_old_one(present: Planner):
    """They are after the same account's slots, and what holds them is no plan's row."""
    present.plan(None, *HOURLY)
    account = present.account()
    with ThreadPoolExecutor(1) as other:
        with transaction(present.desk.workspace_id) as tx:
            first, _wakes = scheduling.create(tx, caller(present), body(present, account))
            present.plan(account, *HOURLY)
            second = other.submit(present.queue, account)
            until_waiting(present, second)
        assert second.result()["scheduled_at"] > first.scheduled_at.isoformat()


def test_a_time_that_somebody_chose_waits_for_nobodys_slot(present: Planner):
    present.plan(None, *HOURLY)
    account = present.account()
    with transaction(present.desk.workspace_id) as tx:
        slots.next_free(tx, caller(present), [UUID(account)])
        tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
        assert present.queue(account, when=tomorrow)["queued"] is False


def test_a_reshuffle_holds_a_recurring_post_before_its_publications(present: Planner):
    """As everybody does: who skips an occurrence meanwhile has the former, and needs the latter."""
    account = present.account()
    plan = present.plan(account, *HOURLY)
    gone, queued = present.queue(account), present.queue(account)
    rule = present.rule(account, "12:30", status="paused")
    present.behind.execute(
        "UPDATE publications SET recurring_post_id = %s WHERE id = %s", [rule, queued["id"]]
    )
    assert present.http.post(f"/publications/{gone['id']}/cancel").status == 200
    with ThreadPoolExecutor(1) as other:
        with transaction(present.desk.workspace_id) as tx:
            ours = [("recurring_posts", rule), ("publications", queued["id"])]
            statements = [
                text(f"SELECT id FROM {table} WHERE id = '{id_}' FOR NO KEY UPDATE NOWAIT")  # noqa: S608
                for table, id_ in ours
            ]
            tx.session.execute(statements[0])
            done = other.submit(present.reshuffle, plan, order="kept", dry_run=False)
            until_waiting(present, done)
            tx.session.execute(statements[1])
        assert [each["publication_id"] for each in done.result().json["moves"]] == [queued["id"]]


def test_without_its_lock_two_get_the_same_slot(present: Planner, monkeypatch: pytest.MonkeyPatch):
    """What the tests above rest on."""
    present.plan(None, *HOURLY)
    account = present.account()
    monkeypatch.setattr(slots, "hold", lambda *_arguments: None)
    with transaction(present.desk.workspace_id) as tx:
        first, _wakes = scheduling.create(tx, caller(present), body(present, account))
        second = present.queue(account)
    assert datetime.fromisoformat(second["scheduled_at"]) == first.scheduled_at


def test_gaps_and_caps_hold_for_callers_at_once(present: Planner):
    account = present.account()
    present.plan(account, *HOURLY, min_gap_minutes=120, daily_cap=5)
    found = times(answered([wanted(present, account) for _ in range(12)]))
    assert all(later - earlier >= 2 * HOUR for earlier, later in pairwise(found))
    assert max(Counter(at.date() for at in found).values()) <= 5
