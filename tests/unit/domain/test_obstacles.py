"""Why a post must not go out although it is due."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.obstacles import Lateness, Standing, Until, lateness, obstacle
from lamplighter.domain.publishing import Finish

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
TEN = timedelta(minutes=10)
FINE = Standing("approved", "active", True, "skip", TEN, NOON)


@pytest.mark.parametrize(
    ("policy", "late_after", "late_by", "verdict"),
    [
        ("send", None, timedelta(days=3), Lateness.SEND),
        ("skip", timedelta(minutes=10), timedelta(minutes=10), Lateness.SEND),
        ("skip", timedelta(minutes=10), timedelta(minutes=10, seconds=1), Lateness.SKIP),
        ("ask", timedelta(minutes=10), timedelta(minutes=11), Lateness.ASK),
        ("ask", timedelta(minutes=10), timedelta(seconds=-1), Lateness.SEND),
        ("skip", None, timedelta(days=1), Lateness.SEND),
    ],
)
def test_the_late_policy(
    policy: str, late_after: timedelta | None, late_by: timedelta, verdict: Lateness
) -> None:
    assert lateness(policy, late_after, NOON, NOON + late_by) is verdict


def end_of(standing: Standing, late_by: timedelta = timedelta(0)) -> tuple[str, str | None] | Until | None:
    found = obstacle(standing, NOON + late_by)
    return (found.status, found.code) if isinstance(found, Finish) else found


def test_nothing_is_in_the_way_of_what_is_approved_and_on_time() -> None:
    assert end_of(FINE) is None
    assert end_of(replace(FINE, approval="none"), TEN) is None


@pytest.mark.parametrize("policy", ["send", "skip", "ask"])
def test_what_was_rejected_never_goes_out(policy: str) -> None:
    standing = replace(FINE, approval="rejected", late_policy=policy)
    assert end_of(standing) == ("skipped", "approval_rejected")


def test_what_is_due_without_an_approval_is_missed_where_nothing_says_how_long_it_may_wait() -> None:
    assert end_of(replace(FINE, approval="pending", late_policy="send", late_after=None)) == (
        "skipped",
        "approval_pending",
    )


@pytest.mark.parametrize(("policy", "end"), [("skip", "skipped"), ("ask", "held")])
def test_an_approval_may_come_as_late_as_the_post_may(policy: str, end: str) -> None:
    standing = replace(FINE, approval="pending", late_policy=policy)
    waits = end_of(standing, TEN / 2)
    assert isinstance(waits, Until)
    assert (waits.at, waits.code) == (NOON + TEN, "approval_pending")
    assert end_of(standing, TEN) == (end, "approval_pending")


def test_a_lost_account_fails_what_is_live_alone() -> None:
    assert end_of(replace(FINE, account="needs_reconnect")) == ("failed", "needs_reconnect")
    assert end_of(replace(FINE, account="disconnected", is_live=False)) is None


def test_the_rest_of_a_thread_is_never_too_late_and_never_skipped() -> None:
    begun = replace(FINE, is_begun=True)
    assert end_of(begun, timedelta(days=1)) is None
    assert end_of(replace(begun, approval="pending")) == ("failed", "approval_pending")
    assert end_of(replace(begun, approval="rejected")) == ("failed", "approval_rejected")


def test_of_late_ones_of_a_recurring_post_only_the_latest_goes_out() -> None:
    latest = replace(FINE, late_policy="latest")
    assert end_of(latest, 2 * TEN) is None
    assert end_of(replace(latest, is_superseded=True), 2 * TEN) == ("skipped", "superseded")
    assert end_of(replace(latest, is_superseded=True), TEN) is None


def test_without_an_approval_the_latest_is_skipped_in_the_end() -> None:
    pending = replace(FINE, approval="pending", late_policy="latest")
    assert isinstance(end_of(pending, TEN / 2), Until)
    assert end_of(pending, TEN) == ("skipped", "approval_pending")


def test_those_that_catch_up_wait_for_their_turn() -> None:
    turn = NOON + TEN
    catching_up = replace(FINE, late_policy="send", late_after=None, turn_at=turn)
    waits = end_of(catching_up)
    assert isinstance(waits, Until)
    assert (waits.at, waits.code) == (turn, "catching_up")
    assert end_of(catching_up, TEN) is None
    assert end_of(replace(catching_up, is_begun=True)) is None
