"""What happens next to a post: the rules that make it go out on time and never twice."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from lamplighter.domain.outcomes import (
    Absent,
    Pending,
    Published,
    RateLimited,
    Reconciled,
    Rejected,
    TokenExpired,
    Unknown,
)

MAX_ATTEMPTS = 12
MAX_RECONCILIATIONS = 6
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


@dataclass(frozen=True, slots=True)
class Tried:
    """An earlier attempt, as the ledger has it. `reconciles`: it only looked what an unknown one had done."""

    status: str
    reconciles: bool
    code: str | None


NOT_ON_NETWORK = "not_on_network"


def may_have_posted(history: Sequence[Tried]) -> bool:
    """Whether the network may hold the post already, so that the next step is to look and not to send.

    An unknown outcome stands until a look proves the post absent; a look that was itself refused, limited
    or lost
    proves nothing. An attempt still `sending` is one whose worker was lost during the call.
    """
    for tried in reversed(history):
        if tried.status in {"unknown", "sending"}:
            return True
        if tried.reconciles and tried.code == NOT_ON_NETWORK:
            return False
    return False


def decide(  # noqa: PLR0911  # one return per kind of outcome
    outcome: Reconciled, *, attempts: int, looks: int, reconciling: bool, fraction: float
) -> Decision:
    """What follows an outcome.

    `attempts` counts the attempts so far, this one included; `looks` those of them that looked what an
    unknown one
    had done; `reconciling`: this one did; `fraction` in [0, 1) spreads the retries of many posts (full
    jitter).
    """
    lost = "unknown" if reconciling else "failed"
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
                return Finish(lost, "needs_reconnect", message, reconnect=True)
            return Again(timedelta(0), "token_expired", message, refresh_token=True)
        case Absent():
            message = "The network does not have the post."
            return (
                Finish("failed", NOT_ON_NETWORK, message) if attempts >= MAX_ATTEMPTS else Again(timedelta(0))
            )
        case Pending(retry_after):
            message = "The network is still processing the media."
            return Again(timedelta(seconds=retry_after), "pending", message)
        case RateLimited(message, retry_after):
            return _retried("rate_limited", message, retry_after, attempts, lost, fraction)
        case _:
            return _retried(outcome.code, outcome.message, outcome.retry_after, attempts, lost, fraction)


def _retried(  # noqa: PLR0917  # decide()'s own names, handed on
    code: str, message: str, retry_after: float | None, attempts: int, lost: str, fraction: float
) -> Decision:
    if attempts >= MAX_ATTEMPTS:
        return Finish(lost, code, message)
    delay = backoff(attempts, fraction) if retry_after is None else timedelta(seconds=retry_after)
    return Again(delay, code, message)


def proves_absence(outcome: Reconciled, *, reconciling: bool) -> bool:
    """Whether the post is certainly not on the network: only then may it be cancelled or changed again."""
    return isinstance(outcome, Absent) or not (reconciling or isinstance(outcome, Unknown))


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
