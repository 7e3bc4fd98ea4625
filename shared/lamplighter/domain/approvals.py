"""Approvals as a state machine: what can happen to one, and what it becomes."""

from collections.abc import Collection, Mapping
from typing import Literal

from lamplighter.problems import DomainError, Kind

type State = Literal["none", "pending", "approved", "rejected"]
type Action = Literal["requested", "approved", "rejected", "revoked", "reset"]

STEPS: Mapping[tuple[State, Action], State] = {
    ("none", "requested"): "pending",
    ("rejected", "requested"): "pending",
    ("pending", "approved"): "approved",
    ("pending", "rejected"): "rejected",
    ("approved", "revoked"): "pending",
    ("pending", "reset"): "pending",
    ("approved", "reset"): "pending",
}
"""Every step there is; `reset` is an edit or a move of what was asked about or approved."""

_AGAIN: Mapping[Action, State] = {
    "requested": "pending",
    "approved": "approved",
    "rejected": "rejected",
    "revoked": "pending",
}
"""Where somebody is already who asks for a step twice, or again because the first answer was lost."""

_NOT_REQUESTED = ("approval_not_requested", "Nobody asked for an approval of this publication: request it.")
_APPROVED = ("already_approved", "It is approved as it stands: revoke the approval first.")
_REJECTED = ("approval_rejected", "It was rejected: request an approval again first.")
_REFUSALS: Mapping[State, tuple[str, str]] = {
    "none": _NOT_REQUESTED,
    "approved": _APPROVED,
    "rejected": _REJECTED,
}

UNSENT = frozenset({"pending", "publishing", "held", "unknown"})
"""States of a platform row out of which its post, or a part of it, may still be sent."""
STOPPABLE = frozenset({"pending", "held"})
"""Those in which it is certainly not being sent at this moment."""


def after(state: State, action: Action) -> State | None:
    """What `state` becomes; None where it is so already; raises a conflict where there is no such step."""
    if (state, action) in STEPS:
        return STEPS[state, action]
    if _AGAIN.get(action) == state:
        return None
    raise DomainError(Kind.CONFLICT, *_REFUSALS[state])


def must_be_open(statuses: Collection[str], state: State, action: Action) -> None:
    """Refuse a decision about what is not to be sent any more, and to revoke what may be out by now. What was
    published and then edited can be decided about: the edit may still be sent to where the post stands."""
    found = set(statuses)
    is_edited = "published" in found and state in {"pending", "rejected"}
    if found & (STOPPABLE if action == "revoked" else UNSENT) or is_edited:
        return
    if "skipped" in found:
        detail = "Its time passed without an approval: give it a new time first."
        raise DomainError(Kind.CONFLICT, "missed_needs_time", detail)
    if found & UNSENT:
        detail = "It is going out at this moment: too late to revoke its approval."
        raise DomainError(Kind.CONFLICT, "too_late_to_revoke", detail)
    detail = "Nothing of this publication is still to be sent."
    raise DomainError(Kind.CONFLICT, "nothing_to_send", detail)


def must_be_same(seen: str | None, stands: str) -> None:
    """Refuse a decision about something else than what stands now; `seen` None: about whatever does."""
    if seen is not None and seen != stands:
        detail = "The content, its targets or its time changed since you read it: read it again."
        raise DomainError(Kind.CONFLICT, "content_changed_since", detail)
