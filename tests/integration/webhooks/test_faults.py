"""Receivers that fail in every way, on a clock that the test moves."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from lamplighter.domain.webhooks import SCHEDULE
from lamplighter.postgres.models import AuditEntry, Webhook
from lamplighter.postgres.session import transaction
from lamplighter.schemas.webhooks import Replay
from lamplighter.services import webhook_deliveries, webhook_health
from tests.integration.egress.authority import Authority
from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import (
    Receiver,
    Reply,
    dripping,
    hanging_up,
    silent,
    status,
)

FAULTS: dict[str, tuple[Reply, str, int | None]] = {
    "500": (status(500), "bad_status", 500),
    "404": (status(404), "bad_status", 404),
    "redirect": (status(302, "Location: http://169.254.169.254/"), "redirect", 302),
    "silent": (silent, "timeout", None),
    "slow drip": (dripping, "timeout", None),
    "reset": (hanging_up, "reset", None),
    "nonsense": (b"This is not HTTP\r\n\r\n", "unreadable", None),
    "endless head": (b"HTTP/1.1 200 OK\r\n" + b"X-Filler: x\r\n" * 200_000, "unreadable", None),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_is_tried_again_by_the_schedule(
    board: Switchboard, patience: Callable[[float], None], fault: str
):
    reply, code, answered = FAULTS[fault]
    patience(0.5)
    receiver = board.receiver(then=reply)
    follows_the_schedule(board, receiver, code, answered)
    assert len({m.id for m in receiver.messages}) == 1


def test_a_certificate_that_nobody_vouches_for_is_tried_again_by_the_schedule(
    board: Switchboard, tmp_path: Path
):
    receiver = board.receiver(tls=Authority(tmp_path).server_context("127.0.0.1"))
    follows_the_schedule(board, receiver, "tls", None)
    assert receiver.messages == []


def follows_the_schedule(board: Switchboard, receiver: Receiver, code: str, answered: int | None) -> None:
    """Ten attempts with this outcome, each in its time, and no more."""
    webhook_id = board.endpoint(receiver)
    board.happens()
    board.settle()
    for number in range(1, 10):
        [delivery] = board.deliveries(webhook_id)
        assert (delivery.attempts, delivery.status, delivery.error_code) == (number, "pending", code)
        assert delivery.next_attempt_at is not None
        wait = (delivery.next_attempt_at - board.attempts(delivery)[-1].at).total_seconds()
        least, most = SCHEDULE[number].total_seconds() * 0.8, SCHEDULE[number].total_seconds() * 1.2 + 5
        if code == "timeout":
            least, most = max(60, least), max(66, most)
        assert least <= wait <= most, (number, wait)
        board.later(delivery.next_attempt_at - board.now() + timedelta(seconds=1))
        board.sweep()
    [delivery] = board.deliveries(webhook_id)
    assert (delivery.attempts, delivery.status, delivery.next_attempt_at) == (10, "failed", None)
    attempts = board.attempts(delivery)
    assert [a.number for a in attempts] == list(range(1, 11))
    assert {(a.error_code, a.status_code) for a in attempts} == {(code, answered)}


def test_a_name_that_is_gone_and_a_closed_port_are_tried_again(board: Switchboard):
    gone = board.endpoint("https://gone.invalid/hook")
    with Receiver().running() as receiver:
        address = receiver.address
    board.monkeypatch.setenv("EGRESS_ALLOW", address)
    from lamplighter.settings import settings  # noqa: PLC0415

    settings.cache_clear()
    closed = board.endpoint(f"http://{address}/")
    board.happens()
    board.settle()
    assert [(d.status, d.error_code) for d in board.deliveries(gone)] == [("pending", "dns")]
    assert [(d.status, d.error_code) for d in board.deliveries(closed)] == [("pending", "connect")]


@pytest.mark.parametrize(
    "url", ["https://169.254.169.254/latest", "http://example.com/", "https://127.0.0.1/", "https://[::1]/"]
)
def test_an_address_that_is_refused_is_the_end(board: Switchboard, url: str):
    webhook_id = board.endpoint(url)
    board.happens()
    board.settle()
    [delivery] = board.deliveries(webhook_id)
    assert (delivery.status, delivery.error_code, delivery.attempts) == ("failed", "address_refused", 1)


def test_a_secret_that_does_not_open_is_the_end(board: Switchboard):
    receiver = board.receiver()
    webhook_id = board.endpoint(receiver, secret="v1.1.never")
    board.happens(count=3)
    board.settle()
    found = {(d.status, d.error_code, d.attempts) for d in board.deliveries(webhook_id)}
    assert found == {("failed", "secret_unreadable", 1)}
    assert receiver.messages == []


def test_a_410_disables_and_stops_what_is_pending(board: Switchboard):
    receiver = board.receiver(status(500), status(410))
    other = board.receiver()
    webhook_id, listens = board.endpoint(receiver), board.endpoint(other, events=["webhook.*"])
    board.happens()
    board.settle()
    board.happens()
    board.settle()
    webhook = board.webhook(webhook_id)
    assert (webhook.status, webhook.disabled_because) == ("disabled", "gone")
    found = [(d.status, d.error_code, d.next_attempt_at) for d in board.deliveries(webhook_id)]
    assert found == [("cancelled", "webhook_disabled", None), ("failed", "gone", None)]
    assert [m.json["type"] for m in other.messages] == ["webhook.disabled"]
    assert other.messages[0].json["data"]["webhook"]["disabled_because"] == "gone"
    board.happens()
    board.settle()
    assert len(board.deliveries(webhook_id)) == 2
    assert len(board.deliveries(listens)) == 1
    with transaction(board.workspace_id) as tx:
        told = select(AuditEntry.action).where(AuditEntry.action == "webhook.disabled")
        assert tx.session.scalars(told).all() == ["webhook.disabled"]


def test_days_of_nothing_but_failures_warn_and_disable(board: Switchboard):
    receiver, other = board.receiver(then=status(500)), board.receiver()
    webhook_id = board.endpoint(receiver, events=["member.*"])
    board.endpoint(other, events=["webhook.*"])
    for hour in range(0, 126, 3):
        board.happens()
        board.settle()
        board.sweep()
        webhook = board.webhook(webhook_id)
        if hour < 24:
            assert (webhook.status, webhook.warned_at) == ("active", None), hour
        elif hour < 120:
            assert webhook.status == "active", hour
            assert webhook.warned_at is not None
        board.later(timedelta(hours=3))
    webhook = board.webhook(webhook_id)
    assert (webhook.status, webhook.disabled_because) == ("disabled", "failing")
    assert [m.json["type"] for m in other.messages] == ["webhook.failing", "webhook.disabled"]
    assert {d.status for d in board.deliveries(webhook_id)} <= {"failed", "cancelled"}


def test_one_success_clears_the_record(board: Switchboard):
    receiver = board.receiver(status(500), status(500))
    webhook_id = board.endpoint(receiver)
    board.happens()
    board.settle()
    assert (board.webhook(webhook_id).failures, board.webhook(webhook_id).failing_since is None) == (1, False)
    board.later(timedelta(hours=1))
    board.sweep()
    board.later(timedelta(hours=1))
    board.sweep()
    assert (board.webhook(webhook_id).failures, board.webhook(webhook_id).failing_since) == (0, None)


def test_disabling_stops_and_enabling_begins_anew(board: Switchboard):
    receiver = board.receiver(status(500))
    webhook_id = board.endpoint(receiver)
    board.happens()
    board.settle()
    with transaction(board.workspace_id) as tx:
        webhook_health.disable(tx, tx.session.get_one(Webhook, webhook_id), "person")
    board.happens()
    board.later(timedelta(hours=1))
    board.sweep()
    with transaction(board.workspace_id) as tx:
        webhook_health.enable(tx, tx.session.get_one(Webhook, webhook_id))
    board.sweep()
    assert len(receiver.messages) == 1
    board.happens()
    board.settle()
    assert len(receiver.messages) == 2
    assert [d.status for d in board.deliveries(webhook_id)] == ["cancelled", "delivered"]


def test_a_manual_retry_takes_the_next_number_and_the_automatic_one_s_place(board: Switchboard):
    receiver = board.receiver(status(500), status(500), status(500))
    webhook_id = board.endpoint(receiver)
    board.happens()
    board.settle()
    board.later(timedelta(seconds=10))
    board.sweep()
    [delivery] = board.deliveries(webhook_id)
    automatic = delivery.next_attempt_at
    with transaction(board.workspace_id) as tx:
        webhook_deliveries.retried(tx, board.caller(), webhook_id, delivery.id)
    board.sweep()
    [delivery] = board.deliveries(webhook_id)
    assert [(a.number, a.manual) for a in board.attempts(delivery)] == [(1, False), (2, False), (3, True)]
    assert automatic is not None
    assert delivery.next_attempt_at is not None
    assert delivery.next_attempt_at > automatic
    board.later(automatic - board.now() + timedelta(seconds=1))
    board.sweep()
    assert len(receiver.messages) == 3  # the automatic one does not come beside it
    board.later(delivery.next_attempt_at - board.now() + timedelta(seconds=1))
    board.sweep()
    [delivery] = board.deliveries(webhook_id)
    assert (delivery.status, delivery.attempts) == ("delivered", 4)


def test_what_has_failed_for_good_can_be_sent_again(board: Switchboard):
    receiver = board.receiver(status(500))
    webhook_id = board.endpoint("https://127.0.0.1/")
    board.happens()
    board.settle()
    with transaction(board.workspace_id) as tx:
        tx.session.get_one(Webhook, webhook_id).url = receiver.url
    receiver.replies.clear()
    [delivery] = board.deliveries(webhook_id)
    with transaction(board.workspace_id) as tx:
        webhook_deliveries.retried(tx, board.caller(), webhook_id, delivery.id)
    board.sweep()
    [delivery] = board.deliveries(webhook_id)
    assert (delivery.status, delivery.attempts, delivery.error_code) == ("delivered", 2, None)


def test_a_replay_tells_again_under_the_same_ids(board: Switchboard):
    receiver = board.receiver()
    former, since = board.endpoint(receiver), board.now() - timedelta(minutes=1)
    board.happens(count=3)
    board.settle()
    new = board.endpoint(receiver)
    until = board.now() + timedelta(minutes=1)
    for webhook_id, statuses in ((former, 3), (new, 3)):
        with transaction(board.workspace_id) as tx:
            asked = Replay(since=since, until=until, dry_run=True)
            dry = webhook_deliveries.replayed(tx, board.caller(), webhook_id, asked)
        assert (dry.count, len(board.deliveries(new))) == (statuses, 0)
        with transaction(board.workspace_id) as tx:
            asked = Replay(since=since, until=until)
            webhook_deliveries.replayed(tx, board.caller(), webhook_id, asked)
        if webhook_id == former:
            board.sweep()
    board.sweep()
    ids = [m.id for m in receiver.messages]
    assert sorted(ids) == sorted([f"msg_{event.id}" for event in board.events()] * 3)
    assert [event.endpoints for event in board.events()] == [2, 2, 2]
    assert {(d.status, d.attempts) for d in board.deliveries(former)} == {("delivered", 2)}


def test_a_test_goes_to_its_endpoint_alone_even_while_it_is_disabled(board: Switchboard):
    receiver, other = board.receiver(), board.receiver()
    webhook_id = board.endpoint(receiver, status="disabled", events=[])
    board.endpoint(other)
    with transaction(board.workspace_id) as tx:
        webhook_deliveries.tested(tx, board.caller(), webhook_id)
    board.sweep()
    [message] = receiver.messages
    assert message.json["type"] == "webhook.test"
    assert message.json["data"]["webhook"]["id"] == str(webhook_id)
    assert other.messages == []
    assert board.deliveries(webhook_id)[0].status == "delivered"
