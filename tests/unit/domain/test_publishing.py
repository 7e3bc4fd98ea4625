"""What follows an outcome, when a post is too late, and what a publication adds up to."""

from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.history import MAX_ATTEMPTS, MAX_LOOKS, Effort
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
from lamplighter.domain.publishing import (
    BACKOFF_BASE,
    BACKOFF_CAP,
    LOOK_CAP,
    LOOKS_UNTIL_TOLD,
    SHORTEST_DELAY,
    Again,
    Decision,
    Finish,
    backoff,
    decide,
    decide_change,
    overall_status,
    read_as,
    waiting_status,
)
from lamplighter.domain.vocabulary import PUBLICATION_PLATFORM_STATUSES, PUBLICATION_STATUSES


def decided(
    outcome: Reconciled, attempts: int, looks: int, fraction: float, *, reconciling: bool = False
) -> Decision:
    return decide(outcome, Effort(attempts, looks, reconciling), fraction)


def test_a_published_post_is_finished() -> None:
    assert decided(Published("1", "https://x"), 1, 0, 0.5) == Finish("published")


def test_a_refused_post_fails_with_the_networks_words() -> None:
    assert decided(Rejected("too_long", "Too long."), 1, 0, 0.5) == Finish("failed", "too_long", "Too long.")


def test_what_was_never_sent_is_tried_again_within_the_jittered_backoff() -> None:
    assert decided(NotSent("dns", "No address."), 1, 0, 0.5) == Again(
        BACKOFF_BASE * 0.5, "dns", "No address."
    )


def test_a_networks_own_waiting_time_is_kept_and_spread() -> None:
    waits = [decided(RateLimited("Slow down.", 90), 3, 0, fraction) for fraction in (0.0, 0.5)]
    assert waits == [
        Again(timedelta(seconds=90), "rate_limited", "Slow down."),
        Again(timedelta(seconds=100), "rate_limited", "Slow down."),
    ]


def test_a_network_that_asks_for_no_wait_gets_one() -> None:
    decision = decided(RateLimited("Now.", 0), 1, 0, 0.0)
    assert isinstance(decision, Again)
    assert decision.delay == SHORTEST_DELAY


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


def test_looking_goes_on_for_hours_and_ever_more_slowly() -> None:
    waits = [decided(Unknown("timeout", "No answer."), 1, looks, 0.5) for looks in range(MAX_LOOKS)]
    delays = [wait.delay for wait in waits if isinstance(wait, Again)]
    assert delays == sorted(delays)
    assert delays[-1] == LOOK_CAP
    assert timedelta(hours=4) < sum(delays, timedelta()) < timedelta(hours=8)


def test_an_outcome_that_stays_unknown_is_left_to_a_person() -> None:
    decision = decided(Unknown("timeout", "No answer."), 1, MAX_LOOKS, 0.5, reconciling=True)
    assert decision == Finish("unknown", "timeout", "No answer.")


def test_a_post_that_proved_absent_is_sent_again_at_once() -> None:
    decision = decided(Absent(), 2, 1, 0.9)
    assert isinstance(decision, Again)
    assert decision.delay == timedelta(0)


def test_a_renewed_token_is_used_at_once() -> None:
    decision = decided(TokenRenewed(), 1, 0, 0.9)
    assert isinstance(decision, Again)
    assert decision.code == "token_renewed"
    assert decision.delay == timedelta(0)


def test_an_expired_token_is_no_reason_to_give_an_account_up() -> None:
    assert isinstance(decided(TokenExpired("Expired."), 1, 0, 0.5), Again)
    spent = decided(TokenExpired("Expired."), MAX_ATTEMPTS, 0, 0.5)
    assert spent == Finish("failed", "token_expired", "Expired.")


def test_a_revoked_token_needs_a_person() -> None:
    decision = decided(TokenExpired("Revoked.", revoked=True), 1, 0, 0.5)
    assert decision == Finish("failed", "needs_reconnect", "Revoked.", reconnect=True)


@pytest.mark.parametrize(
    "outcome",
    [NotSent("dns", "No address."), RateLimited("Slow down."), TokenExpired("Revoked.", revoked=True)],
)
def test_a_look_that_never_succeeds_leaves_the_outcome_unknown(outcome: Reconciled) -> None:
    decision = decided(outcome, 1, MAX_LOOKS, 0.5, reconciling=True)
    assert isinstance(decision, Finish)
    assert decision.status == "unknown"


@pytest.mark.parametrize(
    ("outcome", "effort", "status"),
    [
        (NotSent("dns", "No address."), Effort(1, 0, reconciling=False), "pending"),
        (Absent(), Effort(1, 1, reconciling=True), "pending"),
        (NotSent("dns", "No address."), Effort(1, 1, reconciling=True), "publishing"),
        (Unknown("timeout", "No answer."), Effort(1, 0, reconciling=False), "publishing"),
        (Pending(3), Effort(1, 0, reconciling=False), "publishing"),
        (Unknown("timeout", "No answer."), Effort(1, LOOKS_UNTIL_TOLD, reconciling=True), "unknown"),
    ],
)
def test_only_a_proof_of_absence_lets_a_post_be_cancelled_again(
    outcome: Reconciled, effort: Effort, status: str
) -> None:
    assert waiting_status(outcome, effort) == status


@given(attempts=st.integers(1, 60), looks=st.integers(0, 60), reconciling=st.booleans())
def test_no_effort_is_too_great_to_be_decided_on(attempts: int, looks: int, reconciling: bool) -> None:
    for outcome in (Unknown("x", "x"), NotSent("x", "x"), Absent(), TokenRenewed(), RateLimited("x", 9.0)):
        assert isinstance(decided(outcome, attempts, looks, 0.999, reconciling=reconciling), Again | Finish)


def test_what_a_network_has_taken_is_looked_for_as_it_asks_and_then_ever_more_slowly() -> None:
    delays = [
        found.delay
        for looks in range(MAX_LOOKS)
        if isinstance(found := decided(Pending(7), 1, looks, 0.5), Again)
    ]
    assert len(delays) == MAX_LOOKS
    assert delays[0] == timedelta(seconds=7)
    assert delays == sorted(delays)
    assert decided(Pending(7), 1, MAX_LOOKS, 0.5) == Finish(
        "unknown", "processing", "The network has never said that it was done."
    )


def test_where_nothing_can_be_looked_up_a_person_decides_at_once() -> None:
    decision = decide(Unknown("no_answer", "No answer."), Effort(1, 0, False), 0.5, can_look=False)
    assert decision == Finish("unknown", "no_answer", "No answer.")


def test_a_duplicate_is_refused_for_good_where_nothing_was_sent_before() -> None:
    refused = read_as(Duplicate("Said it already."), Effort(1, 0, False))
    assert refused == Rejected("duplicate_content", "Said it already.")


def test_a_duplicate_after_an_earlier_call_is_evidence_that_the_call_succeeded() -> None:
    effort = Effort(2, 0, False, sent_before=True)
    outcome = read_as(Duplicate("Said it already."), effort)
    assert outcome == Unknown("duplicate_refused", "Said it already.")
    assert isinstance(decide(outcome, effort, 0.5), Again)


def test_what_is_refused_as_a_duplicate_and_found_nowhere_is_not_sent_over_and_over() -> None:
    decision = decide(Absent(), Effort(2, 1, True, sent_before=True, refused_as_duplicate=True), 0.5)
    assert isinstance(decision, Finish)
    assert (decision.status, decision.code) == ("failed", "duplicate_content")


@pytest.mark.parametrize(
    "outcome",
    [
        Unknown("no_answer", "No answer."),
        NotSent("dns", "No address."),
        RateLimited("Slow down.", 3),
        Pending(2),
        TokenRenewed(),
        TokenExpired("Expired."),
    ],
)
def test_a_change_is_simply_made_again_until_it_is_given_up(outcome: Reconciled) -> None:
    assert isinstance(decide_change(outcome, Effort(1, 0, False), 0.5), Again)
    given_up = decide_change(outcome, Effort(MAX_ATTEMPTS, 0, False), 0.5)
    assert isinstance(given_up, Finish)
    assert given_up.status == "published"
    assert given_up.code


def test_a_change_ends_as_the_network_says() -> None:
    first = Effort(1, 0, False)
    assert decide_change(Removed(), first, 0.5) == Finish("removed")
    assert decide_change(Published("1", "https://x"), first, 0.5) == Finish("published")
    assert decide_change(Rejected("too_old", "Too old."), first, 0.5) == Finish(
        "published", "too_old", "Too old."
    )
    lost = decide_change(TokenExpired("Revoked.", revoked=True), first, 0.5)
    assert lost == Finish("published", "needs_reconnect", "Revoked.", reconnect=True)


@pytest.mark.parametrize(
    "outcome",
    [
        Rejected("too_old", "Too old."),
        TokenExpired("Revoked.", revoked=True),
        NotSent("dns", "No address."),
        Unknown("no_answer", "No answer."),
    ],
)
def test_a_change_that_may_have_been_made_is_not_said_to_have_failed(outcome: Reconciled) -> None:
    last = Effort(MAX_ATTEMPTS, 0, False, may_be_done=True)
    given_up = decide_change(outcome, last, 0.5)
    assert isinstance(given_up, Finish)
    assert (given_up.status, given_up.code) == ("published", "change_unknown")
    assert given_up.reconnect is isinstance(outcome, TokenExpired)


def test_a_last_try_without_an_answer_may_have_made_the_change() -> None:
    for outcome in (Unknown("no_answer", "No answer."), Pending(2)):
        given_up = decide_change(outcome, Effort(MAX_ATTEMPTS, 0, False), 0.5)
        assert isinstance(given_up, Finish)
        assert given_up.code == "change_unknown"


@given(attempts=st.integers(1, 40), fraction=st.floats(0, 1, exclude_max=True))
def test_a_backoff_stays_below_its_ceiling(attempts: int, fraction: float) -> None:
    assert timedelta(0) <= backoff(attempts, fraction) <= BACKOFF_CAP


def test_backoffs_grow() -> None:
    waits = [backoff(n, 0.999) for n in range(1, 9)]
    assert all(one < two for one, two in pairwise(waits))


@pytest.mark.parametrize(
    ("platforms", "whole"),
    [
        (["pending", "pending"], "scheduled"),
        (["pending", "cancelled"], "scheduled"),
        (["pending", "skipped"], "scheduled"),
        (["pending", "failed"], "publishing"),
        (["published", "pending"], "publishing"),
        (["publishing"], "publishing"),
        (["published", "published"], "published"),
        (["published", "failed"], "partially_published"),
        (["failed", "failed"], "failed"),
        (["published", "unknown"], "needs_review"),
        (["cancelled", "cancelled"], "cancelled"),
        (["published", "cancelled"], "published"),
        (["skipped"], "missed"),
        (["held", "published"], "needs_review"),
        (["held", "pending"], "publishing"),
        (["skipped", "cancelled"], "cancelled"),
        (["failed", "skipped"], "failed"),
        (["partial"], "partially_published"),
        (["partial", "failed"], "partially_published"),
        (["removed"], "removed"),
        (["removed", "cancelled"], "removed"),
        (["removed", "published"], "published"),
        (["removed", "failed"], "failed"),
    ],
)
def test_a_publication_is_the_sum_of_its_platforms(platforms: list[str], whole: str) -> None:
    assert overall_status(platforms) == whole


@given(st.lists(st.sampled_from(PUBLICATION_PLATFORM_STATUSES), min_size=1))
def test_every_sum_is_a_status_that_the_database_knows(platforms: list[str]) -> None:
    assert overall_status(platforms) in PUBLICATION_STATUSES
