"""What receivers say, and what becomes of it: how much is kept, and how long they ask to be left alone."""

import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import status, ten_megabytes


def test_a_long_answer_is_cut_and_its_status_counts(board: Switchboard):
    webhook_id = board.endpoint(board.receiver(ten_megabytes))
    board.happens()
    board.settle()
    [delivery] = board.deliveries(webhook_id)
    assert delivery.status == "delivered"
    assert board.attempts(delivery)[0].response == "x" * 20_000


@pytest.mark.parametrize(("length", "kept"), [(19_999, 19_999), (20_000, 20_000), (20_001, 20_000)])
@pytest.mark.parametrize("code", [200, 500])
def test_twenty_kilobytes_of_an_answer_are_kept(board: Switchboard, code: int, length: int, kept: int):
    webhook_id = board.endpoint(board.receiver(status(code, body=b"y" * length)))
    board.happens()
    board.settle()
    [delivery] = board.deliveries(webhook_id)
    assert delivery.response_status == code
    assert board.attempts(delivery)[0].response == "y" * kept


def test_a_receiver_has_fifteen_seconds_and_no_more(board: Switchboard):
    """The real time, once; the other tests shorten it."""
    webhook_id = board.endpoint(board.receiver(lambda _peer: time.sleep(16)))
    board.happens()
    board.settle()
    [delivery] = board.deliveries(webhook_id)
    [attempt] = board.attempts(delivery)
    assert (delivery.status, attempt.error_code) == ("pending", "timeout")
    assert 15_000 <= attempt.duration_ms < 15_900


def test_what_a_receiver_says_is_kept_whatever_bytes_it_is(board: Switchboard):
    webhook_id = board.endpoint(board.receiver(status(200, body=b"\x00\xffol\xc3\xa9")))
    board.happens()
    board.settle()
    [delivery] = board.deliveries(webhook_id)
    assert board.attempts(delivery)[0].response == "\ufffd\ufffdol\u00e9"


@pytest.mark.parametrize(("asked", "wait"), [("30", 60), ("90", 60), ("5", 60)])
def test_a_429_waits_a_minute_at_least(board: Switchboard, asked: str, wait: int):
    webhook_id = board.endpoint(board.receiver(status(429, f"Retry-After: {asked}")))
    board.happens()
    board.settle()
    [delivery] = board.deliveries(webhook_id)
    assert delivery.next_attempt_at is not None
    waits = (delivery.next_attempt_at - board.attempts(delivery)[0].at).total_seconds()
    assert wait - 1 <= waits <= wait + 5  # the attempt's time is reckoned from when it was claimed


def ahead(by: timedelta) -> str:
    return format_datetime(datetime.now(UTC) + by, usegmt=True)


RETRY_AFTER: dict[str, tuple[str | timedelta, int, int]] = {
    "below the schedule's": ("30", 300, 300),
    "within": ("450", 450, 450),
    "twice": ("600", 600, 600),
    "beyond": ("86400", 600, 600),
    "endless": ("9" * 30, 600, 600),
    "a date": (timedelta(seconds=500), 440, 500),
    "a date far off": (timedelta(days=7), 600, 600),
    "a date gone by": ("Wed, 21 Oct 2015 07:28:00 GMT", 300, 300),
    "negative": ("-5", 240, 360),
    "a fraction": ("450.5", 240, 360),
    "words": ("soon", 240, 360),
    "nothing": ("", 240, 360),
    "a date of no calendar": ("Fri, 31 Feb 2031 07:28:00 GMT", 240, 360),
    "another zone": ("Wed, 21 Oct 2015 07:28:00 +0200", 240, 360),
}
"""What a 503 asks for (a timedelta: the date that is so far ahead), and the least and the most seconds until
the third attempt: its schedule has 300."""


@pytest.mark.parametrize("asked", RETRY_AFTER)
def test_retry_after_counts_between_the_schedule_s_wait_and_twice_that(board: Switchboard, asked: str):
    given, least, most = RETRY_AFTER[asked]
    value = given if isinstance(given, str) else ahead(given)
    webhook_id = board.endpoint(board.receiver(then=status(503, f"Retry-After: {value}")))
    board.happens()
    board.settle()
    board.later(timedelta(seconds=11))
    board.sweep()
    [delivery] = board.deliveries(webhook_id)
    assert delivery.attempts == 2
    assert delivery.next_attempt_at is not None
    waits = (delivery.next_attempt_at - board.attempts(delivery)[-1].at).total_seconds()
    assert least - 1 <= waits <= most + 5
