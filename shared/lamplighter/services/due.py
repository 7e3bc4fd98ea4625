"""The tick: claim what falls due soon and wake its workers, as far as the queues have room."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row

from lamplighter.clients import queues
from lamplighter.domain.vocabulary import DISPATCH_PRIORITIES
from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.session import Transaction
from lamplighter.services.wakeups import Claim, Wake, queue_urls
from lamplighter.settings import settings

BATCH = 5000


def depths() -> list[int]:
    """How many wake-ups lie in each lane's queue, about; a queue that does not say counts as empty."""
    return [queues.depth(url) or 0 for url in queue_urls()]


def claim(tx: Transaction, limit: int = BATCH, rooms: Sequence[int] | None = None) -> list[Wake]:
    """Up to `limit` posts of each priority that are due within the look-ahead, each under a lease. Runs as
    the dispatcher, across tenants.

    `rooms`: how many more wake-ups each lane's queue may take. Where one is short of it, or more is due than
    one batch, the tenants take turns: what one has beyond its turn delays nobody else.
    """
    ahead = tx.now + timedelta(seconds=settings().look_ahead_seconds)
    grace = settings().dispatch_grace_seconds
    if rooms is None or (min(rooms) >= limit and not dispatches.is_crowded(tx, ahead, limit)):
        return _wakes(dispatches.claim(tx, ahead, grace, limit))
    return [
        wake
        for lane, room in enumerate(rooms)
        if room > 0
        for wake in _wakes(dispatches.claim_in_turns(tx, ahead, grace, lane, min(room, limit)))
    ]


def release(tx: Transaction, unsent: Sequence[Wake]) -> None:
    """Give back what could not be sent."""
    dispatches.release(tx, [(wake.claim.publication_platform_id, wake.claim.fence) for wake in unsent])


def lateness(tx: Transaction) -> dict[str, float]:
    """Of each priority, for how many seconds the oldest post that is not finished has been due."""
    oldest = dispatches.oldest(tx)
    return {
        name: max(0.0, (tx.now - oldest.get(rank, tx.now)).total_seconds())
        for name, rank in DISPATCH_PRIORITIES.items()
    }


def _wakes(rows: Sequence[Row[UUID, UUID, int, datetime, int, int]]) -> list[Wake]:
    return [
        Wake(Claim(workspace_id, row_id, fence, lane), due_at)
        for workspace_id, row_id, fence, due_at, _, lane in rows
    ]
