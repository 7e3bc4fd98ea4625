"""What wakes an endpoint and who waits for whom: bounded, however long it fails, however many there are."""

import heapq
from collections.abc import Collection
from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lamplighter.clients import keys
from lamplighter.services import delivery_wakes, fan_out, sealing
from lamplighter.services.delivery_wakes import DeliveryWake
from tests.integration.egress.servers import Peer
from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import status

MINUTE = timedelta(minutes=1)
TRANSIT = timedelta(milliseconds=50)


class Queue:
    """The delivery queue on the board's clock: what is delayed comes when it is due."""

    def __init__(self, board: Switchboard, monkeypatch: pytest.MonkeyPatch) -> None:
        self.board = board
        self.handled = 0
        self._sent = 0
        self._waiting: list[tuple[Any, int, DeliveryWake]] = []
        monkeypatch.setattr(delivery_wakes, "send", self.send)

    def send(self, wakes: Collection[DeliveryWake]) -> None:
        for wake in wakes:
            self._sent += 1
            at = self.board.now() + timedelta(seconds=wake.delay_seconds) + TRANSIT
            heapq.heappush(self._waiting, (at, self._sent, wake))

    def run(self, until: Any) -> None:
        """Handle what comes by then."""
        while self._waiting and self._waiting[0][0] <= until:
            at, _, wake = heapq.heappop(self._waiting)
            self.pass_to(at)
            self.handled += 1
            assert self.board.run(dict(wake.message().body)) == {"batchItemFailures": []}
        self.pass_to(until)

    def pass_to(self, moment: Any) -> None:
        self.board.later(max(moment - self.board.now(), timedelta(0)))


def test_a_failing_endpoint_is_woken_as_often_as_it_is_tried(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
):
    """Every sweep wakes it, and none of these wake-ups goes on for ever beside the others."""
    queue = Queue(board, monkeypatch)
    receiver = board.receiver(then=status(500))
    board.endpoint(receiver)
    for _ in range(25):
        board.happens(count=2)
        queue.run(board.now() + MINUTE)
        board.tick()
    assert len(receiver.messages) > 75
    assert queue.handled < 3 * len(receiver.messages)


def test_a_backlog_at_a_limited_rate_is_woken_as_often_as_it_is_sent(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
):
    queue = Queue(board, monkeypatch)
    receiver = board.receiver()
    board.endpoint(receiver, rate_per_minute=10)
    board.happens(count=150)
    for _ in range(10):
        queue.run(board.now() + MINUTE)
        board.tick()
    assert len(receiver.messages) >= 95
    assert queue.handled < 2 * len(receiver.messages)


def test_what_happens_while_the_rate_is_used_up_is_told_once_it_is_not(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
):
    """Without a sweep: nobody else has been woken for it."""
    queue = Queue(board, monkeypatch)
    receiver = board.receiver()
    board.endpoint(receiver, rate_per_minute=10)
    board.happens()
    queue.run(board.now() + timedelta(seconds=1))
    board.happens()
    queue.run(board.now() + timedelta(seconds=1))
    assert len(receiver.messages) == 1
    queue.run(board.now() + timedelta(seconds=8))
    assert len(receiver.messages) == 2


def test_many_endpoints_are_handed_few_events_at_a_time(board: Switchboard, monkeypatch: pytest.MonkeyPatch):
    """Whoever has just sent something waits for the transaction that hands over, to write it down."""
    monkeypatch.setattr(fan_out, "MOST_MADE", 10)
    receiver = board.receiver()
    for _ in range(4):
        board.endpoint(receiver)
    board.happens(count=7)
    made: list[int] = []
    handed_over = fan_out.fan_out

    def counted(*given: Any) -> fan_out.FannedOut:
        before = board.in_outbox()
        found = handed_over(*given)
        made.append(before)
        return found

    monkeypatch.setattr(fan_out, "fan_out", counted)
    board.settle()
    assert made == [7, 5, 3, 1]
    assert len(receiver.messages) == 28


def test_of_an_endpoint_that_was_deleted_meanwhile_nobody_hears_that_it_is_gone(board: Switchboard):
    path = ""

    def deleted_then_gone(peer: Peer) -> None:
        board.http.call("DELETE", path, headers={"if-match": '"1"'})
        peer.write(status(410))

    receiver = board.receiver(deleted_then_gone)
    listener = board.receiver()
    path = f"/webhooks/{board.endpoint(receiver, events=['member.added'])}"
    board.endpoint(listener, events=["webhook.*"])
    board.happens()
    board.settle()
    assert board.http.get(path).status == 404
    assert [event.type for event in board.events()] == ["member.added"]
    assert (board.in_outbox(), listener.messages) == (0, [])


def test_where_no_key_can_be_had_nothing_counts_as_tried(board: Switchboard, monkeypatch: pytest.MonkeyPatch):
    """KMS may throttle: nothing was sent, so no attempt is logged, and the endpoint is free at once."""
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver)
    board.happens(count=2)
    board.run(*board.woken())
    sealing._unwrapped.clear()
    with monkeypatch.context() as broken:

        def throttled(*_: Any) -> bytes:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "Decrypt")

        broken.setattr(keys, "unwrap", throttled)
        failed = board.run(*board.woken())
    assert len(failed["batchItemFailures"]) == 1
    assert board.webhook(webhook_id).lease_until is None
    board.sweep()
    assert [(each.status, each.attempts) for each in board.deliveries()] == [("delivered", 1)] * 2
