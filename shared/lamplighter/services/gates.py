"""Whether an account's post may go now: breaker, budget and lane, so that what fails or drags delays nobody.

A test publication goes to the sandbox and is none of the account's business: its worker does not ask here,
and its attempts carry no connection_id.
"""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from lamplighter.domain import gates
from lamplighter.domain.gates import Allowance, Gate
from lamplighter.domain.networks import NETWORKS
from lamplighter.domain.outcomes import Reconciled
from lamplighter.domain.vocabulary import LANES
from lamplighter.postgres.models import PlatformConnection
from lamplighter.postgres.queries import gates as queries
from lamplighter.postgres.session import Transaction
from lamplighter.settings import settings

_QUICK = LANES.index("quick")
SHARES = len(LANES)
"""An account may have CONNECTION_CONCURRENCY attempts under way in each lane; what it has beyond waits in the
database, so that neither its posts fill the queues nor their calls the workers."""


@dataclass(frozen=True, slots=True)
class Later:
    """The post waits until then, and this is why; it was not tried."""

    until: datetime
    code: str
    message: str


class Detour:
    """The post goes on to the slow lane."""


def admitted(
    tx: Transaction, connection: PlatformConnection, lane: int, *, posts: bool
) -> Later | Detour | None:
    """Whether an attempt may begin, the caller's own not counted. Of an account that was closed one caller
    gets through, the probe; a healthy one costs one indexed read, and one more for each limit that it has.

    `posts`: it is to post, rather than to look or to change what is out, so that a limit that is spent is met
    here, before anything is prepared, and not only in `budgeted`.
    """
    workspace_id, lease = connection.workspace_id, timedelta(seconds=settings().attempt_lease_seconds)
    at_once = settings().connection_concurrency
    gate, in_flight = queries.read(tx, workspace_id, connection.id, tx.now - lease, SHARES * at_once)
    if gate.is_closed(tx.now):
        return _closed(tx, connection, gate)
    if in_flight >= SHARES * at_once:
        return _busy(tx, connection, gate)
    if lane == _QUICK and (gate.is_slow(tx.now) or in_flight >= at_once):
        return Detour()
    exhausted = _exhausted(tx, connection) if posts else None
    if exhausted is not None:
        return _spent(tx, connection, *exhausted)
    if gate.is_half_open(tx.now) and not queries.probe(tx, workspace_id, connection.id, tx.now + lease):
        return _closed(tx, connection, gate)
    return None


def crowded(
    tx: Transaction, connection: PlatformConnection, lane: int, attempt: tuple[datetime, UUID]
) -> Later | Detour | None:
    """The lane's bound once more, right before the call, for an attempt (when it began, its id): those that
    begin at the same moment do not see each other in `admitted`. By now they do, and the first ones go on."""
    at_once = settings().connection_concurrency
    bound = at_once if lane == _QUICK else SHARES * at_once
    since = tx.now - timedelta(seconds=settings().attempt_lease_seconds)
    if queries.ahead(tx, connection.workspace_id, connection.id, attempt, since, bound) < bound:
        return None
    if lane == _QUICK:
        return Detour()
    gate, _ = queries.read(tx, connection.workspace_id, connection.id, since, 0)
    return _busy(tx, connection, gate)


def budgeted(tx: Transaction, connection: PlatformConnection) -> Later | None:
    """Whether one more post fits the account's limits, decided under the gate row's lock: whoever gets None
    marks the attempt `sending` in this same transaction. An account without limits costs nothing."""
    if not _allowances(connection):
        return None
    queries.locked(tx, connection.workspace_id, connection.id)
    exhausted = _exhausted(tx, connection)
    return None if exhausted is None else _spent(tx, connection, *exhausted)


def observed(
    tx: Transaction, workspace_id: UUID, connection_id: UUID, outcome: Reconciled, seconds: float
) -> None:
    """Learn from a call that took `seconds`. A healthy account costs one read and no write."""
    fraction = random.random()  # noqa: S311  # jitter, no secret

    def learned(gate: Gate) -> Gate:
        return gates.after_call(gates.after(gate, outcome, tx.now, fraction), tx.now, seconds)

    known, _ = queries.read(tx, workspace_id, connection_id, tx.now, 0)
    if learned(known) == known:
        return
    gate, _ = queries.locked(tx, workspace_id, connection_id)  # as it is now: others learn at the same time
    queries.save(tx, workspace_id, connection_id, learned(gate))


def _allowances(connection: PlatformConnection) -> list[Allowance]:
    return gates.allowances(NETWORKS[connection.platform], connection.daily_cap)


def _exhausted(tx: Transaction, connection: PlatformConnection) -> tuple[Allowance, datetime] | None:
    """The limit that is spent, and when it lets the next post through."""
    return gates.latest(
        [
            (allowance, free)
            for allowance in _allowances(connection)
            if (free := gates.free_at(allowance, _newest(tx, connection, allowance), tx.now)) is not None
        ]
    )


def _newest(tx: Transaction, connection: PlatformConnection, allowance: Allowance) -> datetime | None:
    if allowance.posts == 0:
        return None
    since = tx.now - allowance.per
    return queries.newest_sent(tx, connection.workspace_id, connection.id, since, allowance.posts)


def _closed(tx: Transaction, connection: PlatformConnection, gate: Gate) -> Later:
    name = NETWORKS[connection.platform].name
    opens = max(gate.closed_until or tx.now, tx.now)
    if gate.is_half_open(tx.now):  # somebody else's probe is under way
        opens = tx.now + gates.PROBE_PATIENCE
    until = _booked(tx, connection, opens, gates.RELEASE_GAP)
    if gate.code == gates.RATE_LIMITED:
        message = f"{name} takes no more calls of this account for now; it is called again at {_hour(opens)}."
    else:
        message = (
            f"{name} failed several times in a row for this account; it is called again at {_hour(opens)}."
        )
    return Later(until, gate.code, message)


def _busy(tx: Transaction, connection: PlatformConnection, gate: Gate) -> Later:
    gap = gate.gap(tx.now)
    until = _booked(tx, connection, tx.now + gap, gap)
    return Later(
        until, gates.ACCOUNT_BUSY, "Other posts to this account are under way; this one is next in line."
    )


def _spent(tx: Transaction, connection: PlatformConnection, allowance: Allowance, free: datetime) -> Later:
    until = _booked(tx, connection, free, allowance.gap)
    return Later(until, gates.BUDGET_SPENT, gates.spent(allowance, free))


def _booked(tx: Transaction, connection: PlatformConnection, opens: datetime, gap: timedelta) -> datetime:
    """A moment of the post's own, in the line of those who wait for this account."""
    _, booked_until = queries.locked(tx, connection.workspace_id, connection.id)
    until = gates.in_line(booked_until, opens, gap, tx.now)
    queries.book(tx, connection.workspace_id, connection.id, until)
    return until


def _hour(moment: datetime) -> str:
    return f"{moment:%H:%M:%S} UTC"
