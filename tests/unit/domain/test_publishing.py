"""What follows an outcome, when a post is too late, and what a publication adds up to."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.outcomes import (
    Absent,
    NotSent,
    Pending,
    Published,
    RateLimited,
    Reconciled,
    Rejected,
    TokenExpired,
    Unknown,
)
from lamplighter.domain.publishing import (
    BACKOFF_BASE,
    BACKOFF_CAP,
    MAX_ATTEMPTS,
    MAX_RECONCILIATIONS,
    Again,
    Decision,
    Finish,
    Lateness,
    Tried,
    backoff,
    decide,
    lateness,
    may_have_posted,
    overall_status,
    proves_absence,
)
from lamplighter.domain.vocabulary import PUBLICATION_PLATFORM_STATUSES, PUBLICATION_STATUSES


def decided(
    outcome: Reconciled, attempts: int, looks: int, fraction: float, *, reconciling: bool = False
) -> Decision:
    return decide(outcome, attempts=attempts, looks=looks, reconciling=reconciling, fraction=fraction)


NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_a_published_post_is_finished() -> None:
    assert decided(Published("1", "https://x"), 1, 0, 0.5) == Finish("published")


def test_a_refused_post_fails_with_the_networks_words() -> None:
    assert decided(Rejected("too_long", "Too long."), 1, 0, 0.5) == Finish("failed", "too_long", "Too long.")


def test_what_was_never_sent_is_tried_again_within_the_jittered_backoff() -> None:
    assert decided(NotSent("dns", "No address."), 1, 0, 0.5) == Again(
        BACKOFF_BASE * 0.5, "dns", "No address."
    )


def test_a_networks_own_waiting_time_outranks_the_backoff() -> None:
    assert decided(RateLimited("Slow down.", 90), 3, 0, 0.1) == Again(
        timedelta(seconds=90), "rate_limited", "Slow down."
    )


@pytest.mark.parametrize("outcome", [NotSent("dns", "No address."), RateLimited("Slow down."), Absent()])
def test_attempts_end(outcome: Reconciled) -> None:
    decision = decided(outcome, MAX_ATTEMPTS, 0, 0.5)
    assert isinstance(decision, Finish)
    assert decision.status == "failed"


def test_an_unknown_outcome_is_looked_into_and_never_simply_sent_again() -> None:
    first = decided(Unknown("timeout", "No answer."), 1, 0, 0.5)
    later = decided(Unknown("timeout", "No answer."), 3, 2, 0.5)
    assert isinstance(first, Again)
    assert isinstance(later, Again)
    assert timedelta(0) < first.delay < later.delay


def test_an_outcome_that_stays_unknown_is_left_to_a_person() -> None:
    decision = decided(Unknown("timeout", "No answer."), MAX_RECONCILIATIONS + 1, MAX_RECONCILIATIONS, 0.5)
    assert decision == Finish("unknown", "timeout", "No answer.")


def test_a_post_that_proved_absent_is_sent_again_at_once() -> None:
    decision = decided(Absent(), 2, 1, 0.9)
    assert isinstance(decision, Again)
    assert decision.delay == timedelta(0)


def test_an_expired_token_is_refreshed_and_a_revoked_one_needs_a_person() -> None:
    expired, revoked = TokenExpired("Expired."), TokenExpired("Revoked.", revoked=True)
    assert decided(expired, 1, 0, 0.5) == Again(timedelta(0), "token_expired", "Expired.", refresh_token=True)
    assert decided(revoked, 1, 0, 0.5) == Finish("failed", "needs_reconnect", "Revoked.", reconnect=True)
    assert isinstance(decided(expired, MAX_ATTEMPTS, 0, 0.5), Finish)


@pytest.mark.parametrize(
    "outcome",
    [NotSent("dns", "No address."), RateLimited("Slow down."), TokenExpired("Revoked.", revoked=True)],
)
def test_a_look_that_never_succeeds_leaves_the_outcome_unknown(outcome: Reconciled) -> None:
    decision = decided(outcome, MAX_ATTEMPTS, 3, 0.5, reconciling=True)
    assert isinstance(decision, Finish)
    assert decision.status == "unknown"


NOT_SENT, UNKNOWN = Tried("not_sent", False, "dns"), Tried("unknown", False, "timeout")
LIMITED_LOOK, ABSENT = Tried("not_sent", True, "rate_limited"), Tried("not_sent", True, "not_on_network")
LOST = Tried("sending", False, None)


@pytest.mark.parametrize(
    ("history", "verdict"),
    [
        ([], False),
        ([NOT_SENT], False),
        ([UNKNOWN], True),
        ([LOST], True),
        ([UNKNOWN, LIMITED_LOOK], True),
        ([UNKNOWN, Tried("abandoned", True, "worker_lost")], True),
        ([UNKNOWN, ABSENT], False),
        ([UNKNOWN, ABSENT, NOT_SENT], False),
        ([UNKNOWN, ABSENT, UNKNOWN], True),
        ([Tried("abandoned", False, "worker_lost")], False),
    ],
)
def test_only_a_proof_of_absence_ends_an_unknown_outcome(history: list[Tried], verdict: bool) -> None:
    assert may_have_posted(history) is verdict


def test_only_a_proof_of_absence_lets_a_post_be_cancelled_again() -> None:
    assert proves_absence(NotSent("dns", "No address."), reconciling=False)
    assert proves_absence(Absent(), reconciling=True)
    assert not proves_absence(NotSent("dns", "No address."), reconciling=True)
    assert not proves_absence(Unknown("timeout", "No answer."), reconciling=False)


def test_processing_media_are_asked_about_again() -> None:
    decision = decided(Pending(7), 2, 0, 0.5)
    assert isinstance(decision, Again)
    assert decision.delay == timedelta(seconds=7)


@given(attempts=st.integers(1, 40), fraction=st.floats(0, 1, exclude_max=True))
def test_a_backoff_stays_below_its_ceiling(attempts: int, fraction: float) -> None:
    assert timedelta(0) <= backoff(attempts, fraction) <= BACKOFF_CAP


def test_backoffs_grow() -> None:
    waits = [backoff(n, 0.999) for n in range(1, 9)]
    assert all(one < two for one, two in pairwise(waits))


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


@pytest.mark.parametrize(
    ("platforms", "whole"),
    [
        (["pending", "pending"], "scheduled"),
        (["published", "pending"], "publishing"),
        (["publishing"], "publishing"),
        (["published", "published"], "published"),
        (["published", "failed"], "partially_published"),
        (["failed", "failed"], "failed"),
        (["published", "unknown"], "needs_review"),
        (["cancelled", "cancelled"], "cancelled"),
        (["published", "cancelled"], "published"),
        (["skipped"], "missed"),
        (["skipped", "cancelled"], "cancelled"),
        (["failed", "skipped"], "failed"),
    ],
)
def test_a_publication_is_the_sum_of_its_platforms(platforms: list[str], whole: str) -> None:
    assert overall_status(platforms) == whole


@given(st.lists(st.sampled_from(PUBLICATION_PLATFORM_STATUSES), min_size=1))
def test_every_sum_is_a_status_that_the_database_knows(platforms: list[str]) -> None:
    assert overall_status(platforms) in PUBLICATION_STATUSES
