"""Somebody changes their mind in the moment in which the publications are made."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any
from uuid import UUID

import psycopg
import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.domain.access import Caller
from lamplighter.postgres.session import transaction
from lamplighter.services import filling, recurring_occurrences
from tests.integration.http import Answer
from tests.integration.recurring.office import Office

type Superuser = psycopg.Connection[Any]
type Post = dict[str, Any]
type Waiting = Callable[[Callable[[], Answer]], Future[Answer]]

ROUNDS = 8
SPREAD = 0.03
"""Seconds by which one of the two is ahead, at most: about as long as making three publications takes."""


@pytest.fixture
def waiting(superuser: Superuser) -> Iterator[Waiting]:
    """Begin a request that comes to wait for a lock; returns once it waits."""
    with ThreadPoolExecutor(1) as pool:

        def begin(request: Callable[[], Answer]) -> Future[Answer]:
            begun = pool.submit(request)
            query = (
                "SELECT 1 FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            until = time.monotonic() + 4
            while not superuser.execute(query).fetchone():
                assert not begun.done(), begun.result()
                assert time.monotonic() < until, "the request waits for nothing"
                time.sleep(0.01)
            return begun

        yield begin


@pytest.fixture
def post(office: Office) -> Post:
    """One of every day, three of which are planned."""
    made = office.created()
    office.spawn()
    return made


def outgoing(office: Office) -> list[str]:
    """When what is to be sent goes out."""
    return [each["scheduled_at"] for each in office.publications() if each["status"] == "scheduled"]


def test_a_skip_waits_for_the_making_and_cancels_what_was_made(office: Office, post: Post, waiting: Waiting):
    one = office.occurrences(post)[1]
    workspace_id = UUID(office.http.workspace_id)
    with transaction(workspace_id) as tx:
        assert filling.made(tx, workspace_id).made == 3
        request = waiting(lambda: office.on(post, one["key"], "skip"))
    answer = request.result()
    assert (answer.status, answer.json["status"]) == (200, "skipped")
    assert office.publication(answer.json["publication_id"])["status"] == "cancelled"
    assert len(outgoing(office)) == 2
    assert one["at"] not in outgoing(office)


def test_while_somebody_skips_nothing_of_the_rule_is_made(office: Office, post: Post, first: FirstWorkspace):
    one = office.occurrences(post)[1]
    with transaction(first.workspace_id) as tx:
        by = Caller(
            kind="api_key",
            id=first.workspace_id,
            workspace_id=first.workspace_id,
            organization_id=first.organization_id,
        )
        recurring_occurrences.skip(tx, by, UUID(post["id"]), one["key"])
        office.fill()
        assert office.publications() == []
    office.fill()
    assert len(outgoing(office)) == 2
    assert one["at"] not in outgoing(office)


def race(one: Callable[[], Any], other: Callable[[], Any], dice: random.Random) -> None:
    """Both at nearly the same moment."""
    gate = threading.Barrier(2)
    errors: list[BaseException] = []

    def run(act: Callable[[], Any], wait: float) -> None:
        gate.wait()
        time.sleep(max(0.0, wait))
        try:
            act()
        except BaseException as error:  # told below
            errors.append(error)

    lead = dice.uniform(-SPREAD, SPREAD)
    threads = [threading.Thread(target=run, args=pair) for pair in ((one, lead), (other, -lead))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []


@pytest.mark.parametrize("action", ["skip", "pause", "delete", "change"])
def test_what_somebody_stopped_never_goes_out(office: Office, action: str):
    dice = random.Random(action)  # noqa: S311  # to be repeated
    given = {"content_ids": [office.content()], "connection_ids": [office.connection()]}
    other = office.content("Good night")
    for _ in range(ROUNDS):
        post = office.created(**given)
        office.spawn()
        days = office.occurrences(post, "limit=3")
        answers: list[Answer] = []
        acts: dict[str, Callable[[], Answer]] = {
            "skip": lambda post=post, days=days: office.on(post, days[1]["key"], "skip"),
            "pause": lambda post=post: office.act(post, "pause"),
            "delete": lambda post=post: office.delete(post),
            "change": lambda post=post: office.change(post, content_ids=[other]),
        }
        race(office.fill, lambda act=acts[action], told=answers: told.append(act()), dice)
        assert [each.status for each in answers] == [204 if action == "delete" else 200]
        office.run()
        mine = [each for each in office.publications() if each["status"] == "scheduled"]
        if action == "skip":
            assert {each["scheduled_at"] for each in mine} == {days[0]["at"], days[2]["at"]}
        elif action == "change":
            assert [each["content_id"] for each in mine] == [other] * 3
        else:
            assert mine == []
        if action != "delete":
            assert office.delete(post).status == 204
        assert outgoing(office) == []
