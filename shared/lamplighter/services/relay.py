"""The sweep: which workspaces have events to hand over and which endpoints deliveries due, across tenants."""

from datetime import timedelta
from math import ceil

from lamplighter.postgres.queries import relays
from lamplighter.postgres.session import Transaction
from lamplighter.services.delivery_wakes import DeliveryWake

AHEAD = timedelta(seconds=60)
"""What falls due until the next sweep is woken by this one, delayed."""
GRACE = timedelta(seconds=10)
"""For so long an event is left to the wake-up of whoever made it."""
MOST = 10_000


def waiting(tx: Transaction) -> list[DeliveryWake]:
    """What is to be woken. Runs as the relay, which sees where something waits and since when."""
    workspaces = relays.workspaces(tx, tx.now - GRACE, MOST)
    endpoints = relays.endpoints(tx, tx.now + AHEAD, MOST)
    return [DeliveryWake(each) for each in workspaces] + [
        DeliveryWake(workspace_id, webhook_id, max(0, ceil((due_at - tx.now).total_seconds())))
        for workspace_id, webhook_id, due_at in endpoints
    ]


def lateness(tx: Transaction) -> dict[str, float]:
    """For how many seconds the oldest event waits to be handed over."""
    oldest = relays.oldest(tx)
    return {"OldestEventSeconds": 0.0 if oldest is None else max(0.0, (tx.now - oldest).total_seconds())}
