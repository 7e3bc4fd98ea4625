"""Rotation: for a while both secrets sign, then the new one alone."""

import json
from datetime import timedelta
from typing import Any

import psycopg

from tests.integration.processes import asked_at_once
from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import Message, Receiver


def told(board: Switchboard, receiver: Receiver) -> Message:
    """What arrives next."""
    board.happens()
    board.sweep()
    return receiver.messages[-1]


def made(board: Switchboard, receiver: Receiver) -> Any:
    return board.http.post("/webhooks", {"url": receiver.url, "events": ["*"]}).json


def rotated(board: Switchboard, webhook: Any, **body: Any) -> Any:
    answer = board.http.post(f"/webhooks/{webhook['id']}/rotate-secret", body)
    assert answer.status == 200
    return answer.json


def signed_by(message: Message, *secrets: str) -> list[bool]:
    return [message.is_signed_with(secret) for secret in secrets]


def test_for_a_day_both_sign(board: Switchboard):
    receiver = board.receiver()
    webhook = made(board, receiver)
    old, new = webhook["secret"], rotated(board, webhook)
    assert new["secret"] != old
    assert new["previous_secret_expires_at"]
    assert signed_by(told(board, receiver), old, new["secret"]) == [True, True]
    board.later(timedelta(hours=23, minutes=59))
    assert signed_by(told(board, receiver), old, new["secret"]) == [True, True]
    board.later(timedelta(minutes=2))
    assert signed_by(told(board, receiver), old, new["secret"]) == [False, True]


def test_a_secret_that_leaked_ends_at_once(board: Switchboard):
    receiver = board.receiver()
    webhook = made(board, receiver)
    new = rotated(board, webhook, overlap_hours=0)
    assert new["previous_secret_expires_at"] is None
    assert signed_by(told(board, receiver), webhook["secret"], new["secret"]) == [False, True]


def test_of_two_rotations_the_last_two_secrets_sign(board: Switchboard):
    receiver = board.receiver()
    webhook = made(board, receiver)
    one, two = rotated(board, webhook)["secret"], rotated(board, webhook)["secret"]
    assert signed_by(told(board, receiver), webhook["secret"], one, two) == [False, True, True]


def test_rotations_at_once_leave_two_secrets_that_were_told(board: Switchboard):
    receiver = board.receiver()
    webhook = made(board, receiver)
    answers = asked_at_once(board.http, "POST", f"/webhooks/{webhook['id']}/rotate-secret", [{}, {}])
    assert [answer["statusCode"] for answer in answers] == [200, 200]
    secrets = [json.loads(answer["body"])["secret"] for answer in answers]
    assert signed_by(told(board, receiver), *secrets) == [True, True]


def test_a_repeated_rotation_is_one(board: Switchboard):
    webhook = made(board, board.receiver())
    path = f"/webhooks/{webhook['id']}/rotate-secret"
    one, again = (board.http.post(path, {}, **{"idempotency-key": "turn"}) for _ in range(2))
    assert one.json["secret"] == again.json["secret"]
    assert board.http.get(f"/webhooks/{webhook['id']}").json["version"] == 2


def test_no_secret_is_stored_as_it_is(board: Switchboard, superuser: psycopg.Connection[Any]):
    webhook = made(board, board.receiver())
    new = rotated(board, webhook)
    row = superuser.execute("SELECT webhooks::text FROM webhooks WHERE id = %s", [webhook["id"]]).fetchone()
    kept = superuser.execute("SELECT idempotency_keys::text FROM idempotency_keys").fetchall()
    for secret in (webhook["secret"], new["secret"]):
        assert secret not in str(row)
        assert secret not in str(kept)
