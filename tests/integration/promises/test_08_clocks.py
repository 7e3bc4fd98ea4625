"""Promise 8: a clock that is five minutes ahead or behind, or jumps back: a post goes out once."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lamplighter.postgres.session import move_clock
from tests.integration.promises.following import message_of, outstanding, to_the_end
from tests.integration.promises.networks import Network
from tests.integration.publishing.conftest import Desk

WHEN = timedelta(minutes=10)
FIVE = timedelta(minutes=5)


@pytest.mark.parametrize("jumps", [(FIVE, -FIVE), (-FIVE, FIVE), (FIVE, timedelta(), FIVE)], ids=str)
def test_a_post_goes_out_once_whatever_the_clock_does(
    jumps: tuple[timedelta, ...],
    desk: Desk,
    network: Network,
    tick: Callable[[], Any],
    empty_dispatches: None,
):
    made = desk.publication(when=WHEN).json
    for jump in jumps:
        for minutes in (7, 9, 11):
            move_clock(timedelta(minutes=minutes) + jump)
            tick()
            desk.work(desk.woken())
    move_clock(None)
    to_the_end(desk)
    assert len(network.accepted) == 1
    assert desk.read(made)["status"] == "published"


def test_what_is_not_due_yet_by_the_clock_that_counts_is_put_off_and_not_sent(desk: Desk, network: Network):
    made = desk.publication(when=timedelta(minutes=1)).json  # its wake-up is on its way
    [row] = outstanding(desk)
    move_clock(-FIVE)
    desk.work([message_of(row)])
    assert network.accepted == []
    move_clock(None)
    to_the_end(desk)
    assert len(network.accepted) == 1
    assert desk.read(made)["status"] == "published"
