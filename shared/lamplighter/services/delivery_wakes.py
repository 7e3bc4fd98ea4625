"""Wake-ups of deliver_webhook: may be lost or doubled harmlessly, because the rows are the truth."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lamplighter.clients import queues
from lamplighter.observability import logger
from lamplighter.settings import settings


@dataclass(frozen=True, slots=True)
class DeliveryWake:
    """A workspace that has events to hand over, or one of its endpoints that has deliveries due."""

    workspace_id: UUID
    webhook_id: UUID | None = None
    delay_seconds: int = 0

    def message(self) -> queues.Message:
        """In a group of its own: of endpoints that share a queue a slow one delays no other."""
        body = {"workspace_id": str(self.workspace_id)}
        if self.webhook_id is not None:
            body["webhook_id"] = str(self.webhook_id)
        return queues.Message(body, self.delay_seconds, group=str(self.webhook_id or self.workspace_id))


class _Noted(threading.local):
    def __init__(self) -> None:
        self.wakes: set[DeliveryWake] = set()


_noted = _Noted()


def note(workspace_id: UUID, webhook_id: UUID | None = None) -> None:
    """Have this woken once the work at hand is committed; a transaction that fails wakes it for nothing."""
    _noted.wakes.add(DeliveryWake(workspace_id, webhook_id))


def send_noted() -> None:
    """Wake what was noted since the last time: for the edge, after its transactions. Never raises; what is
    lost is swept within a minute or two."""
    wakes, _noted.wakes = _noted.wakes, set()
    if wakes:
        send(wakes)


def send(wakes: Collection[DeliveryWake]) -> None:
    """Send these; what does not go out is swept."""
    url = settings().delivery_queue_url
    unsent = queues.send(url, [wake.message() for wake in wakes]) if url else []
    if unsent:
        logger().warning("deliveries not woken", extra={"failed": len(unsent), "of": len(wakes)})


def parsed(body: Mapping[str, Any]) -> DeliveryWake:
    """What a queue message names; raises KeyError or ValueError on anything else."""
    webhook_id = body.get("webhook_id")
    return DeliveryWake(UUID(body["workspace_id"]), None if webhook_id is None else UUID(webhook_id))
