"""What SES says, what is lost, who is quicker: a mail goes out, and not for ever again."""

import json
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from infra.local.mailbox import Received, Refused
from lamplighter.domain.mails import GIVE_UP, token_hash
from lamplighter.ids import new_id
from lamplighter.postgres.session import move_clock
from lamplighter.services import mails
from lamplighter.settings import settings
from tests.factories import make_user
from tests.integration.http import handler_of, lambda_context, logged_in
from tests.integration.mail.conftest import Ask, Superuser
from tests.integration.post_office import PostOffice, token_in

type Row = Callable[[UUID], dict[str, Any]]
type Tokens = Callable[[str], list[dict[str, Any]]]

THROTTLED = Refused(429, "TooManyRequestsException", "Maximum sending rate exceeded.")
SECOND = timedelta(seconds=1)
CONNECTIONS = """
    SELECT CASE WHEN wait_event_type = 'Lock' THEN 'Lock' ELSE state END FROM pg_stat_activity
     WHERE usename = 'lamplighter_send_mail' AND datname = current_database()"""
"""What those of send_mail are at."""


@pytest.fixture
def ses(post_office: PostOffice, monkeypatch: pytest.MonkeyPatch) -> Callable[[Exception | None], None]:
    """`ses(refusal)`: what SES says from now on instead of taking mails; None lets it take them."""

    def says(refusal: Exception | None) -> None:
        def take(request: Any) -> Received:
            raise refusal  # type: ignore[misc]  # only set where there is one

        box = post_office.aws.mailbox
        monkeypatch.setattr(box, "take", take if refusal else type(box).take.__get__(box))

    return says


def test_a_message_that_comes_twice_sends_one_mail(ask: Ask, post_office: PostOffice, email: str):
    ask("sign_up", email)
    [message] = post_office.waiting()
    post_office.deliver([message, message])
    post_office.deliver([message])
    assert len(post_office.sent_to(email)) == 1


def test_a_lost_message_costs_half_a_minute_and_a_sweep(ask: Ask, post_office: PostOffice, email: str):
    ask("sign_up", email, wake=False)
    post_office.tick()
    assert post_office.sent_to(email) == []
    move_clock(mails.GRACE + SECOND)
    post_office.tick()
    assert len(post_office.sent_to(email)) == 1
    post_office.tick()
    assert post_office.waiting() == []


def test_a_queue_that_takes_nothing_fails_no_request(
    ask: Ask, post_office: PostOffice, email: str, monkeypatch: pytest.MonkeyPatch
):
    with monkeypatch.context() as broken:
        broken.setenv("MAIL_QUEUE_URL", settings().mail_queue_url + "-gone")
        settings.cache_clear()
        ask("sign_up", email)
    settings.cache_clear()
    move_clock(mails.GRACE + SECOND)
    post_office.tick()
    assert len(post_office.sent_to(email)) == 1


def test_a_throttled_mail_is_tried_again_later_and_later(
    ask: Ask, post_office: PostOffice, email: str, row: Row, ses: Any
):
    mail_id = ask("reset_password", make_user(email=email).email)
    ses(THROTTLED)
    waits, clock = [], timedelta()
    for attempt in range(1, 9):
        before = row(mail_id)["claimed_until"]
        move_clock(clock)
        post_office.tick()
        post_office.deliver()
        stands = row(mail_id)
        assert (stands["attempts"], stands["sent_at"]) == (attempt, None)
        assert stands["error"] == "TooManyRequestsException"
        since = before or stands["created_at"]
        waits.append(round((stands["claimed_until"] - since).total_seconds() / 60))
        move_clock(clock + (stands["claimed_until"] - since) / 2)
        post_office.tick()
        assert post_office.waiting() == []  # not before its time
        clock = stands["claimed_until"] - stands["created_at"] + SECOND
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    ses(None)
    move_clock(clock)
    post_office.tick()
    [sent] = post_office.sent_to(email)
    assert "reset-password" in sent.text
    assert (row(mail_id)["error"], row(mail_id)["attempts"]) == (None, 9)


def test_what_ses_will_never_take_is_closed_with_its_code(
    ask: Ask, post_office: PostOffice, email: str, row: Row, ses: Any
):
    mail_id = ask("password_changed", email)
    ses(Refused(400, "MessageRejected", "no"))
    assert post_office.deliver() == {"batchItemFailures": []}
    assert (row(mail_id)["error"], row(mail_id)["attempts"]) == ("MessageRejected", 1)
    ses(None)
    move_clock(timedelta(hours=2))
    post_office.tick()
    assert post_office.sent_to(email) == []


def test_a_deployment_that_cannot_send_yet_sends_once_it_can(
    ask: Ask, post_office: PostOffice, email: str, row: Row, monkeypatch: pytest.MonkeyPatch
):
    mail_id = ask("sign_up", email)
    with monkeypatch.context() as bare:
        bare.setenv("MAIL_FROM", "")
        settings.cache_clear()
        post_office.deliver()
    settings.cache_clear()
    assert (row(mail_id)["error"], row(mail_id)["sent_at"]) == ("no_sender", None)
    move_clock(timedelta(minutes=2))
    post_office.tick()
    assert len(post_office.sent_to(email)) == 1


def test_what_could_not_be_sent_for_a_day_is_given_up(
    ask: Ask, post_office: PostOffice, email: str, row: Row, ses: Any
):
    tried, untried = ask("sign_up", email), ask("account_deleted", email, wake=False)
    ses(THROTTLED)
    post_office.deliver()
    ses(None)
    move_clock(GIVE_UP + SECOND)
    post_office.tick()
    assert post_office.sent_to(email) == []
    assert [row(tried)["error"], row(untried)["error"]] == ["TooManyRequestsException", "too_late"]
    assert row(tried)["sent_at"]
    assert row(untried)["sent_at"]


def test_mails_that_wait_for_long_are_complained_about(
    ask: Ask, post_office: PostOffice, email: str, ses: Any, caplog: pytest.LogCaptureFixture
):
    ask("sign_up", email)
    ask("password_changed", email, wake=False)
    ses(THROTTLED)
    post_office.deliver()
    for moved, said in ((timedelta(minutes=14), 0), (timedelta(minutes=16), 1)):
        caplog.clear()
        move_clock(moved)
        with caplog.at_level(logging.ERROR):
            post_office.tick()
        found = [record for record in caplog.records if record.message == mails.WAIT]
        assert len(found) == said
    assert vars(found[0])["counts"] == {"TooManyRequestsException": 1, "never tried": 1}


def test_a_malformed_message_fails_alone(ask: Ask, post_office: PostOffice, email: str):
    ask("sign_up", email)
    answer = post_office.deliver(
        [{}, *post_office.waiting(), {"mail_id": "no id"}, {"mail_id": str(new_id())}]
    )
    assert [each["itemIdentifier"] for each in answer["batchItemFailures"]] == ["0", "2"]
    assert len(post_office.sent_to(email)) == 1


def test_of_many_workers_at_once_one_sends(
    ask: Ask, post_office: PostOffice, email: str, superuser: Superuser
):
    mail_id = ask("reset_password", make_user(email=email).email)
    [message] = post_office.waiting()
    event = {"Records": [{"messageId": "m", "body": json.dumps(message)}]}
    with logged_in("send_mail"), ThreadPoolExecutor(8) as pool:
        with superuser.transaction():  # keeps the row until all eight have come for it
            superuser.execute("SELECT FROM mails WHERE id = %s FOR UPDATE", [mail_id])
            work = [pool.submit(handler_of("send_mail"), event, lambda_context(30)) for _ in range(8)]
            all_wait(superuser, 8)
        assert [each.result() for each in work] == [{"batchItemFailures": []}] * 8
    assert len(post_office.aws.mailbox.mails(email)) == 1


def all_wait(superuser: Superuser, workers: int) -> None:
    """Until so many of send_mail's connections wait for a lock."""
    deadline = time.monotonic() + 6
    while superuser.execute(CONNECTIONS).fetchall().count(("Lock",)) < workers:
        assert time.monotonic() < deadline
        superuser.execute("SELECT pg_stat_clear_snapshot()")  # within a transaction it is looked at but once
        time.sleep(0.02)


def test_of_many_mails_asked_for_at_once_most_are_not_sent_and_one_works(
    ask: Ask, post_office: PostOffice, email: str, tokens: Tokens, row: Row
):
    make_user(email=email)
    asked = [ask("reset_password", email) for _ in range(12)]
    messages = post_office.waiting()
    events = [{"Records": [{"messageId": "m", "body": json.dumps(message)}]} for message in messages]
    with logged_in("send_mail"), ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda event: handler_of("send_mail")(event, lambda_context(30)), events))
    sent = post_office.sent_to(email)
    [stands] = tokens(email)
    assert [token_hash(token_in(each)) for each in sent].count(stands["token_hash"]) == 1
    errors = [row(mail_id)["error"] for mail_id in asked]
    assert errors[-1] is None
    assert set(errors) == {None, "superseded"}
    assert errors.count(None) == len(sent)


def test_of_mails_that_waited_for_long_the_last_one_is_sent(
    ask: Ask, post_office: PostOffice, email: str, row: Row
):
    make_user(email=email)
    asked = [ask("reset_password", email, wake=False) for _ in range(5)]
    move_clock(timedelta(hours=1))
    post_office.tick()
    assert len(post_office.sent_to(email)) == 1
    assert [row(mail_id)["error"] for mail_id in asked] == ["superseded"] * 4 + [None]


def test_notices_are_all_sent(ask: Ask, post_office: PostOffice, email: str):
    for _ in range(2):
        ask("password_changed", email)
    assert len(post_office.sent_to(email)) == 2


def test_no_transaction_is_open_while_ses_is_asked(
    ask: Ask, post_office: PostOffice, email: str, superuser: Superuser, monkeypatch: pytest.MonkeyPatch
):
    box, seen = post_office.aws.mailbox, []
    take = box.take

    def looking(request: Any) -> Received:
        seen.extend(event for (event,) in superuser.execute(CONNECTIONS).fetchall())
        return take(request)

    monkeypatch.setattr(box, "take", looking)
    ask("sign_up", email)
    assert len(post_office.sent_to(email)) == 1
    assert seen
    assert set(seen) == {"idle"}
