"""When an account is left alone, for how long, and when a post that waits gets its turn."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.gates import (
    BUDGET_SPENT,
    CIRCUIT_OPEN,
    CLOSED_BASE,
    CLOSED_CAP,
    DAY,
    FAILURES_UNTIL_CLOSED,
    LONGEST_LIMIT,
    LONGEST_LINE,
    RATE_LIMITED,
    SLOW_CALL_SECONDS,
    SLOW_FOR,
    Allowance,
    Gate,
    Sign,
    after,
    after_call,
    allowances,
    closing,
    free_at,
    in_line,
    latest,
    sign,
    spent,
)
from lamplighter.domain.networks import BLUESKY, MASTODON
from lamplighter.domain.outcomes import (
    Absent,
    Duplicate,
    NotSent,
    Pending,
    Published,
    RateLimited,
    Reconciled,
    Rejected,
    Removed,
    TokenExpired,
    TokenRenewed,
    Unknown,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
UNREACHABLE = NotSent("unreachable", "No connection.")
PUBLISHED = Published("1", "https://x")
SECOND = timedelta(seconds=1)


def failed(times: int, gate: Gate | None = None, now: datetime = NOON) -> Gate:
    gate = gate or Gate()
    for _ in range(times):
        gate = after(gate, UNREACHABLE, now, 0.0)
    return gate


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        (PUBLISHED, Sign.ANSWERED),
        (Pending(), Sign.ANSWERED),
        (Removed(), Sign.ANSWERED),
        (Absent(), Sign.ANSWERED),
        (Duplicate("There already."), Sign.ANSWERED),
        (TokenRenewed(), Sign.ANSWERED),
        (Rejected("too_long", "Too long."), Sign.ANSWERED),
        (Rejected("media_changed", "Another picture."), Sign.NOTHING),
        (TokenExpired("Expired."), Sign.NOTHING),
        (UNREACHABLE, Sign.FAILED),
        (NotSent("unclear_answer", "502"), Sign.FAILED),
        (NotSent("upload_slow", "Slow."), Sign.FAILED),
        (NotSent("internal_error", "Ours."), Sign.NOTHING),
        (NotSent("token_refreshing", "In a moment."), Sign.NOTHING),
        (Unknown("no_answer", "Silence."), Sign.FAILED),
        (Unknown("unclear_answer", "502"), Sign.FAILED),
        (Unknown("settling", "The first call may still be at work."), Sign.NOTHING),
        (Unknown("internal_error", "Ours."), Sign.NOTHING),
        (RateLimited("Slow down."), Sign.LIMITED),
    ],
)
def test_what_an_outcome_says_of_the_network(outcome: Reconciled, expected: Sign) -> None:
    assert sign(outcome) is expected


def test_four_failures_in_a_row_close_nothing() -> None:
    assert not failed(FAILURES_UNTIL_CLOSED - 1).is_closed(NOON)


def test_the_fifth_failure_in_a_row_closes_for_half_a_minute() -> None:
    gate = failed(FAILURES_UNTIL_CLOSED)

    assert gate.is_closed(NOON + 23 * SECOND)
    assert gate.is_half_open(NOON + 30 * SECOND)
    assert gate.code == CIRCUIT_OPEN


def test_an_answer_in_between_begins_the_count_anew() -> None:
    gate = after(failed(FAILURES_UNTIL_CLOSED - 1), PUBLISHED, NOON, 0.0)

    assert gate == Gate()
    assert not failed(FAILURES_UNTIL_CLOSED - 1, gate).is_closed(NOON)


def test_what_says_nothing_counts_neither_way() -> None:
    gate = failed(3)

    assert after(gate, NotSent("internal_error", "Ours."), NOON, 0.0) == gate


def test_calls_that_were_under_way_when_it_closed_do_not_close_it_longer() -> None:
    gate = failed(FAILURES_UNTIL_CLOSED)

    assert failed(10, gate) == gate


def test_a_call_that_was_under_way_when_it_closed_does_not_open_it() -> None:
    gate = failed(FAILURES_UNTIL_CLOSED)

    assert after(gate, PUBLISHED, NOON + SECOND, 0.0) == gate


def test_a_probe_that_fails_closes_for_twice_as_long() -> None:
    half_open = replace(failed(FAILURES_UNTIL_CLOSED), probing_until=NOON + 120 * SECOND)

    gate = after(half_open, UNREACHABLE, NOON + 60 * SECOND, 1.0)

    assert gate.closed_until == NOON + 60 * SECOND + 2 * CLOSED_BASE
    assert gate.probing_until is None


def test_a_probe_that_is_answered_opens_it() -> None:
    half_open = replace(failed(FAILURES_UNTIL_CLOSED), probing_until=NOON + 120 * SECOND)

    assert after(half_open, PUBLISHED, NOON + 60 * SECOND, 0.0) == Gate()


def test_a_probe_that_found_nothing_out_lets_the_next_one_go() -> None:
    half_open = replace(failed(FAILURES_UNTIL_CLOSED), probing_until=NOON + 120 * SECOND)

    gate = after(half_open, NotSent("internal_error", "Ours."), NOON + 60 * SECOND, 0.0)

    assert not gate.is_probed(NOON + 60 * SECOND)
    assert gate.is_half_open(NOON + 60 * SECOND)


def test_a_limit_closes_at_once_for_as_long_as_the_network_says() -> None:
    gate = after(Gate(), RateLimited("Slow down.", 77), NOON, 0.0)

    assert gate.closed_until == NOON + 77 * SECOND
    assert gate.code == RATE_LIMITED


def test_the_longest_of_several_limits_counts() -> None:
    gate = after(Gate(), RateLimited("Slow down.", 77), NOON, 0.0)

    assert after(gate, RateLimited("Slow down.", 5), NOON + SECOND, 0.0) == gate


def test_a_limit_that_does_not_say_how_long_grows_with_each_probe_that_hears_it() -> None:
    gate, waits = Gate(), []
    now = NOON
    for _ in range(8):
        gate = after(gate, RateLimited("Slow down."), now, 1.0)
        assert gate.closed_until is not None
        waits.append(gate.closed_until - now)
        now = gate.closed_until

    assert waits[0] == CLOSED_BASE
    assert waits[-1] == 8 * CLOSED_BASE
    assert waits == sorted(waits)


@given(st.floats(min_value=-1e9, max_value=1e18))
def test_no_limit_closes_for_less_than_a_second_or_more_than_a_day(retry_after: float) -> None:
    gate = after(Gate(), RateLimited("Slow down.", retry_after), NOON, 0.5)

    assert gate.closed_until is not None
    assert SECOND <= gate.closed_until - NOON <= LONGEST_LIMIT


@given(st.integers(min_value=0, max_value=10_000), st.floats(min_value=0, max_value=1, exclude_max=True))
def test_a_closing_lasts_half_a_minute_to_a_quarter_of_an_hour(failures: int, fraction: float) -> None:
    assert 0.8 * CLOSED_BASE <= closing(failures, fraction) <= CLOSED_CAP


def test_a_probe_whose_worker_was_lost_is_over_with_its_lease() -> None:
    gate = Gate(probing_until=NOON + 90 * SECOND)

    assert gate.is_probed(NOON)
    assert not gate.is_probed(NOON + 90 * SECOND)


def test_a_call_that_takes_long_marks_the_account_slow_for_minutes() -> None:
    gate = after_call(Gate(), NOON, SLOW_CALL_SECONDS)

    assert gate.is_slow(NOON + SLOW_FOR - SECOND)
    assert not gate.is_slow(NOON + SLOW_FOR)


def test_a_quick_call_changes_nothing() -> None:
    slow = after_call(Gate(), NOON, 30.0)

    assert after_call(Gate(), NOON, SLOW_CALL_SECONDS - 0.1) == Gate()
    assert after_call(slow, NOON + SECOND, 0.1) == slow


def test_slowness_is_written_down_again_only_after_half_its_time() -> None:
    slow = after_call(Gate(), NOON, 30.0)

    assert after_call(slow, NOON + SLOW_FOR * 0.4, 30.0) == slow
    assert after_call(slow, NOON + SLOW_FOR * 0.6, 30.0).is_slow(NOON + SLOW_FOR)


def test_an_account_is_limited_by_its_network_and_by_its_people() -> None:
    found = allowances(MASTODON, 25)

    assert [(each.posts, each.per) for each in found] == [(300, timedelta(hours=3)), (25, DAY)]
    assert allowances(BLUESKY, None) == []


TEN_A_DAY = Allowance(10, DAY, "The account's daily cap is 10 posts")


def test_a_post_fits_while_fewer_were_sent() -> None:
    assert free_at(TEN_A_DAY, None, NOON) is None


def test_the_next_post_fits_when_the_one_that_fills_the_window_has_left_it() -> None:
    assert free_at(TEN_A_DAY, NOON - timedelta(hours=5), NOON) == NOON + timedelta(hours=19)
    assert free_at(TEN_A_DAY, NOON - DAY, NOON) is None


def test_a_cap_of_nothing_lets_nothing_through() -> None:
    assert free_at(Allowance(0, DAY, "None"), None, NOON) == NOON + DAY


def test_the_limit_that_is_free_last_is_the_one_that_is_told() -> None:
    first, last = (TEN_A_DAY, NOON), (Allowance(1, DAY, "One"), NOON + SECOND)

    assert latest([last, first]) == last
    assert latest([]) is None


def test_people_are_told_when_the_next_post_fits() -> None:
    assert spent(TEN_A_DAY, NOON) == (
        "The account's daily cap is 10 posts; the next one fits at 2026-11-22 12:00:00 UTC."
    )
    assert BUDGET_SPENT == "budget_spent"


def test_who_waits_gets_a_moment_each() -> None:
    opens, booked = NOON + 30 * SECOND, None
    moments = []
    for _ in range(3):
        booked = in_line(booked, opens, 2 * SECOND, NOON)
        moments.append(booked)

    assert moments == [opens, opens + 2 * SECOND, opens + 4 * SECOND]


def test_a_line_of_the_past_is_forgotten() -> None:
    assert in_line(NOON - DAY, NOON + SECOND, SECOND, NOON) == NOON + SECOND


def test_nobody_is_put_off_for_longer_than_an_hour_at_once() -> None:
    assert in_line(None, NOON + DAY, SECOND, NOON) == NOON + LONGEST_LINE
    assert in_line(NOON + LONGEST_LINE, NOON + SECOND, SECOND, NOON) == NOON + LONGEST_LINE
