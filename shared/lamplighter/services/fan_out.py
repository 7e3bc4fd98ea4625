"""Events out of the outbox, handed over to the endpoints that want them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, any_, delete, func, select

from lamplighter.domain.events import CATALOGUE, fitted
from lamplighter.domain.webhooks import Told, Wanted, wants
from lamplighter.ids import new_id
from lamplighter.postgres.base import Base
from lamplighter.postgres.models import Event, OutboxEvent, Webhook, WebhookDelivery
from lamplighter.postgres.session import Transaction
from lamplighter.services.delivery_wakes import DeliveryWake
from lamplighter.services.rows import insert_into

BATCH = 500
MOST_MADE = 2_500
"""Deliveries to a transaction: until it ends nobody else comes by the endpoints, and whoever has just sent
something waits to write it down."""

_EVENT = insert_into(Event)
_DELIVERY = insert_into(WebhookDelivery)
_COPIED = ("id", "workspace_id", "type", "resource_id", "sequence", "mode", "connection_ids", "campaign_id")


@dataclass(frozen=True, slots=True)
class FannedOut:
    """The endpoints to wake after the commit. `is_last`: nothing is left in the outbox."""

    wakes: list[DeliveryWake]
    is_last: bool


def fan_out(tx: Transaction, workspace_id: UUID, limit: int = BATCH) -> FannedOut:
    """Hand over the workspace's oldest events: each becomes a row of `events` and a delivery for every active
    endpoint that wants it and was so when it happened, and leaves the outbox, in one transaction.

    The endpoints are held before the events: what disables one waits, and then finds these deliveries too.
    """
    active = _active(tx, workspace_id)
    endpoints = [(wanted_by(row), row.active_since) for row in active]
    limit = min(limit, max(1, MOST_MADE // max(1, len(active))))
    rows = _taken(tx, workspace_id, limit)
    events, deliveries = [], []
    for row in rows:
        event = told(row)
        hears = [each for each, since in endpoints if row.created_at >= since and wants(each, event)]
        kept = {name: getattr(row, name) for name in (*_COPIED, "payload", "created_at")}
        events.append(kept | {"endpoints": len(hears)})
        made = {"payload": envelope(row)} if hears else {}
        deliveries += [
            delivery_of(endpoint.webhook_id, workspace_id, row.id, row.type, tx.now) | made
            for endpoint in hears
        ]
    if events:
        tx.session.execute(_EVENT, events)
    if deliveries:
        tx.session.execute(_DELIVERY, deliveries)
    woken = dict.fromkeys(delivery["webhook_id"] for delivery in deliveries)
    for row in active:  # whoever is at it looks again before it lets go
        if row.lease_until is not None and row.lease_until > tx.now:
            woken.pop(row.id, None)
    return FannedOut([DeliveryWake(workspace_id, each) for each in woken], is_last=len(rows) < limit)


def delivery_of(
    webhook_id: UUID, workspace_id: UUID, event_id: UUID, event_type: str, now: datetime
) -> dict[str, Any]:
    """The columns of a new delivery that is due at once, without its payload."""
    return {
        "id": new_id(),
        "workspace_id": workspace_id,
        "webhook_id": webhook_id,
        "event_id": event_id,
        "event": event_type,
        "next_attempt_at": now,
        "created_at": now,
    }


def envelope(event: Event | Row[Any]) -> dict[str, Any]:
    """What is sent of an event, the same to every endpoint and at every attempt."""
    return {
        "type": event.type,
        "timestamp": event.created_at.isoformat(),
        "id": f"msg_{event.id}",
        "sequence": event.sequence,
        "version": CATALOGUE[event.type].version if event.type in CATALOGUE else 1,
        "workspace_id": str(event.workspace_id),
        "mode": event.mode,
        "data": fitted(event.payload),
    }


def told(event: Event | Row[Any]) -> Told:
    """An event as the rules see it."""
    return Told(event.type, event.resource_id, event.mode, event.connection_ids, event.campaign_id)


def wanted_by(webhook: Webhook | Row[Any]) -> Wanted:
    """An endpoint as the rules see it."""
    return Wanted(webhook.id, webhook.events, webhook.mode, webhook.connection_ids, webhook.campaign_ids)


def _active(tx: Transaction, workspace_id: UUID) -> Sequence[Row[Any]]:
    wanted = (Webhook.id, Webhook.events, Webhook.mode, Webhook.connection_ids, Webhook.campaign_ids)
    columns = (*wanted, Webhook.active_since, Webhook.lease_until)
    statement = (
        select(*columns)
        .where(Webhook.workspace_id == workspace_id, Webhook.status == "active", Webhook.deleted_at.is_(None))
        .order_by(Webhook.id)
        .with_for_update(read=True)
    )
    found: Sequence[Any] = tx.session.execute(statement).all()
    return found


def _taken(tx: Transaction, workspace_id: UUID, limit: int) -> list[Row[Any]]:
    """The oldest events, out of the outbox. Who comes while another takes them waits, and finds them gone."""
    table = Base.metadata.tables["outbox_events"]
    oldest = func.array(
        select(OutboxEvent.id)
        .where(OutboxEvent.workspace_id == workspace_id)
        .order_by(OutboxEvent.id)
        .limit(limit)
        .scalar_subquery()
    )
    taken = delete(table).where(table.c.workspace_id == workspace_id, table.c.id == any_(oldest))
    rows = tx.session.connection().execute(taken.returning(*table.c)).all()
    return sorted(rows, key=lambda row: row.id)
