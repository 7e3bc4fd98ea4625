"""Why a post must not go out although it is due: approval, account, lateness."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from lamplighter.domain.misfires import SUPERSEDED
from lamplighter.domain.publishing import Finish
from lamplighter.domain.vocabulary import LATEST


class Lateness(Enum):
    """What the late policy says of a post at the moment of sending."""

    SEND = "send"
    SKIP = "skip"
    ASK = "ask"
    LATEST = LATEST
    """Unless a later one of its recurring post is due already."""


@dataclass(frozen=True, slots=True)
class Until:
    """Not yet: to be asked again at `at`."""

    at: datetime
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How things stand at the moment of sending. `due_at`: the time that lateness is measured from.
    `is_begun`: earlier segments are out. Of a recurring post that is late, `is_superseded`: a later one is
    due too; `turn_at`: when those before it are out."""

    approval: str
    account: str
    is_live: bool
    late_policy: str
    late_after: timedelta | None
    due_at: datetime
    is_begun: bool = False
    is_superseded: bool = False
    turn_at: datetime | None = None


def lateness(policy: str, late_after: timedelta | None, due_at: datetime, now: datetime) -> Lateness:
    """Whether a post may still go out. `send` always does; `skip`, `ask` and `latest` act once `late_after`
    has passed."""
    if policy == "send" or late_after is None or now - due_at <= late_after:
        return Lateness.SEND
    return Lateness(policy)


def obstacle(standing: Standing, now: datetime) -> Finish | Until | None:
    """Why the post must not go out now, if it must not. What is out in part is not late any more: its rest
    belongs to it; and it fails where otherwise it would be skipped."""
    found = _of_approval(standing, now) or _of_account(standing)
    if found is None and not standing.is_begun:
        found = _of_lateness(standing, now)
    if standing.is_begun and isinstance(found, Finish):
        return Finish("failed", found.code, found.message)
    return found


def _of_approval(standing: Standing, now: datetime) -> Finish | Until | None:
    if standing.approval == "rejected":
        return Finish("skipped", "approval_rejected", "It was rejected.")
    if standing.approval != "pending":
        return None
    message = "It was due without an approval."
    if standing.is_begun or standing.late_policy == "send" or standing.late_after is None:
        return Finish("skipped", "approval_pending", message)
    deadline = standing.due_at + standing.late_after
    if now < deadline:
        return Until(deadline, "approval_pending", "It is due and waits for its approval.")
    return Finish("held" if standing.late_policy == "ask" else "skipped", "approval_pending", message)


def _of_account(standing: Standing) -> Finish | None:
    if standing.account == "active" or not standing.is_live:
        return None
    return Finish("failed", "needs_reconnect", "The account was disconnected before the post was due.")


def _of_lateness(standing: Standing, now: datetime) -> Finish | Until | None:
    match lateness(standing.late_policy, standing.late_after, standing.due_at, now):
        case Lateness.SEND:
            return _of_turns(standing, now)
        case Lateness.SKIP:
            message = "It could not be sent in time, and its policy is to skip it then."
            return Finish("skipped", "too_late", message)
        case Lateness.ASK:
            return Finish("held", "late_needs_decision", "It could not be sent in time; someone must decide.")
        case Lateness.LATEST:
            message = "It could not be sent in time, and a later one of its recurring post is due too."
            return Finish("skipped", SUPERSEDED, message) if standing.is_superseded else None


def _of_turns(standing: Standing, now: datetime) -> Until | None:
    if standing.turn_at is None or standing.turn_at <= now:
        return None
    return Until(
        standing.turn_at, "catching_up", "It is late, and goes out after those that were due before it."
    )
