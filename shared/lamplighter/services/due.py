"""The tick: claim what falls due soon and wake its workers."""

from collections.abc import Sequence
from datetime import timedelta

from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.session import Transaction
from lamplighter.services.wakeups import Claim, Wake
from lamplighter.settings import settings

BATCH = 5000


def claim(tx: Transaction, limit: int = BATCH) -> list[Wake]:
    """Up to `limit` posts of each priority that are due within the look-ahead, each under a lease. Runs as
    the dispatcher, across tenants."""
    horizon = tx.now + timedelta(seconds=settings().look_ahead_seconds)
    rows = dispatches.claim(tx, horizon, settings().dispatch_grace_seconds, limit)
    return [
        Wake(Claim(workspace_id, row_id, fence, lane), due_at)
        for workspace_id, row_id, fence, due_at, _, lane in rows
    ]


def release(tx: Transaction, unsent: Sequence[Wake]) -> None:
    """Give back what could not be sent."""
    dispatches.release(tx, [(wake.claim.publication_platform_id, wake.claim.fence) for wake in unsent])
