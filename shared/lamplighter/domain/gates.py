"""When an account's posts wait: its network fails, limits it or is slow, or its budget is spent."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from lamplighter.domain.networks import Network
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
    TokenRenewed,
    Unknown,
)

FAILURES_UNTIL_CLOSED = 5
CLOSED_BASE = timedelta(seconds=30)
CLOSED_CAP = timedelta(minutes=15)
LONGEST_LIMIT = timedelta(days=1)
"""However long a network asks to be left alone, it is asked again after that."""
SHORTEST_LIMIT = timedelta(seconds=1)

PROBE_PATIENCE = timedelta(seconds=15)
"""How long posts wait for the probe that is under way before they ask again what became of it."""
RELEASE_GAP = timedelta(milliseconds=100)
"""Between two posts that waited for the same account: ten a second, rather than thousands at once."""
SLOW_GAP = timedelta(seconds=1)
"""The same for an account whose calls take long."""
LONGEST_LINE = timedelta(hours=1)
"""Nobody who waits is put off for longer at once: a cap may be raised, an account connected anew."""

SLOW_CALL_SECONDS = 5.0
SLOW_FOR = timedelta(minutes=5)

DAY = timedelta(days=1)

CIRCUIT_OPEN = "circuit_open"
RATE_LIMITED = "rate_limited"
BUDGET_SPENT = "budget_spent"
ACCOUNT_BUSY = "account_busy"

_FAILURES = frozenset({"unreachable", "no_answer", "unclear_answer", "upload_slow"})
"""Codes of NotSent and Unknown that are the network's trouble: nothing about the post or about ourselves."""
_OURS = frozenset({"media_changed"})
"""Codes of Rejected for which the network was not asked."""


class Sign(Enum):
    """What an outcome says of the network, whatever it says of the post."""

    ANSWERED = "answered"
    FAILED = "failed"
    LIMITED = "limited"
    NOTHING = "nothing"


def sign(outcome: Reconciled) -> Sign:
    """A refusal of the content is an answer; trouble of our own says nothing."""
    match outcome:
        case RateLimited():
            return Sign.LIMITED
        case NotSent(code) | Unknown(code):
            return Sign.FAILED if code in _FAILURES else Sign.NOTHING
        case Rejected(code):
            return Sign.NOTHING if code in _OURS else Sign.ANSWERED
        case Published() | Pending() | Removed() | Absent() | Duplicate() | TokenRenewed():
            return Sign.ANSWERED
        case _:
            return Sign.NOTHING


@dataclass(frozen=True, slots=True)
class Gate:
    """How an account's network behaves just now. An account of which nothing is known has a fresh one."""

    failures: int = 0
    closed_until: datetime | None = None
    probing_until: datetime | None = None
    slow_until: datetime | None = None
    error_code: str | None = None

    def is_closed(self, now: datetime) -> bool:
        """Nobody calls the network."""
        return self.closed_until is not None and self.closed_until > now

    def is_half_open(self, now: datetime) -> bool:
        """One probe calls it, and everybody else waits for what the probe finds."""
        return self.closed_until is not None and self.closed_until <= now

    def is_probed(self, now: datetime) -> bool:
        """Whether the probe is under way. One whose worker was lost is over with its lease."""
        return self.probing_until is not None and self.probing_until > now

    def is_slow(self, now: datetime) -> bool:
        """Whether a recent call took long."""
        return self.slow_until is not None and self.slow_until > now

    def gap(self, now: datetime) -> timedelta:
        """Between two posts that wait for one of the account's calls to end."""
        return SLOW_GAP if self.is_slow(now) else RELEASE_GAP

    @property
    def code(self) -> str:
        """Why it is closed, in the word that a post's row shows."""
        return RATE_LIMITED if self.error_code == RATE_LIMITED else CIRCUIT_OPEN


def after(gate: Gate, outcome: Reconciled, now: datetime, fraction: float) -> Gate:
    """The gate once a call's outcome is known. `fraction` in [0, 1) spreads when accounts try again."""
    match sign(outcome):
        case Sign.ANSWERED:
            return _answered(gate, now)
        case Sign.FAILED:
            return _failed(gate, now, fraction, getattr(outcome, "code", None))
        case Sign.LIMITED:
            return _limited(gate, now, fraction, getattr(outcome, "retry_after", None))
        case Sign.NOTHING:
            return replace(gate, probing_until=None)


def _answered(gate: Gate, now: datetime) -> Gate:
    """A call that began before the gate was closed opens it no sooner: what closed it is the newer word."""
    if gate.is_closed(now):
        return gate
    return replace(gate, failures=0, closed_until=None, probing_until=None, error_code=None)


def _failed(gate: Gate, now: datetime, fraction: float, code: str | None) -> Gate:
    if gate.is_closed(now):  # begun before it was closed, so that it is the same failure once more
        return gate
    failures = gate.failures + 1
    closed = failures >= FAILURES_UNTIL_CLOSED or gate.is_half_open(now)
    until = now + closing(failures, fraction) if closed else None
    return replace(gate, failures=failures, closed_until=until, probing_until=None, error_code=code)


def _limited(gate: Gate, now: datetime, fraction: float, retry_after: float | None) -> Gate:
    """A limit is the whole account's: it closes at once, and the longest that was asked for counts."""
    failures = gate.failures if gate.is_closed(now) else gate.failures + 1
    if retry_after is None:
        wait = closing(failures, fraction)
    else:
        wait = timedelta(seconds=min(retry_after, LONGEST_LIMIT.total_seconds()))
    until = max(gate.closed_until or now, now + max(wait, SHORTEST_LIMIT))
    return replace(gate, failures=failures, closed_until=until, probing_until=None, error_code=RATE_LIMITED)


def closing(failures: int, fraction: float) -> timedelta:
    """For how long: doubling with each failure past the one that closes, to a cap; a fifth is chance."""
    doublings = min(max(failures - FAILURES_UNTIL_CLOSED, 0), 10)
    return min(CLOSED_CAP, CLOSED_BASE * float(2**doublings)) * (0.8 + 0.2 * fraction)


def after_call(gate: Gate, now: datetime, seconds: float) -> Gate:
    """The gate once it is known how long a call took. Written anew only when half of the time has passed."""
    if seconds < SLOW_CALL_SECONDS or gate.is_slow(now + SLOW_FOR / 2):
        return gate
    return replace(gate, slow_until=now + SLOW_FOR)


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many posts an account may make in any stretch of `per`."""

    posts: int
    per: timedelta
    words: str
    """Whose limit that is, for people."""

    @property
    def gap(self) -> timedelta:
        """How often it lets a post through in the long run."""
        return self.per / max(self.posts, 1)


def allowances(network: Network, daily_cap: int | None) -> list[Allowance]:
    """Everything that limits an account: what its network lets it post and what its people do."""
    found = []
    if network.budget is not None:
        hours = network.budget.per.total_seconds() / 3600
        words = f"{network.name} takes {network.budget.posts} posts in {hours:g} hours"
        found.append(Allowance(network.budget.posts, network.budget.per, words))
    if daily_cap is not None:
        found.append(Allowance(daily_cap, DAY, f"The account's daily cap is {daily_cap} posts"))
    return found


def free_at(allowance: Allowance, newest: datetime | None, now: datetime) -> datetime | None:
    """When the next post fits; None: now. `newest` is when the post was sent after which `posts` - 1 others
    were, if there were so many: it is the one that has to leave the window."""
    if allowance.posts == 0:
        return now + allowance.per
    if newest is None or newest + allowance.per <= now:
        return None
    return newest + allowance.per


def in_line(booked_until: datetime | None, opens: datetime, gap: timedelta, now: datetime) -> datetime:
    """The moment for one more post that waits until the gate `opens`: behind those who wait already, and
    never later than LONGEST_LINE, when it asks again."""
    last = opens if booked_until is None else max(booked_until + gap, opens)
    return min(last, now + LONGEST_LINE)


def spent(allowance: Allowance, free: datetime) -> str:
    """The sentence for a post that waits."""
    return f"{allowance.words}; the next one fits at {free:%Y-%m-%d %H:%M:%S} UTC."


def latest(found: Sequence[tuple[Allowance, datetime]]) -> tuple[Allowance, datetime] | None:
    """Of several that are spent, the one that is free last."""
    return max(found, key=lambda each: each[1], default=None)
