"""Accounts whose credentials end: told of once, a week before, where nothing renews them."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lamplighter.postgres.models import PlatformConnection
from lamplighter.postgres.session import transaction
from tests.integration.http import handler_of, lambda_context, logged_in
from tests.integration.publishing.conftest import Desk
from tests.integration.webhooks.conftest import TICK, Switchboard

EXPIRING = "platform_connection.expiring"


def connected(board: Switchboard, handle: str, ends_in: timedelta | None) -> str:
    """An account that was connected, or connected again, with credentials that end."""
    ends = None if ends_in is None else (board.now() + ends_in).isoformat()
    body = {"platform": "sandbox", "credentials": {"handle": handle}, "token_expires_at": ends}
    answer = board.http.post("/connections", body)
    assert answer.status == 201, answer.body
    made: dict[str, Any] = answer.json
    assert made["token_expires_at"] is None if ends is None else made["token_expires_at"]
    return str(made["id"])


def hour(board: Switchboard) -> list[str]:
    """An hourly run, and the accounts that anything has been told of up to now."""
    with logged_in("tell_expiring"):
        handler_of("tell_expiring")(TICK, lambda_context(300))
    board.settle()
    return [event.payload["connection_id"] for event in board.events() if event.type == EXPIRING]


def change(board: Switchboard, connection_id: str, **columns: Any) -> None:
    with transaction(board.workspace_id) as tx:
        row = tx.session.get_one(PlatformConnection, UUID(connection_id))
        for name, value in columns.items():
            setattr(row, name, value)


def test_an_end_is_told_of_once_and_a_week_before(board: Switchboard, desk: Desk):
    receiver = board.receiver()
    board.endpoint(receiver, events=[EXPIRING])
    soon = connected(board, "soon", timedelta(days=8))
    connected(board, "never", None)
    connected(board, "far", timedelta(days=60))
    assert hour(board) == []
    board.later(timedelta(days=1, hours=1))
    assert hour(board) == [soon]
    board.later(timedelta(hours=1))
    assert hour(board) == [soon]
    [message] = receiver.messages
    snapshot = message.json["data"]["platform_connection"]
    assert (snapshot["id"], snapshot["status"]) == (soon, "active")
    ends = datetime.fromisoformat(snapshot["token_expires_at"])
    assert timedelta(days=6) < ends - board.now() < timedelta(days=7)


def test_the_next_end_of_an_account_is_told_of_too(board: Switchboard, desk: Desk):
    board.endpoint(board.receiver())
    account = connected(board, "lamp", timedelta(days=3))
    assert hour(board) == [account]
    change(board, account, token_expires_at=board.now() + timedelta(days=5))
    assert hour(board) == [account] * 2
    change(board, account, token_expires_at=board.now() + timedelta(days=60))
    assert hour(board) == [account] * 2


@pytest.mark.parametrize(
    "columns",
    [
        {"refresh_token": "sealed"},
        {"status": "needs_reconnect"},
        {"status": "disconnected"},
        {"token_expires_at": datetime(2026, 1, 1, tzinfo=UTC)},
    ],
)
def test_nobody_is_told_where_there_is_nothing_to_do(board: Switchboard, desk: Desk, columns: dict[str, Any]):
    board.endpoint(board.receiver())
    change(board, connected(board, "lamp", timedelta(days=3)), **columns)
    assert hour(board) == []


def test_without_time_it_is_left_to_the_next_hour(board: Switchboard, desk: Desk):
    account = connected(board, "lamp", timedelta(days=3))
    with logged_in("tell_expiring"):
        assert handler_of("tell_expiring")(TICK, lambda_context(1)) == {"told": 0}
    board.endpoint(board.receiver())
    assert hour(board) == [account]
