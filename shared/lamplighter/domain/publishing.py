"""What happens next to a post: the rules that make it go out on time and never twice."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

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

MAX_ATTEMPTS = 12
MAX_RECONCILIATIONS = 5
BACKOFF_BASE = timedelta(seconds=5)
BACKOFF_CAP = timedelta(minutes=15)
RECONCILE_BASE = timedelta(seconds=3)

TERMINAL = frozenset({"published", "failed", "unknown", "cancelled", "skipped"})


@dataclass(frozen=True, slots=True)
class Finish:
    """Nothing more will be done by itself: `status` is the platform row's last."""

    status: str
    code: str | None = None
    message: str | None = None
    reconnect: bool = False
    """The account is lost until a person connects it again."""


@dataclass(frozen=True, slots=True)
class Again:
    """Come back after `delay`: another attempt, or another look where the last one's outcome is unknown."""

    delay: timedelta
    code: str | None = None
    message: str | None = None
    refresh_token: bool = False


Decision = Finish | Again


def decide(  # noqa: PLR0911  # one return per kind of outcome
    outcome: Reconciled, attempts: int, looks: int, fraction: float
) -> Decision:
    """What follows an outcome.

    `attempts` counts the attempts so far, this one included; `looks` how often an unknown one was reconciled;
    `fraction` in [0, 1) spreads the retries of many posts (full jitter).
    """
    match outcome:
        case Published():
            return Finish("published")
        case Rejected(code, message):
            return Finish("failed", code, message)
        case Unknown(code, message):
            if looks >= MAX_RECONCILIATIONS:
                return Finish("unknown", code, message)
            return Again(RECONCILE_BASE * float(2**looks), code, message)
        case TokenExpired(message, revoked):
            if revoked or attempts >= MAX_ATTEMPTS:
                return Finish("failed", "needs_reconnect", message, reconnect=True)
            return Again(timedelta(0), "token_expired", message, refresh_token=True)
        case Absent():
            return _again(attempts, fraction, "not_on_network", "The network does not have the post.", 0.0)
        case Pending(retry_after):
            message = "The network is still processing the media."
            return Again(timedelta(seconds=retry_after), "pending", message)
        case RateLimited(message, retry_after):
            return _again(attempts, fraction, "rate_limited", message, retry_after)
        case NotSent(code, message, retry_after):
            return _again(attempts, fraction, code, message, retry_after)


def _again(attempts: int, fraction: float, code: str, message: str, retry_after: float | None) -> Decision:
    if attempts >= MAX_ATTEMPTS:
        return Finish("failed", code, message)
    if retry_after is not None:
        return Again(timedelta(seconds=retry_after), code, message)
    return Again(backoff(attempts, fraction), code, message)


def backoff(attempts: int, fraction: float) -> timedelta:
    """Full jitter: anywhere below the exponential ceiling, so that a burst of failures does not come back
    as one."""
    ceiling = min(BACKOFF_CAP, BACKOFF_BASE * float(2 ** (attempts - 1)))
    return ceiling * fraction


class Lateness(Enum):
    """What the late policy says of a post at the moment of sending."""

    SEND = "send"
    SKIP = "skip"
    ASK = "ask"


def lateness(policy: str, late_after: timedelta | None, scheduled_at: datetime, now: datetime) -> Lateness:
    """Whether a post may still go out. `send` always does; `skip` and `ask` act once `late_after` has
    passed."""
    if policy == "send" or late_after is None or now - scheduled_at <= late_after:
        return Lateness.SEND
    return Lateness.SKIP if policy == "skip" else Lateness.ASK


def overall_status(statuses: Collection[str]) -> str:
    """A publication's status out of its platforms'."""
    found = set(statuses)
    if found <= {"pending"}:
        return "scheduled"
    if found & {"pending", "publishing"}:
        return "publishing"
    if "unknown" in found:
        return "needs_review"
    sent = found - {"cancelled", "skipped"}
    if not sent:
        return "cancelled" if "cancelled" in found else "missed"
    if sent == {"published"}:
        return "published"
    return "partially_published" if "published" in found else "failed"
