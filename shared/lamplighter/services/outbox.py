"""Domain events, written in the transaction of their effect."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from lamplighter.domain.events import CATALOGUE, RESOURCES
from lamplighter.postgres.queries import events
from lamplighter.postgres.session import Transaction
from lamplighter.services import delivery_wakes


def emit(tx: Transaction, workspace_id: UUID, event_type: str, payload: Mapping[str, Any]) -> None:
    """Record that something happened; it is delivered after the commit.

    `payload` names the resource (domain.events.RESOURCES) and says what only this event knows; how the
    resource is now is read in the statement that writes the event.
    """
    emit_each(tx, workspace_id, event_type, [payload])


def emit_each(
    tx: Transaction,
    workspace_id: UUID,
    event_type: str,
    payloads: Sequence[Mapping[str, Any]],
    *,
    wakes: bool = True,
) -> None:
    """The same of several resources, each named once, in one statement. `wakes=False`: for logins that do not
    see who wants to hear of it; the next sweep does."""
    if not payloads:
        return
    kind = CATALOGUE[event_type].kind
    tx.session.flush()
    said = {UUID(payload[RESOURCES[kind]]): payload for payload in payloads}
    if events.tell(tx, workspace_id, event_type, kind, said, asks=wakes):
        delivery_wakes.note(workspace_id)
