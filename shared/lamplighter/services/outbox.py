"""Domain events, written in the transaction of their effect."""

from typing import Any
from uuid import UUID

from lamplighter.ids import new_id
from lamplighter.postgres.models import OutboxEvent
from lamplighter.postgres.session import Transaction
from lamplighter.services.rows import insert_into

_EVENT = insert_into(OutboxEvent)


def emit(tx: Transaction, workspace_id: UUID, event_type: str, payload: dict[str, Any]) -> None:
    """Record that something happened; the relay delivers it after the commit."""
    event = {"id": new_id(), "workspace_id": workspace_id, "type": event_type, "payload": payload}
    tx.session.execute(_EVENT, event | {"created_at": tx.now})
