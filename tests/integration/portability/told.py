"""What a workspace has of webhooks: an endpoint, an event that it was told, and what its receiver said."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.domain.events import RESOURCES
from lamplighter.ids import new_id
from lamplighter.postgres.models import Webhook, WebhookAttempt, WebhookDelivery
from lamplighter.postgres.session import Transaction
from lamplighter.services import outbox
from lamplighter.services.fan_out import fan_out
from tests import factories


def told(tx: Transaction, workspace_id: UUID, name: str, response: str, **webhook: Any) -> Webhook:
    """The endpoint, told of an account with this name; its receiver answered with the response."""
    row = factories.make_webhook(tx.session, events=["*"], **webhook)
    connection = factories.make_connection(tx.session, platform_username=name)
    happened = {RESOURCES["platform_connection"]: str(connection.id)}
    outbox.emit_each(tx, workspace_id, "platform_connection.connected", [happened], wakes=False)
    fan_out(tx, workspace_id)
    mine = select(WebhookDelivery).where(
        WebhookDelivery.webhook_id == row.id, WebhookDelivery.event == "platform_connection.connected"
    )
    delivery = tx.session.scalars(mine).one()
    delivery.status, delivery.attempts, delivery.finished_at = "delivered", 1, tx.now
    tried = {"number": 1, "at": tx.now, "duration_ms": 5, "status_code": 200, "response": response}
    owned = {"id": new_id(), "workspace_id": workspace_id, "delivery_id": delivery.id}
    tx.session.add(WebhookAttempt(**tried, **owned))
    tx.session.flush()
    return row
