"""What happens next to a post: the rules that make it go out on time and never twice."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import timedelta

from lamplighter.domain.history import (
    DUPLICATE_REFUSED,
    MAX_ATTEMPTS,
    MAX_LOOKS,
    NOT_ON_NETWORK,
    PROCESSING,
    Effort,
)
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

BACKOFF_BASE = timedelta(seconds=5)
BACKOFF_CAP = timedelta(minutes=15)
SHORTEST_DELAY = timedelta(seconds=1)
"""A network that says "retry after 0" is still given a moment: attempts are few."""

LOOK_BASE = timedelta(seconds=3)
LOOK_CAP = timedelta(minutes=10)
LOOKS_UNTIL_TOLD = 6
"""After about three minutes of looking, people are told that the outcome is unknown; the looking goes on."""
CHANGE_UNKNOWN = "change_unknown"
"""Of a published post: it may have been removed, or edited, without anybody knowing."""
LONGEST_WAIT = timedelta(hours=24)
"""How long a network may process media before the post is given up: no container lives longer."""


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


def read_as(outcome: Reconciled, effort: Effort) -> Reconciled:
    """The outcome in the light of what was tried: that the network has such a post already says that an
    earlier try succeeded, if there was one that came as far as the call."""
    if not isinstance(outcome, Duplicate):
        return outcome
    if effort.sent_before:
        return Unknown(DUPLICATE_REFUSED, outcome.message)
    return Rejected("duplicate_content", outcome.message)


def decide(  # noqa: PLR0911  # one return per kind of outcome
    outcome: Reconciled, effort: Effort, fraction: float, *, can_look: bool = True
) -> Decision:
    """What follows the outcome of posting or looking, as `read_as` gave it. `fraction` in [0, 1) spreads the
    retries of many posts (full jitter). `can_look`: whether the network lets its posts be found."""
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
            if not can_look or effort.looks >= MAX_LOOKS:
                return Finish("unknown", code, message)
            return Again(_look_delay(effort), code, message)
        case Pending(retry_after):
            if effort.looks >= MAX_LOOKS:
                return Finish("unknown", PROCESSING, "The network has never said that it was done.")
            wait = max(timedelta(seconds=retry_after), _look_delay(effort))
            return Again(wait, PROCESSING, "The network has taken the post and works on it.")
        case Absent():
            return _after_absence(effort)
    if effort.is_spent:
        code, message = _words(outcome)
        return Finish("unknown" if effort.reconciling else "failed", code, message)
    return Again(_delay(outcome, effort, fraction), *_words(outcome))


def decide_change(outcome: Reconciled, effort: Effort, fraction: float) -> Decision:
    """The same for a removal or an edit, which may be repeated: what is unknown is simply done again.
    `published` with a code: it was given up, as `given_up` has it."""
    match outcome:
        case Removed():
            return Finish("removed")
        case Published():
            return Finish("published")
        case Rejected(code, message):
            return given_up(effort, Finish("published", code, message))
        case TokenExpired(message, revoked=True):
            end = Finish("published", "needs_reconnect", message, reconnect=True)
            return given_up(effort, end)
    code, message = _words(outcome)
    if effort.is_spent:
        spent = replace(effort, may_be_done=effort.may_be_done or isinstance(outcome, Unknown | Pending))
        return given_up(spent, Finish("published", code, message))
    return Again(_delay(outcome, effort, fraction), code, message)


def given_up(effort: Effort, end: Finish) -> Finish:
    """A change that is not tried again: the post stands as it stood, unless an earlier try ended without an
    answer. That one may have done it, and nobody is told otherwise: CHANGE_UNKNOWN."""
    if not effort.may_be_done:
        return end
    message = f"{end.message} A call before that ended without an answer: look whether it was done."
    return replace(end, code=CHANGE_UNKNOWN, message=message)


def _after_absence(effort: Effort) -> Decision:
    if effort.refused_as_duplicate:
        message = "The network refuses it as a duplicate of another post."
        return Finish("failed", "duplicate_content", message)
    words = _words(Absent())
    return Finish("failed", *words) if effort.attempts >= MAX_ATTEMPTS else Again(timedelta(0), *words)


def _look_delay(effort: Effort) -> timedelta:
    return min(LOOK_CAP, LOOK_BASE * float(2**effort.looks))


def _delay(outcome: Reconciled, effort: Effort, fraction: float) -> timedelta:
    if isinstance(outcome, TokenRenewed):
        return timedelta(0)
    spread = backoff(effort.attempts, fraction)
    wanted = getattr(outcome, "retry_after", None)
    return max(SHORTEST_DELAY, spread if wanted is None else timedelta(seconds=wanted) + spread)


def _words(outcome: Reconciled) -> tuple[str, str]:  # noqa: PLR0911  # one return per kind
    """A stable code and a sentence for people."""
    match outcome:
        case NotSent(code, message) | Unknown(code, message) | Rejected(code, message):
            return code, message
        case RateLimited(message):
            return "rate_limited", message
        case TokenExpired(message):
            return "token_expired", message
        case Absent():
            return NOT_ON_NETWORK, "The network does not have the post."
        case Duplicate(message):
            return "duplicate_content", message
        case Pending():
            return PROCESSING, "The network works on it."
        case _:
            return "token_renewed", "The account's token had expired and was renewed."


def waiting_status(outcome: Reconciled, effort: Effort) -> str:
    """A platform row's status until the next attempt: `pending`, and so free to be cancelled, only where
    the post is
    certainly not on the network."""
    if isinstance(outcome, Absent) or not (effort.reconciling or isinstance(outcome, Unknown | Pending)):
        return "pending"
    return "publishing" if effort.looks < LOOKS_UNTIL_TOLD else "unknown"


def backoff(attempts: int, fraction: float) -> timedelta:
    """Full jitter: anywhere below the exponential ceiling, so that a burst of failures does not come back
    as one."""
    ceiling = min(BACKOFF_CAP, BACKOFF_BASE * float(2 ** min(attempts - 1, 10)))
    return ceiling * fraction


def overall_status(statuses: Collection[str]) -> str:
    """A publication's status out of its platforms'; `partial` is one that failed after its first segment."""
    found = set(statuses)
    if "pending" in found and found <= {"pending", "cancelled", "skipped"}:
        return "scheduled"
    if found & {"pending", "publishing"}:
        return "publishing"
    if found & {"unknown", "held"}:
        return "needs_review"
    sent = found - {"cancelled", "skipped", "removed"}
    if not sent:
        return next((s for s in ("removed", "cancelled") if s in found), "missed")
    if sent == {"published"}:
        return "published"
    return "partially_published" if sent & {"published", "partial"} else "failed"
