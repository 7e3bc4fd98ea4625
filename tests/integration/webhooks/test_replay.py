"""A range of events told again, under the ids that they were told under."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest

from lamplighter.services import webhook_deliveries
from tests.integration.http import Answer
from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import Receiver

HOUR = timedelta(hours=1)


def made(board: Switchboard, receiver: Receiver, events: Sequence[str] = ("*",)) -> str:
    answer = board.http.post("/webhooks", {"url": receiver.url, "events": list(events)})
    return f"/webhooks/{answer.json['id']}"


def written(moment: datetime) -> str:
    return moment.isoformat()


def replay(board: Switchboard, path: str, **more: Any) -> Answer:
    now = board.now()
    body = {"since": written(now - HOUR), "until": written(now + HOUR), **more}
    return board.http.post(f"{path}/replay", body)


def test_a_dry_run_counts_what_the_replay_sends(board: Switchboard):
    receiver = board.receiver()
    path = made(board, receiver, ["member.added"])
    board.happens(count=3)
    board.happens("member.removed", 2)
    board.settle()
    told = [m.id for m in receiver.messages]
    assert replay(board, path, dry_run=True).json == {"count": 3, "dry_run": True}
    board.sweep()
    assert len(receiver.messages) == 3
    assert replay(board, path).json == {"count": 3, "dry_run": False}
    board.settle()
    assert sorted(m.id for m in receiver.messages[3:]) == sorted(told)


def test_what_an_endpoint_was_never_told_is_told_by_a_replay(board: Switchboard):
    made(board, board.receiver())
    board.happens(count=2)
    board.settle()
    late = board.receiver()
    path = made(board, late)
    assert replay(board, path).json["count"] == 2
    board.settle()
    assert sorted(m.id for m in late.messages) == sorted(f"msg_{event.id}" for event in board.events())


def test_it_is_narrowed_by_type_and_time(board: Switchboard):
    receiver = board.receiver()
    path = made(board, receiver)
    board.happens(count=2)
    board.happens("member.removed")
    board.settle()
    assert replay(board, path, events=["member.removed"], dry_run=True).json["count"] == 1
    future = written(board.now() + timedelta(minutes=30))
    assert replay(board, path, since=future, dry_run=True).json["count"] == 0


@pytest.mark.parametrize("change", [{"until": "2020-01-01T00:00:00Z"}, {"since": "2020-01-01T00:00:00"}])
def test_a_range_that_is_none_is_refused(board: Switchboard, change: Any):
    path = made(board, board.receiver())
    assert replay(board, path, **change).status == 422


def test_a_range_that_is_too_large_is_refused_before_anything_is_sent(
    board: Switchboard, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(webhook_deliveries, "MOST_REPLAYED", 2)
    receiver = board.receiver()
    path = made(board, receiver)
    board.happens(count=3)
    board.settle()
    answer = replay(board, path)
    assert (answer.status, answer.json["code"]) == (422, "range_too_large")
    board.sweep()
    assert len(receiver.messages) == 3


def test_a_disabled_endpoint_counts_and_sends_nothing(board: Switchboard):
    path = made(board, board.receiver())
    board.happens()
    board.settle()
    board.http.post(f"{path}/disable")
    assert replay(board, path, dry_run=True).json["count"] == 1
    assert replay(board, path).json["code"] == "webhook_disabled"
