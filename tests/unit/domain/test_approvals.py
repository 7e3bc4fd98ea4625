"""The state machine of approvals: every step there is, and every one that is refused."""

from itertools import product
from typing import get_args

import pytest

from lamplighter.domain.approvals import STEPS, Action, State, after, must_be_open, must_be_same
from lamplighter.domain.vocabulary import APPROVAL_ACTIONS, APPROVAL_STATUSES, PUBLICATION_PLATFORM_STATUSES
from lamplighter.problems import DomainError

STATES: tuple[State, ...] = get_args(State.__value__)
ACTIONS: tuple[Action, ...] = get_args(Action.__value__)

TABLE: dict[tuple[State, Action], str] = {
    ("none", "requested"): "pending",
    ("none", "approved"): "! approval_not_requested",
    ("none", "rejected"): "! approval_not_requested",
    ("none", "revoked"): "! approval_not_requested",
    ("none", "reset"): "! approval_not_requested",
    ("pending", "requested"): "as it is",
    ("pending", "approved"): "approved",
    ("pending", "rejected"): "rejected",
    ("pending", "revoked"): "as it is",
    ("pending", "reset"): "pending",
    ("approved", "requested"): "! already_approved",
    ("approved", "approved"): "as it is",
    ("approved", "rejected"): "! already_approved",
    ("approved", "revoked"): "pending",
    ("approved", "reset"): "pending",
    ("rejected", "requested"): "pending",
    ("rejected", "approved"): "! approval_rejected",
    ("rejected", "rejected"): "as it is",
    ("rejected", "revoked"): "! approval_rejected",
    ("rejected", "reset"): "! approval_rejected",
}


def test_the_table_is_whole_and_speaks_the_databases_words():
    assert TABLE.keys() == set(product(STATES, ACTIONS))
    assert set(STATES) == {"none", *APPROVAL_STATUSES}
    assert set(ACTIONS) == set(APPROVAL_ACTIONS)


@pytest.mark.parametrize(("state", "action"), TABLE)
def test_a_step_leads_where_the_table_says(state: State, action: Action):
    expected = TABLE[state, action]
    if expected.startswith("! "):
        with pytest.raises(DomainError) as refused:
            after(state, action)
        assert refused.value.code == expected.removeprefix("! ")
    else:
        assert after(state, action) == (None if expected == "as it is" else expected)


def test_only_a_person_or_a_client_leads_to_approved():
    """Nothing that happens by itself gives an approval."""
    assert {action for (_, action), state in STEPS.items() if state == "approved"} == {"approved"}
    assert {state for (state, action) in STEPS if action == "approved"} == {"pending"}


OPEN = {"pending", "publishing", "held", "unknown"}


@pytest.mark.parametrize("status", PUBLICATION_PLATFORM_STATUSES)
@pytest.mark.parametrize("action", ["requested", "approved", "rejected"])
def test_a_decision_is_about_what_may_still_be_sent(status: str, action: Action):
    if status in OPEN:
        must_be_open([status, "failed"], "pending", action)
        return
    if status == "published":  # and edited since, or nobody would be asked
        must_be_open([status], "pending", action)
        return
    with pytest.raises(DomainError) as refused:
        must_be_open([status], "pending", action)
    assert refused.value.code == ("missed_needs_time" if status == "skipped" else "nothing_to_send")


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["pending"], None),
        (["held"], None),
        (["publishing", "pending"], None),
        (["publishing"], "too_late_to_revoke"),
        (["unknown"], "too_late_to_revoke"),
        (["published"], "nothing_to_send"),
        (["skipped"], "missed_needs_time"),
        (["cancelled"], "nothing_to_send"),
    ],
)
def test_revoking_is_refused_when_it_may_be_out(statuses: list[str], code: str | None):
    if code is None:
        must_be_open(statuses, "approved", "revoked")
        return
    with pytest.raises(DomainError) as refused:
        must_be_open(statuses, "approved", "revoked")
    assert refused.value.code == code


def test_what_was_read_must_be_what_stands():
    must_be_same(None, "a")
    must_be_same("a", "a")
    with pytest.raises(DomainError) as refused:
        must_be_same("b", "a")
    assert refused.value.code == "content_changed_since"
