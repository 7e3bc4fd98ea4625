"""A change, and at the same moment a worker, somebody who schedules, or another change."""

import json
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from lamplighter.services import publishing
from tests.integration.content.conftest import SOON, Writer, faults
from tests.integration.content.test_effects import print_of, scheduled
from tests.integration.content.test_segments import THREAD
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer
from tests.integration.processes import asked_at_once

type Waiting = Callable[[Callable[[], Answer]], Future[Answer]]

RACES = 25


@pytest.fixture
def waiting(writer: Writer) -> Iterator[Waiting]:
    """Begin a request that comes to wait for a lock; returns once it waits."""
    with ThreadPoolExecutor(1) as pool:

        def begin(request: Callable[[], Answer]) -> Future[Answer]:
            begun = pool.submit(request)
            query = (
                "SELECT 1 FROM pg_stat_activity"
                " WHERE wait_event_type = 'Lock' AND datname = current_database()"
            )
            until = time.monotonic() + 4
            while not writer.behind.execute(query).fetchone():
                assert not begun.done(), begun.result()
                assert time.monotonic() < until, "the request waits for nothing"
                time.sleep(0.01)
            return begun

        yield begin


def test_what_a_worker_sent_while_a_change_waited_is_left_alone(writer: Writer, waiting: Waiting):
    content_id, publication = scheduled(writer)
    before = writer.prints(publication)
    with writer.behind.transaction():
        writer.behind.execute("SELECT 1 FROM publications WHERE id = %s FOR UPDATE", [publication["id"]])
        request = waiting(lambda: writer.change(content_id, {"text": "x" * 10_001}))
        writer.becomes(publication, "publishing")
    answer = request.result()
    assert (answer.status, answer.json["version"]) == (200, 2)
    assert writer.prints(publication) == before


def test_publications_are_locked_in_the_order_of_their_ids(writer: Writer, waiting: Waiting):
    content_id, first = scheduled(writer)
    second = writer.desk.publication(content_id=content_id, when=SOON).json
    low, high = sorted((first["id"], second["id"]))
    row = "FROM publications WHERE id = %s"
    writer.behind.execute(
        "UPDATE publications SET updated_at = now() WHERE id = %s", [low]
    )  # moves to the end
    with writer.behind.transaction():
        writer.behind.execute(f"SELECT 1 {row} FOR UPDATE", [low])
        request = waiting(lambda: writer.change(content_id, {"text": "Good night"}))
        assert writer.behind.execute(f"SELECT 1 {row} FOR UPDATE SKIP LOCKED", [high]).fetchone()
    assert request.result().status == 200


def test_who_schedules_meanwhile_waits_and_gets_the_new_words(writer: Writer, waiting: Waiting):
    content_id, account = writer.desk.content(), writer.desk.connection()
    with writer.behind.transaction():
        text = "UPDATE content SET original_text = 'Good night' WHERE id = %s"
        writer.behind.execute(text, [content_id])
        request = waiting(lambda: writer.desk.publication(account, content_id=content_id, when=SOON))
    assert writer.prints(request.result().json) == {account: print_of(writer.read(content_id))}


def test_a_change_waits_for_who_schedules_and_reaches_what_was_made(writer: Writer, waiting: Waiting):
    content_id, other = scheduled(writer)
    with writer.behind.transaction():
        writer.behind.execute("SELECT 1 FROM content WHERE id = %s FOR SHARE", [content_id])
        request = waiting(lambda: writer.change(content_id, {"status": "archived"}))
        writer.becomes(other, "cancelled")
    assert request.result().status == 200


def test_content_is_either_archived_or_scheduled(writer: Writer):
    account = writer.desk.connection()
    for number in range(RACES):
        content_id = writer.desk.content(f"Good evening {number}")
        with ThreadPoolExecutor(2) as pool:
            made = pool.submit(writer.desk.publication, account, content_id=content_id, when=SOON)
            gone = pool.submit(writer.change, content_id, {"status": "archived"}, etag='"1"')
        answers = (made.result(), gone.result())
        if answers[0].status == 201:
            assert (answers[1].status, answers[1].json["code"]) == (409, "content_in_use")
        else:
            assert faults(answers[0]) == [("/content_id", "content_archived")]
            assert answers[1].status == 200


def test_of_twenty_changes_of_one_version_one_is_made(writer: Writer):
    content_id = writer.desk.content()
    bodies = [{"text": f"{number}"} for number in range(20)]
    answers = asked_at_once(writer.http, "PATCH", f"/content/{content_id}", bodies, **{"if-match": '"1"'})
    assert sorted(answer["statusCode"] for answer in answers) == [200, *[412] * 19]
    [made] = [answer for answer in answers if answer["statusCode"] == 200]
    assert writer.read(content_id) == json.loads(made["body"])
    assert len(writer.events()) == 1


def sent(writer: Writer) -> None:
    """The workers go on until nothing is woken any more."""
    while messages := writer.desk.woken():
        writer.desk.work(messages)


def test_a_change_before_the_worker_begins_goes_out(writer: Writer, network: FakeNetwork):
    content_id = writer.desk.content()
    publication = writer.desk.publication(content_id=content_id).json
    assert writer.change(content_id, {"text": "Good night", "segments": [THREAD]}).status == 200
    sent(writer)
    assert network.texts == ["Good night", THREAD["text"]]
    assert writer.desk.read(publication)["status"] == "published"


def test_a_change_after_the_worker_prepared_goes_out_and_what_was_prepared_does_not(
    writer: Writer, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    content_id = writer.desk.content()
    publication = writer.desk.publication(content_id=content_id).json
    arm, changes = publishing.arm, [{"text": "Good night"}]

    def late(*arguments: Any, **named: Any) -> Any:
        if changes:
            assert writer.change(content_id, changes.pop()).status == 200
        return arm(*arguments, **named)

    monkeypatch.setattr(publishing, "arm", late)
    sent(writer)
    assert network.texts == ["Good night"]
    assert list(writer.prints(publication).values()) == [print_of(writer.read(content_id))]


def test_a_change_while_the_post_is_under_way_does_not_touch_it(writer: Writer, network: FakeNetwork):
    content_id = writer.desk.content()
    publication = writer.desk.publication(content_id=content_id).json
    before, changes = writer.prints(publication), [{"text": "x" * 10_001}]

    def meanwhile() -> None:
        if changes:
            assert writer.change(content_id, changes.pop()).status == 200

    network.before = meanwhile
    sent(writer)
    assert network.texts == ["Good evening"]
    assert (writer.desk.read(publication)["status"], writer.prints(publication)) == ("published", before)


def test_what_goes_out_is_what_is_recognised_afterwards(writer: Writer, network: FakeNetwork):
    account, texts = writer.desk.connection(), {}
    for number in range(RACES):
        content_id = writer.desk.content(f"{number} before")
        publication = writer.desk.publication(account, content_id=content_id).json
        messages = writer.desk.woken()
        with ThreadPoolExecutor(2) as pool:
            pool.submit(writer.desk.work, messages)
            changed = pool.submit(writer.change, content_id, {"text": f"{number} after"})
        assert changed.result().status == 200
        sent(writer)
        [texts[number]] = [text for text in network.texts if text.startswith(f"{number} ")]
        content = {**writer.read(content_id), "text": texts[number]}
        assert writer.prints(publication) == {account: print_of(content)}
