"""The tick: claim what falls due soon and wake its workers, as far as the queues have room."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from lamplighter.clients import queues
from lamplighter.domain.vocabulary import DISPATCH_PRIORITIES
from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.session import Transaction
from lamplighter.services.wakeups import Claim, Wake, queue_urls
from lamplighter.settings import settings

BATCH = 5000


def backlog() -> int:
    """How many wake-ups lie in the queues now, about; a queue that does not say counts as empty."""
    return sum(queues.depth(url) or 0 for url in queue_urls())


def claim(tx: Transaction, limit: int = BATCH, room: int | None = None) -> list[Wake]:
    """Up to `limit` posts of each priority that are due within the look-ahead, and no more than there is
    `room` for, each under a lease. Runs as the dispatcher, across tenants.

    Where room is scarce, what is due comes before what soon will be: an urgent post of the next minute takes
    no worker away from an ordinary one of now.
    """
    ahead = tx.now + timedelta(seconds=settings().look_ahead_seconds)
    if room is None or room >= limit * len(DISPATCH_PRIORITIES):
        return _claimed(tx, ahead, limit, None)
    now = _claimed(tx, tx.now, limit, room)
    return now + _claimed(tx, ahead, limit, room - len(now))


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


def _claimed(tx: Transaction, horizon: datetime, limit: int, most: int | None) -> list[Wake]:
    rows = dispatches.claim(tx, horizon, settings().dispatch_grace_seconds, limit, most)
    return [
        Wake(Claim(workspace_id, row_id, fence, lane), due_at)
        for workspace_id, row_id, fence, due_at, _, lane in rows
    ]
