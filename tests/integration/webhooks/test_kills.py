"""Killed at each step from the business write to the receiver's 200: nothing is lost, nothing is invented."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.tools.webhook_identity import Identity, identity
from lamplighter.settings import settings
from tests.conftest import Database
from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import silent, status

ROOT = Path(__file__).resolve().parents[3]
SERVICES = "lamplighter.services"
type Kill = tuple[str, str, str, int]

BUSINESS: dict[str, tuple[Kill, int]] = {
    "before the event": ((f"{SERVICES}.outbox", "emit_each", "before", 1), 0),
    "before the commit": ((f"{SERVICES}.outbox", "emit_each", "after", 1), 0),
    "after the commit": ((f"{SERVICES}.delivery_wakes", "send_noted", "before", 1), 1),
    "after the wake-up": ((f"{SERVICES}.delivery_wakes", "send_noted", "after", 1), 1),
}
"""A kill, and how many events there are afterwards."""
FAN_OUT: dict[str, Kill] = {
    "before handing over": (f"{SERVICES}.fan_out", "fan_out", "before", 1),
    "before the commit": (f"{SERVICES}.fan_out", "fan_out", "after", 1),
    "before the wake-ups": (f"{SERVICES}.delivery_wakes", "send", "before", 1),
    "after the wake-ups": (f"{SERVICES}.delivery_wakes", "send", "after", 1),
}
DELIVERING: dict[str, Kill] = {
    "before the lease": (f"{SERVICES}.delivering", "hold", "before", 1),
    "before the lease's commit": (f"{SERVICES}.delivering", "hold", "after", 1),
    "with the lease": (f"{SERVICES}.delivering", "proceed", "before", 1),
    "with what is due": (f"{SERVICES}.delivering", "send", "before", 1),
    "before the request": (f"{SERVICES}.posting", "body_of", "before", 1),
    "after the answer": (f"{SERVICES}.posting", "retry_after", "before", 1),
    "before the record": (f"{SERVICES}.delivering", "proceed", "before", 2),
    "before the record's commit": (f"{SERVICES}.delivering", "proceed", "after", 2),
    "after the record": (f"{SERVICES}.delivery_wakes", "send", "before", 1),
}


@pytest.fixture
def superuser(database: Database) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        yield connection


def killed(kill: Kill, **order: Any) -> None:
    """A process that is killed there."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}", "POWERTOOLS_LOG_LEVEL": "CRITICAL"}
    command = [sys.executable, "-m", "tests.integration.webhooks.victim", json.dumps({"kill": kill, **order})]
    ended = subprocess.run(command, cwd=ROOT, env=environ, timeout=60, check=False, capture_output=True)
    assert ended.returncode == -9, ended.stderr.decode()


def recovered(board: Switchboard) -> None:
    """Some minutes on, sweeps and all."""
    for _ in range(3):
        board.later(timedelta(minutes=2))
        board.sweep()


def found(board: Switchboard, superuser: "psycopg.Connection[Any]") -> Identity:
    board.woken()
    return identity(superuser)


@pytest.mark.parametrize("where", BUSINESS)
def test_an_event_is_there_with_its_effect_and_never_without(
    board: Switchboard, superuser: "psycopg.Connection[Any]", where: str
):
    kill, count = BUSINESS[where]
    receiver = board.receiver()
    board.endpoint(receiver, events=["content.*"])
    caller = {"workspace_id": board.http.workspace_id, "key": board.http.key}
    killed(kill, content="Light", **caller)
    recovered(board)
    listed = board.http.get("/content").json["items"]
    assert len(listed) == len(board.events()) == count
    assert [m.json["data"]["content_id"] for m in receiver.messages] == [row["id"] for row in listed]
    assert found(board, superuser).holds


@pytest.mark.parametrize("where", FAN_OUT)
def test_handing_over_is_whole(board: Switchboard, superuser: "psycopg.Connection[Any]", where: str):
    receivers = [board.receiver(), board.receiver()]
    for receiver in receivers:
        board.endpoint(receiver)
    board.happens(count=3)
    killed(FAN_OUT[where], message=board.woken()[0])
    recovered(board)
    ids = sorted(f"msg_{event.id}" for event in board.events())
    assert len(ids) == 3
    assert [sorted(m.id for m in receiver.messages) for receiver in receivers] == [ids, ids]
    assert found(board, superuser).holds


@pytest.mark.parametrize("where", DELIVERING)
def test_a_delivery_comes_once_more_rather_than_never(
    board: Switchboard, superuser: "psycopg.Connection[Any]", where: str
):
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver)
    board.happens()
    board.run(*board.woken())
    killed(DELIVERING[where], message=board.woken()[0])
    recovered(board)
    [event] = board.events()
    assert {m.id for m in receiver.messages} == {f"msg_{event.id}"}
    twice = where in {"after the answer", "before the record", "before the record's commit"}
    assert len(receiver.messages) == (2 if twice else 1)
    [delivery] = board.deliveries(webhook_id)
    begun = twice or where in {"with what is due", "before the request"}
    log = [(a.number, a.error_code, a.status_code) for a in board.attempts(delivery)]
    assert log == ([(1, "unfinished", None), (2, None, 200)] if begun else [(1, None, 200)])
    assert (delivery.status, delivery.attempts, delivery.error_code) == ("delivered", len(log), None)
    assert found(board, superuser).holds


def test_what_a_dead_worker_had_is_in_the_log_and_no_other(board: Switchboard):
    """With a rate it had a few; and an attempt that nobody knows of takes none of the schedule's."""
    receiver = board.receiver(then=status(500))
    webhook_id = board.endpoint(receiver, rate_per_minute=60)
    board.happens(count=20)
    board.run(*board.woken())
    killed(DELIVERING["before the request"], message=board.woken()[0])
    board.happens(count=20)
    recovered(board)
    lost = 0
    for delivery in board.deliveries(webhook_id):
        log = [attempt.error_code for attempt in board.attempts(delivery)]
        assert log.count("bad_status") == delivery.attempts - delivery.attempts_before
        assert delivery.attempts == len(log)
        lost += log.count("unfinished")
    assert lost == 6


def test_an_endpoint_that_somebody_is_at_is_not_woken(board: Switchboard):
    receiver = board.receiver()

    def busy(peer: Any) -> None:
        board.happens()
        board.run(*[m for m in board.woken() if "webhook_id" not in m])
        woken.extend(board.woken())
        with suppress(OSError):
            peer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    woken: list[Any] = []
    receiver.replies.append(busy)
    board.endpoint(receiver)
    board.happens()
    board.settle()
    assert woken == []
    assert len(receiver.messages) == 2


def test_sqs_is_down_for_half_an_hour(
    board: Switchboard, superuser: "psycopg.Connection[Any]", monkeypatch: pytest.MonkeyPatch
):
    receiver = board.receiver(status(500))
    webhook_id = board.endpoint(receiver, events=["content.*"])
    real = settings().delivery_queue_url
    monkeypatch.setenv("DELIVERY_QUEUE_URL", real + "-that-is-down")
    settings.cache_clear()
    for minute in range(30):
        assert board.http.post("/content", {"text": f"Light {minute}"}).status == 201
        board.tick()
        board.later(timedelta(minutes=1))
    assert receiver.messages == []
    monkeypatch.setenv("DELIVERY_QUEUE_URL", real)
    settings.cache_clear()
    recovered(board)
    for _ in range(4):
        board.later(timedelta(minutes=6))
        board.sweep()
    assert len({m.id for m in receiver.messages}) == 30
    assert {d.status for d in board.deliveries(webhook_id)} == {"delivered"}
    assert found(board, superuser).holds


def test_two_workers_at_once_send_each_event_once(board: Switchboard):
    receivers = [board.receiver() for _ in range(3)]
    for receiver in receivers:
        board.endpoint(receiver)
    board.happens(count=200)
    [wake] = board.woken()
    workers = [threading.Thread(target=board.run, args=(wake,)) for _ in range(4)]
    together(workers)
    messages = board.woken()
    together([threading.Thread(target=board.run, args=(m,)) for m in messages * 3])
    board.settle()
    for receiver in receivers:
        assert len(receiver.messages) == len({m.id for m in receiver.messages}) == 200


def together(threads: list[threading.Thread]) -> None:
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)


def test_a_doubled_message_sends_nothing_twice(board: Switchboard):
    receiver = board.receiver()
    board.endpoint(receiver)
    board.happens()
    wakes = board.woken()
    board.run(*wakes, *wakes)
    wakes = board.woken()
    board.run(*wakes, *wakes, *wakes)
    assert len(receiver.messages) == 1


def test_what_happens_while_a_worker_is_at_the_endpoint_is_not_left(board: Switchboard):
    """The wake-up finds the endpoint held; who holds it looks again before it lets go."""
    receiver = board.receiver()

    def busy(peer: Any) -> None:
        board.happens()
        board.run(*[m for m in board.woken() if "webhook_id" not in m])
        board.run(*wakes)
        with suppress(OSError):
            peer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")

    receiver.replies.append(busy)
    board.endpoint(receiver)
    board.happens()
    board.run(*board.woken())
    wakes = board.woken()
    board.run(*wakes)
    assert len(receiver.messages) == 2


def test_an_endpoint_that_hangs_delays_no_other(board: Switchboard, patience: Any):
    patience(1.0)
    slow, quick = board.receiver(then=silent), board.receiver()
    hanging = board.endpoint(slow)
    board.endpoint(quick)
    board.happens(count=20)
    board.run(*board.woken())
    wakes = sorted(board.woken(), key=lambda wake: wake["webhook_id"] != str(hanging))
    worker = threading.Thread(target=board.run, args=(wakes[0],))
    worker.start()
    board.run(wakes[1])
    assert len(quick.messages) == 20
    assert worker.is_alive()
    worker.join(30)
    assert {d.status for d in board.deliveries(hanging)} == {"pending"}
