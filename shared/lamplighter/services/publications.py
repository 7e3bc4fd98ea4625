"""Publications: content on its way to accounts at a time."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, delete, select, update
from sqlalchemy.orm import selectinload

from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.postgres.models import (
    Content,
    Dispatch,
    PlatformConnection,
    Publication,
    PublicationPlatform,
)
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, invalid, not_found
from lamplighter.schemas.publications import PublicationCreate
from lamplighter.services import audit, dispatching, outbox, preflight
from lamplighter.services import content as contents
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import stale
from lamplighter.services.settling import settle
from lamplighter.services.wakeups import Wake

HORIZON = timedelta(days=5 * 366)


def create(tx: Transaction, by: Caller, body: PublicationCreate) -> tuple[Publication, list[Wake]]:
    """Schedule content on connections. Send the returned wake-ups after the commit."""
    due_at = _due_at(tx, body)
    content = _content(tx, by, body)
    connections = _connections(tx, by, body)
    preflight.check(tx, content, connections)
    publication = Publication(
        id=new_id(),
        workspace_id=by.workspace_id,
        content_id=content.id,
        mode=by.mode,
        priority=body.priority,
        scheduled_at=due_at,
        late_policy=body.late_policy,
        late_after_minutes=body.late_after_minutes,
        created_by=by.person_id,
    )
    publication.platforms = [
        PublicationPlatform(
            id=new_id(),
            workspace_id=by.workspace_id,
            connection_id=connection.id,
            platform=connection.platform,
        )
        for connection in connections
    ]
    tx.session.add(publication)
    tx.session.flush()
    wakes = dispatching.dispatched(tx, publication, publication.platforms, due_at)
    outbox.emit(tx, by.workspace_id, "publication.scheduled", {"publication_id": str(publication.id)})
    after = {
        "status": publication.status,
        "mode": publication.mode,
        "scheduled_at": due_at,
        "content_id": content.id,
        "connection_ids": [connection.id for connection in connections],
    }
    audit.record(tx, by, "publication.created", ("publication", publication.id), after=after)
    tx.session.flush()
    return publication, wakes


def get(tx: Transaction, by: Caller, publication_id: UUID) -> Publication:
    """One publication that the caller may see, or not_found."""
    statement = _visible(by).where(Publication.id == publication_id)
    row = tx.session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise not_found()
    return row


def listed(tx: Transaction, by: Caller, status: str | None, order: Order) -> dict[str, Any]:
    """A page of the publications that the caller may see."""
    statement = _visible(by)
    if status is not None:
        statement = statement.where(Publication.status == status)
    bound_to = f"publications {by.workspace_id} {by.mode} {status}"
    return page(tx, statement, Publication.id, order, bound_to=bound_to)


def cancel(tx: Transaction, by: Caller, publication_id: UUID, expected: int | None) -> Publication:
    """Stop what has not been sent yet; again is fine, and conflict when it went out already."""
    locked = _visible(by).where(Publication.id == publication_id).with_for_update(of=Publication)
    row = tx.session.scalars(locked, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise not_found()
    if row.status == "cancelled":
        return row  # asked twice, or again because the first answer was lost
    if expected is not None and row.version != expected:
        raise stale()
    if not _stopped(tx, row):
        detail = f"Nothing is left to cancel: this publication is {row.status}."
        raise DomainError(Kind.CONFLICT, "too_late_to_cancel", detail)
    before = row.status
    settle(tx, row.workspace_id, row.id)
    cancelled = get(tx, by, publication_id)
    target, after = ("publication", row.id), {"status": cancelled.status}
    audit.record(tx, by, "publication.cancelled", target, before={"status": before}, after=after)
    return cancelled


def _stopped(tx: Transaction, row: Publication) -> Sequence[UUID]:
    """The platform rows that are cancelled now.

    The publication is locked, so none of them can become anything else meanwhile; dispatch rows are locked
    before platform rows, here as in a worker.
    """
    pending = [platform.id for platform in row.platforms if platform.status in _STOPPABLE]
    mine = (Dispatch.workspace_id == row.workspace_id, Dispatch.publication_platform_id.in_(pending))
    in_order = select(Dispatch.publication_platform_id).where(*mine)
    tx.session.execute(in_order.order_by(Dispatch.publication_platform_id).with_for_update())
    tx.session.execute(delete(Dispatch).where(*mine))
    return tx.session.scalars(
        update(PublicationPlatform)
        .where(
            PublicationPlatform.workspace_id == row.workspace_id,
            PublicationPlatform.id.in_(pending),
            PublicationPlatform.status.in_(_STOPPABLE),
        )
        .values(status="cancelled", updated_at=tx.now)
        .returning(PublicationPlatform.id)
    ).all()


_STOPPABLE = ("pending", "held")
"""The states of a platform row whose post is certainly not on the network."""


def _visible(by: Caller) -> Select[Publication]:
    """A test key sees only what test keys made, a limited key only what goes to its connections alone."""
    # Spelled out, the mode lets the planner take the index of the few tests.
    mode: BindParameter[str] = bindparam("mode", by.mode, literal_execute=True)
    statement = select(Publication).where(
        Publication.workspace_id == by.workspace_id, Publication.mode == mode
    )
    if by.connection_ids is not None:
        elsewhere = Publication.platforms.any(PublicationPlatform.connection_id.not_in(by.connection_ids))
        statement = statement.where(~elsewhere)
    return statement.options(selectinload(Publication.platforms))


def _due_at(tx: Transaction, body: PublicationCreate) -> datetime:
    if body.is_for_now:
        return tx.now
    if body.scheduled_at <= tx.now:
        given, now = body.scheduled_at.isoformat(), tx.now.isoformat()
        detail = f'{given} has passed; it is {now}. To publish at once say "now".'
        raise invalid("/scheduled_at", "in_the_past", detail)
    if body.scheduled_at > tx.now + HORIZON:
        raise invalid(
            "/scheduled_at", "too_far_ahead", "Publications can be scheduled five years ahead at most."
        )
    return body.scheduled_at


def _content(tx: Transaction, by: Caller, body: PublicationCreate) -> Content:
    try:
        content = contents.get(tx, by, body.content_id)
    except DomainError:
        raise invalid(
            "/content_id", "unknown_content", "There is no such content in this workspace."
        ) from None
    if content.status == "archived":
        raise invalid("/content_id", "content_archived", "This content is archived.")
    return content


def _connections(tx: Transaction, by: Caller, body: PublicationCreate) -> list[PlatformConnection]:
    statement = select(PlatformConnection).where(
        PlatformConnection.workspace_id == by.workspace_id, PlatformConnection.id.in_(body.connection_ids)
    )
    found = {row.id: row for row in tx.session.scalars(statement) if by.may_use(row.id)}
    faults = [
        Fault(
            f"/connection_ids/{index}", "unknown_connection", "There is no such connection in this workspace."
        )
        if connection_id not in found
        else Fault(f"/connection_ids/{index}", "needs_reconnect", "Connect this account again first.")
        for index, connection_id in enumerate(body.connection_ids)
        if connection_id not in found or found[connection_id].status != "active"
    ]
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)
    return [found[connection_id] for connection_id in body.connection_ids]
