"""A worker that is killed, really: before SES has the mail, and after. And what others see of a mail."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from infra.local.mailbox import Received, Refused
from lamplighter.domain.mails import token_hash
from lamplighter.postgres.session import move_clock
from lamplighter.services import mails
from tests.factories import make_user
from tests.integration.http import logged_in
from tests.integration.mail.conftest import Ask
from tests.integration.post_office import PostOffice, token_in

ROOT = Path(__file__).resolve().parents[3]
WORKER = """
import json, sys
from functions.send_mail.handler import handler
print(json.dumps(handler(json.loads(sys.argv[1]), None)))
"""

type Row = Callable[[UUID], dict[str, Any]]
type Tokens = Callable[[str], list[dict[str, Any]]]


class Worker:
    """send_mail in a process of its own, handed one message."""

    def __init__(self, message: Mapping[str, Any], code: str = WORKER) -> None:
        event = {"Records": [{"messageId": "m", "body": json.dumps(message)}]}
        with logged_in("send_mail"):
            environ = {
                **os.environ,
                "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}",
                "POWERTOOLS_LOG_LEVEL": "DEBUG",
            }
        words = [sys.executable, "-c", code, json.dumps(event)]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(words, cwd=ROOT, env=environ, stdout=pipe, stderr=subprocess.STDOUT)

    def said(self) -> str:
        """All that it printed, once it has ended."""
        return self.process.communicate(timeout=60)[0].decode()


@pytest.mark.parametrize("has_the_mail", [False, True], ids=["before SES has it", "after SES has it"])
def test_a_killed_worker_costs_a_minute_and_at_most_a_second_mail(
    ask: Ask,
    post_office: PostOffice,
    row: Row,
    tokens: Tokens,
    monkeypatch: pytest.MonkeyPatch,
    *,
    has_the_mail: bool,
):
    user = make_user()
    mail_id = ask("reset_password", user.email)
    [message] = post_office.waiting()
    box, workers = post_office.aws.mailbox, list[Worker]()
    take = box.take

    def killing(request: Any) -> Received:
        if has_the_mail:
            take(request)
        workers[0].process.send_signal(signal.SIGKILL)
        workers[0].process.wait()
        raise Refused(500, "InternalFailure")

    with monkeypatch.context() as patched:
        patched.setattr(box, "take", killing)
        workers.append(Worker(message))
        workers[0].said()
    assert workers[0].process.returncode == -signal.SIGKILL
    [lost] = tokens(user.email)  # committed before SES was asked
    assert row(mail_id)["sent_at"] is None

    post_office.deliver([message])  # what SQS delivers again comes too early: the lease still stands
    move_clock(mails.LEASE / 2)
    post_office.tick()
    assert len(box.mails(user.email)) == has_the_mail
    move_clock(mails.LEASE * 1.1)
    post_office.tick()
    sent = post_office.sent_to(user.email)
    assert len(sent) == 1 + has_the_mail
    [stands] = tokens(user.email)
    assert stands["token_hash"] == token_hash(token_in(sent[0]))
    assert stands["token_hash"] != lost["token_hash"]
    assert (row(mail_id)["attempts"], row(mail_id)["error"]) == (2, None)


def test_a_worker_that_lost_its_lease_closes_nothing(
    ask: Ask, post_office: PostOffice, row: Row, monkeypatch: pytest.MonkeyPatch
):
    user = make_user()
    mail_id = ask("reset_password", user.email)
    [message] = post_office.waiting()
    box, again = post_office.aws.mailbox, []
    take = box.take

    def stalled(request: Any) -> Received:
        """SES takes longer than the lease; meanwhile another worker tries, and SES will not have it."""
        if not again:
            again.append(True)
            move_clock(mails.LEASE * 1.1)
            post_office.deliver([message])
            return take(request)
        raise Refused(429, "TooManyRequestsException")

    monkeypatch.setattr(box, "take", stalled)
    post_office.deliver([message])
    assert (row(mail_id)["attempts"], row(mail_id)["sent_at"]) == (2, None)
    monkeypatch.setattr(box, "take", take)
    move_clock(mails.LEASE * 4)
    post_office.tick()
    assert len(post_office.sent_to(user.email)) == 2


def test_queues_and_logs_hold_no_address_and_no_token(
    ask: Ask, post_office: PostOffice, email: str, monkeypatch: pytest.MonkeyPatch
):
    box, taken = post_office.aws.mailbox, list[str]()
    take = box.take
    refusals = [
        Refused(429, "TooManyRequestsException", f"too many mails to {email}"),
        Refused(400, "MessageRejected", f"Email address is not verified: {email}"),
        Refused(400, "BadRequestException", f"{email} is not deliverable"),
    ]

    def refusing(request: Any) -> Received:
        token = token_in(take(request))
        if token not in taken:  # a throttled call is repeated once, at once
            taken.append(token)
        raise refusals[len(taken) - 1]

    make_user(email=email)
    ask("reset_password", email)
    [message] = post_office.waiting()
    assert message.keys() == {"mail_id"}
    monkeypatch.setattr(box, "take", refusing)
    said = []
    for attempt in range(4):  # throttled, not verified, refused for good, and nothing more
        move_clock(mails.LEASE * 10 * attempt)
        said.append(_said_by_a_worker_that_is_late_by(mails.LEASE.total_seconds() * 10 * attempt, message))
    move_clock(None)
    assert len(taken) == 3
    everything = "\n".join(said)
    assert "TooManyRequestsException" in everything
    assert "BadRequestException" in everything
    assert [secret for secret in (email, *taken, *map(token_hash, taken)) if secret in everything] == []


def _said_by_a_worker_that_is_late_by(seconds: float, message: Mapping[str, Any]) -> str:
    """What a worker prints whose clock is ahead."""
    late = f"""
from datetime import timedelta
from lamplighter.postgres.session import move_clock
move_clock(timedelta(seconds={seconds}))
{WORKER}"""
    return Worker(message, late).said()
