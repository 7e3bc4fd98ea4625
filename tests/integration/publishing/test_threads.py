"""Threads, first comments, and what is done to them once they are out."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, text

from lamplighter.domain.history import MAX_ATTEMPTS
from lamplighter.postgres.models import Publication
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery, ledger, publishing, wakeups
from tests.integration import fake_network
from tests.integration.fake_network import FakeNetwork
from tests.integration.publishing.conftest import Desk

THREAD = [
    {"kind": "thread", "text": "and then"},
    {"kind": "comment", "text": "a first comment"},
    {"kind": "thread", "text": "and so on"},
]


def scheduled(desk: Desk, **more: Any) -> Any:
    return desk.publication(content_id=desk.content("First of all", segments=THREAD), **more).json


def run(desk: Desk, rounds: int = 30) -> None:
    """What is woken is worked on until nothing is."""
    for _ in range(rounds):
        messages = desk.woken()
        if not messages:
            return
        desk.work(messages)
    pytest.fail("there is no end to it")


def answered(network: FakeNetwork) -> list[tuple[str, str | None]]:
    """Each post's text, and that of the post it answers."""
    texts = {post["id"]: post["text"] for post in network.accepted}
    return [(post["text"], texts.get(post["reply_to"])) for post in network.accepted]


WHOLE = [
    ("First of all", None),
    ("and then", "First of all"),
    ("a first comment", "First of all"),
    ("and so on", "and then"),
]


def test_each_part_answers_the_one_before_and_a_comment_the_first(desk: Desk, network: FakeNetwork):
    made = scheduled(desk)
    run(desk)
    assert answered(network) == WHOLE
    read = desk.read(made)
    assert (read["status"], read["platforms"][0]["platform_post_id"]) == ("published", "1")


@pytest.mark.parametrize("broken_at", [0, 1, 2, 3])
@pytest.mark.parametrize("lost", [fake_network.cut, fake_network.garbage], ids=lambda f: f.__name__)
def test_a_thread_goes_on_where_it_broke(
    desk: Desk, network: FakeNetwork, broken_at: int, lost: Callable[[Any], None]
):
    made = scheduled(desk)
    for _ in range(broken_at):
        desk.work(desk.woken())
    network.answers = [lost]
    run(desk)
    for _ in range(8):
        desk.work_later(timedelta(minutes=1), desk.due())
    assert answered(network) == WHOLE
    assert desk.read(made)["status"] == "published"


def test_what_is_out_in_part_can_no_longer_be_cancelled(desk: Desk, network: FakeNetwork):
    made = scheduled(desk)
    desk.work(desk.woken())
    network.refusals = [(429, {"Retry-After": "60"})]
    run(desk)
    assert desk.read(made)["platforms"][0]["status"] == "publishing"
    assert desk.http.post(f"/publications/{made['id']}/cancel").status == 409


def test_a_part_that_is_refused_leaves_a_publication_in_part(desk: Desk, network: FakeNetwork):
    made = scheduled(desk)
    desk.work(desk.woken())
    network.refusals = [(422, {})]
    run(desk)
    read = desk.read(made)
    assert (read["status"], read["platforms"][0]["status"]) == ("partially_published", "failed")
    assert network.texts == ["First of all"]


def test_an_edit_between_two_tries_is_what_goes_out(desk: Desk, network: FakeNetwork):
    network.refusals = [(503, {})]
    content = desk.content("Befor")
    made = desk.publication(content_id=content).json
    claim = wakeups.parsed(desk.woken()[0])
    with transaction(claim.workspace_id) as tx:
        work = publishing.begin(tx, claim).work
    assert work
    frozen = delivery.prepare(work)
    assert isinstance(frozen, dict)
    etag = desk.http.get(f"/content/{content}").headers["etag"]
    changed = desk.http.call("PATCH", f"/content/{content}", {"text": "After"}, headers={"if-match": etag})
    assert changed.status == 200
    with transaction(claim.workspace_id) as tx:
        armed = publishing.arm(tx, work, frozen)
    assert armed.work is None
    network.refusals = []
    desk.work([wake.message(tx.now).body for wake in armed.wakes])
    assert network.texts == ["After"]
    assert desk.read(made)["status"] == "published"


def test_words_that_were_prepared_before_an_edit_are_not_taken_up_again(desk: Desk, network: FakeNetwork):
    content = desk.content("Before")
    desk.publication(content_id=content)
    network.refusals = [(429, {"Retry-After": "1"})]
    run_once = desk.woken()
    desk.work(run_once)
    etag = desk.http.get(f"/content/{content}").headers["etag"]
    desk.http.call("PATCH", f"/content/{content}", {"text": "After"}, headers={"if-match": etag})
    desk.work_later(timedelta(minutes=1), desk.due())
    assert network.texts == ["After"]


def test_a_removal_takes_the_last_part_first_and_may_be_repeated(desk: Desk, network: FakeNetwork):
    made = scheduled(desk)
    run(desk)
    [platform] = desk.read(made)["platforms"]
    path = f"/publications/{made['id']}/platforms/{platform['id']}/remove"
    assert desk.http.post(path).status in {200, 202}
    network.answers = [fake_network.cut]
    desk.work(desk.woken())
    assert [text for text, _ in WHOLE[:3]] == network.texts
    for _ in range(8):
        desk.work_later(timedelta(minutes=1), desk.due())
    assert network.texts == []
    read = desk.read(made)
    assert (read["status"], read["platforms"][0]["status"]) == ("removed", "removed")


def test_a_removal_that_the_network_refuses_leaves_the_post_as_it_is(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    run(desk)
    [platform] = desk.read(made)["platforms"]
    network.refusals = [(403, {})]
    desk.http.post(f"/publications/{made['id']}/platforms/{platform['id']}/remove")
    run(desk)
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["change"], platform["error_code"]) == ("published", None, "refused")
    assert len(network.accepted) == 1


def test_an_edit_changes_only_the_parts_that_read_otherwise(desk: Desk, network: FakeNetwork):
    content = desk.content("First of all", segments=THREAD)
    made = desk.publication(content_id=content).json
    run(desk)
    etag = desk.http.get(f"/content/{content}").headers["etag"]
    segments = [THREAD[0] | {"text": "and then, mended"}, *THREAD[1:]]
    desk.http.call("PATCH", f"/content/{content}", {"segments": segments}, headers={"if-match": etag})
    [platform] = desk.read(made)["platforms"]
    assert desk.http.post(f"/publications/{made['id']}/platforms/{platform['id']}/edit").status in {200, 202}
    run(desk)
    assert network.texts == ["First of all", "and then, mended", "a first comment", "and so on"]
    assert (network.calls, network.changes) == (4, 1)
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["change"]) == ("published", None)


def test_workers_that_are_always_lost_do_not_try_for_ever(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    message = desk.woken()[0]
    for _ in range(MAX_ATTEMPTS + 1):
        claim = wakeups.parsed(message)
        with transaction(claim.workspace_id) as tx:
            publishing.begin(tx, claim)  # and here the worker dies
        message = desk.due()[0]
    desk.work([message])
    assert desk.read(made)["platforms"][0]["error_code"] == "workers_lost"
    assert network.calls == 0


def test_one_post_on_the_network_is_never_two_of_ours(desk: Desk, network: FakeNetwork):
    connection = desk.connection()
    first = desk.publication(connection).json
    run(desk)
    second = desk.publication(connection, content_id=desk.content("Another")).json
    network.answers = [lambda handler: handler.answer(201, {"id": "1", "url": "https://x.example/1"}, {})]
    desk.work(desk.woken())
    [platform] = desk.read(second)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("publishing", "another_post")
    assert desk.read(first)["platforms"][0]["platform_post_id"] == "1"


def test_the_ledger_keeps_every_segments_id(desk: Desk, network: FakeNetwork):
    made = scheduled(desk)
    run(desk)
    [platform] = desk.read(made)["platforms"]
    with transaction(desk.workspace_id) as tx:
        attempts = ledger.history(tx, desk.workspace_id, UUID(platform["id"]))
        assert [(a.segment, a.status, a.remote_id) for a in attempts] == [
            (n, "published", str(n + 1)) for n in range(4)
        ]


def test_who_finds_nothing_left_waits_for_nobody_who_has_the_publication(desk: Desk, network: FakeNetwork):
    content = desk.content("First", segments=THREAD[:1])
    made = desk.publication(content_id=content).json
    desk.work(desk.woken())
    etag = desk.http.get(f"/content/{content}").headers["etag"]
    shorter = {"segments": []}
    changed = desk.http.call("PATCH", f"/content/{content}", shorter, headers={"if-match": etag})
    assert changed.status == 200, changed.json
    claim = wakeups.parsed(desk.woken()[0])
    mine = select(Publication.id).where(Publication.id == UUID(made["id"])).with_for_update()
    with transaction(claim.workspace_id) as person:
        person.session.execute(mine)
        with transaction(claim.workspace_id) as tx:
            tx.session.execute(text("SET LOCAL lock_timeout = '2s'"))
            begun = publishing.begin(tx, claim)
    [wake] = begun.wakes
    assert begun.work is None
    desk.work([wake.message(wake.due_at).body])
    assert (desk.read(made)["status"], network.texts) == ("published", ["First"])
