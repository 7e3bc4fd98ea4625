"""Times and sizes."""

import time

import pytest

from lamplighter.egress import API, CONNECT, LOOKUP, MEDIA, WEBHOOK
from lamplighter.egress.deadline import Deadline


def test_what_is_left_gets_less_and_then_nothing() -> None:
    deadline = Deadline.after(0.05)
    first = deadline.left()
    assert 0 < deadline.left() < first <= 0.05
    time.sleep(0.06)
    with pytest.raises(TimeoutError):
        deadline.left()


def test_a_step_gets_no_more_than_the_whole() -> None:
    whole = Deadline.after(5)
    assert whole.within(1).left() <= 1
    assert whole.within(10) == whole


def test_the_purposes_have_the_caps_that_are_promised() -> None:
    assert (API.seconds, API.max_bytes) == (15, 2_000_000)
    assert (CONNECT.seconds, CONNECT.max_bytes) == (7, 2_000_000)
    assert (LOOKUP.seconds, LOOKUP.max_bytes) == (5, 2_000_000)
    assert (MEDIA.seconds, MEDIA.max_bytes) == (25, 10_000_000)
    assert (WEBHOOK.seconds, WEBHOOK.max_bytes, WEBHOOK.cut) == (15, 20_000, True)
    assert MEDIA.up_to(5).max_bytes == 5
    assert MEDIA.up_to(5).seconds == MEDIA.seconds
