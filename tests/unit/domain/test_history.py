"""What the next attempt is for, out of all that were made before."""

from dataclasses import replace

import pytest

from lamplighter.domain.history import (
    MAX_ATTEMPTS,
    Effort,
    Step,
    Tried,
    effort_of,
    may_have_posted,
    next_step,
    succeeded,
)

NOT_SENT, UNKNOWN = Tried("not_sent", code="dns"), Tried("unknown", code="timeout")
LIMITED_LOOK, ABSENT = Tried("not_sent", True, "rate_limited"), Tried("not_sent", True, "not_on_network")
GIVEN_UP = Tried("rejected", True, "processing_failed")
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
        ([UNKNOWN, GIVEN_UP], False),
        ([UNKNOWN, GIVEN_UP, NOT_SENT], False),
        ([UNKNOWN, GIVEN_UP, UNKNOWN], True),
        ([Tried("abandoned", False, "worker_lost")], False),
    ],
)
def test_only_a_proof_of_absence_ends_an_unknown_outcome(history: list[Tried], verdict: bool) -> None:
    assert may_have_posted(history) is verdict


ONE, TWO, THREE = "one", "two", "three"


def out(segment: int, digest: str = ONE) -> Tried:
    return Tried("published", segment=segment, digest=digest)


@pytest.mark.parametrize(
    ("history", "step"),
    [
        ([], Step("publish", 0)),
        ([NOT_SENT], Step("publish", 0)),
        ([UNKNOWN], Step("publish", 0, reconciles=True)),
        ([out(0)], Step("publish", 1)),
        ([out(0), replace(UNKNOWN, segment=1)], Step("publish", 1, reconciles=True)),
        ([out(0), replace(UNKNOWN, segment=1), out(1)], Step("publish", 2)),
        ([out(0), out(1), out(2)], None),
    ],
)
def test_a_thread_goes_on_with_the_segment_that_is_missing(history: list[Tried], step: Step | None) -> None:
    assert next_step(history, None, [ONE, TWO, THREE]) == step


def test_an_unknown_segment_is_looked_for_whatever_happened_to_others() -> None:
    history = [UNKNOWN, ABSENT, out(0), replace(UNKNOWN, segment=1)]
    assert next_step(history, None, [ONE, TWO]) == Step("publish", 1, reconciles=True)


def test_a_thread_is_removed_from_its_end() -> None:
    history = [out(0), out(1), out(2)]
    for segment in (2, 1, 0):
        step = next_step(history, "remove", [ONE, TWO, THREE])
        assert step == Step("remove", segment)
        history.append(succeeded(step, None))
    assert next_step(history, "remove", [ONE, TWO, THREE]) is None


def test_only_what_reads_otherwise_is_edited() -> None:
    history = [out(0, ONE), out(1, TWO), out(2, THREE)]
    step = next_step(history, "edit", [ONE, "other", "else"])
    assert step == Step("edit", 1)
    history.append(succeeded(step, "other"))
    assert next_step(history, "edit", [ONE, "other", "else"]) == Step("edit", 2)
    assert next_step(history, "edit", [ONE, "other", THREE]) is None
    assert next_step(history, "edit", [ONE]) is None  # what the content no longer has stays as it is


def test_effort_counts_this_round_and_this_step_alone() -> None:
    history = [
        Tried("not_sent", number=1),
        Tried("not_sent", number=2),
        Tried("not_sent", number=3),
        Tried("not_sent", number=4, segment=1),
        Tried("not_sent", number=5, task="edit"),
    ]
    assert effort_of(history, Step("publish", 0), 2) == Effort(2, 0, reconciling=False)
    assert effort_of(history, Step("publish", 0, reconciles=True), 0) == Effort(3, 1, reconciling=True)


@pytest.mark.parametrize(
    ("tried", "counts"),
    [
        (Tried("abandoned", code="worker_lost"), True),
        (Tried("abandoned", code="content_changed"), False),
        (Tried("abandoned", code="budget_spent"), False),
        (Tried("waiting"), False),
        (Tried("not_sent", code="rate_limited"), True),
    ],
)
def test_what_stood_back_by_itself_was_no_attempt(tried: Tried, counts: bool) -> None:
    assert effort_of([tried], Step("publish", 0), 0).attempts == (2 if counts else 1)


def test_workers_that_are_always_lost_come_to_an_end() -> None:
    lost = [Tried("abandoned", code="worker_lost", number=n) for n in range(1, MAX_ATTEMPTS + 1)]
    assert effort_of(lost, Step("publish", 0), 0).is_spent


def test_what_came_as_far_as_the_call_is_remembered_beyond_a_round() -> None:
    effort = effort_of([Tried("not_sent", sent=True, number=1)], Step("publish", 0), 1)
    assert (effort.attempts, effort.sent_before) == (1, True)


@pytest.mark.parametrize(
    ("statuses", "open_"),
    [
        (("unknown", "not_sent"), True),
        (("sending",), True),
        (("unknown", "rejected"), True),
        (("unknown", "done", "not_sent"), False),
        (("not_sent", "abandoned"), False),
    ],
)
def test_a_call_without_an_answer_stays_open_until_one_succeeds(
    statuses: tuple[str, ...], open_: bool
) -> None:
    history = [Tried(status, task="remove", number=n) for n, status in enumerate(statuses, 1)]
    assert effort_of(history, Step("remove", 0), 0).may_be_done is open_
    assert not effort_of(history, Step("edit", 0), 0).may_be_done


def test_an_edit_without_an_answer_is_made_again_even_to_the_words_before() -> None:
    history = [
        Tried("published", digest="old", number=1),
        Tried("unknown", task="edit", digest="new", number=2),
    ]
    assert next_step(history, "edit", ["old"]) == Step("edit", 0)
    again = [*history, Tried("done", task="edit", digest="old", number=3)]
    assert next_step(again, "edit", ["old"]) is None
