"""What happens next to a post: the rules that make it go out on time and never twice."""

from collections.abc import Collection, Sequence
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
    TokenRenewed,
    Unknown,
)

MAX_ATTEMPTS = 12
BACKOFF_BASE = timedelta(seconds=5)
BACKOFF_CAP = timedelta(minutes=15)
SHORTEST_DELAY = timedelta(seconds=1)
"""A network that says "retry after 0" is still given a moment: attempts are few."""

LOOK_BASE = timedelta(seconds=3)
LOOK_CAP = timedelta(minutes=10)
MAX_LOOKS = 40
"""With the cap some five hours: an instance that is down for a morning is still found out about."""
LOOKS_UNTIL_TOLD = 6
"""After about three minutes of looking, people are told that the outcome is unknown; the looking goes on."""


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


@dataclass(frozen=True, slots=True)
class Effort:
    """How much was tried: `attempts` to send and `looks` at what an unknown one had done, this one included.
    `reconciling`: this one was a look."""

    attempts: int
    looks: int
    reconciling: bool

    @property
    def is_spent(self) -> bool:
        """Whether no further one of the same kind follows."""
        return self.looks >= MAX_LOOKS if self.reconciling else self.attempts >= MAX_ATTEMPTS


def decide(  # noqa: PLR0911  # one return per kind of outcome
    outcome: Reconciled, effort: Effort, fraction: float
) -> Decision:
    """What follows an outcome. `fraction` in [0, 1) spreads the retries of many posts (full jitter)."""
    match outcome:
        case Published():
            return Finish("published")
        case Rejected(code, message):
            return Finish("failed", code, message)
        case TokenExpired(message, revoked=True):
            return Finish(
                "unknown" if effort.reconciling else "failed", "needs_reconnect", message, reconnect=True
            )
        case Unknown(code, message):
            return _looked_at_again(effort, code, message)
        case Absent():
            words = _words(outcome)
            return (
                Finish("failed", *words) if effort.attempts >= MAX_ATTEMPTS else Again(timedelta(0), *words)
            )
        case Pending(retry_after):
            message = "The network is still processing the media."
            return Again(timedelta(seconds=retry_after), "pending", message)
    if effort.is_spent:
        code, message = _words(outcome)
        return Finish("unknown" if effort.reconciling else "failed", code, message)
    return Again(_delay(outcome, effort, fraction), *_words(outcome))


def _looked_at_again(effort: Effort, code: str, message: str) -> Decision:
    if effort.looks >= MAX_LOOKS:
        return Finish("unknown", code, message)
    return Again(min(LOOK_CAP, LOOK_BASE * float(2**effort.looks)), code, message)


def _delay(outcome: Reconciled, effort: Effort, fraction: float) -> timedelta:
    if isinstance(outcome, TokenRenewed):
        return timedelta(0)
    spread = backoff(effort.attempts, fraction)
    wanted = getattr(outcome, "retry_after", None)
    return max(SHORTEST_DELAY, spread if wanted is None else timedelta(seconds=wanted) + spread)


def _words(outcome: Reconciled) -> tuple[str, str]:
    """A stable code and a sentence for people."""
    match outcome:
        case NotSent(code, message):
            return code, message
        case RateLimited(message):
            return "rate_limited", message
        case TokenExpired(message):
            return "token_expired", message
        case Absent():
            return NOT_ON_NETWORK, "The network does not have the post."
        case _:
            return "token_renewed", "The account's token had expired and was renewed."


def waiting_status(outcome: Reconciled, effort: Effort) -> str:
    """A platform row's status until the next attempt: `pending`, and so free to be cancelled, only where
    the post is
    certainly not on the network."""
    if isinstance(outcome, Absent) or not (effort.reconciling or isinstance(outcome, Unknown)):
        return "pending"
    return "publishing" if effort.looks < LOOKS_UNTIL_TOLD else "unknown"


def backoff(attempts: int, fraction: float) -> timedelta:
    """Full jitter: anywhere below the exponential ceiling, so that a burst of failures does not come back
    as one."""
    ceiling = min(BACKOFF_CAP, BACKOFF_BASE * float(2 ** min(attempts - 1, 10)))
    return ceiling * fraction


class Lateness(Enum):
    """What the late policy says of a post at the moment of sending."""

    SEND = "send"
    SKIP = "skip"
    ASK = "ask"


def lateness(policy: str, late_after: timedelta | None, scheduled_at: datetime, now: datetime) -> Lateness:
    """Whether a post may still go out. `send` always does; `skip` and
    `ask` act once `late_after` has passed."""
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
    if found & {"unknown", "held"}:
        return "needs_review"
    sent = found - {"cancelled", "skipped"}
    if not sent:
        return "cancelled" if "cancelled" in found else "missed"
    if sent == {"published"}:
        return "published"
    return "partially_published" if "published" in found else "failed"
