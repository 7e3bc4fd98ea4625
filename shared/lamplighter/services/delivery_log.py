"""The log of deliveries, as people read it: what an endpoint was told, and what came of each attempt."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.domain.access import Caller
from lamplighter.domain.events import CATALOGUE
from lamplighter.postgres.models import WebhookAttempt, WebhookDelivery
from lamplighter.postgres.session import Transaction
from lamplighter.problems import not_found
from lamplighter.services import webhooks
from lamplighter.services.pages import Order, page
from lamplighter.services.posting import body_of


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries; None: of any. `since` counts in, `until` does not."""

    status: str | None = None
    event: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """A delivery with the attempts at it, the first one first, and what is sent."""

    delivery: WebhookDelivery
    tries: Sequence[WebhookAttempt]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.delivery, name)

    @property
    def body(self) -> str:
        """To the byte as it is sent and signed."""
        return body_of(self.delivery.payload).decode()


def listed(tx: Transaction, by: Caller, webhook_id: UUID, wanted: Wanted, order: Order) -> dict[str, Any]:
    """A page of an endpoint's deliveries."""
    webhooks.get(tx, by, webhook_id)
    statement = select(WebhookDelivery).where(
        WebhookDelivery.workspace_id == by.workspace_id, WebhookDelivery.webhook_id == webhook_id
    )
    if wanted.status is not None:
        statement = statement.where(WebhookDelivery.status == wanted.status)
    if wanted.event is not None:
        statement = statement.where(WebhookDelivery.event == wanted.event)
    if wanted.since is not None:
        statement = statement.where(WebhookDelivery.created_at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(WebhookDelivery.created_at < wanted.until)
    return page(tx, statement, WebhookDelivery.id, order, bound_to=f"deliveries {webhook_id} {wanted}")


def get(tx: Transaction, by: Caller, webhook_id: UUID, delivery_id: UUID) -> Entry:
    """One delivery with everything, or not_found."""
    webhooks.get(tx, by, webhook_id)
    mine = select(WebhookDelivery).where(
        WebhookDelivery.workspace_id == by.workspace_id,
        WebhookDelivery.webhook_id == webhook_id,
        WebhookDelivery.id == delivery_id,
    )
    row = tx.session.scalars(mine).one_or_none()
    if row is None:
        raise not_found()
    tries = select(WebhookAttempt).where(
        WebhookAttempt.workspace_id == by.workspace_id, WebhookAttempt.delivery_id == delivery_id
    )
    return Entry(row, tx.session.scalars(tries.order_by(WebhookAttempt.number)).all())


def catalogue() -> dict[str, Any]:
    """Every type of event."""
    return {
        "items": [
            {"type": name, "description": each.description, "version": each.version, "resource": each.kind}
            for name, each in sorted(CATALOGUE.items())
        ]
    }
