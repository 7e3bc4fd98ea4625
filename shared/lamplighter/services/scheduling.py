"""Scheduling: a publication is made, and with it the work of each of its accounts."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.postgres.models import (
    Content,
    PlatformConnection,
    Publication,
    PublicationPlatform,
    Workspace,
)
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, invalid
from lamplighter.schemas.publications import NEXT_FREE_SLOT, NOW, PublicationCreate
from lamplighter.services import (
    approvals,
    audit,
    dispatching,
    duplicates,
    outbox,
    preflight,
    publications,
    slots,
)
from lamplighter.services.wakeups import Wake

HORIZON = timedelta(days=5 * 366)


def create(tx: Transaction, by: Caller, body: PublicationCreate) -> tuple[Publication, list[Wake]]:
    """Schedule content on connections. Send the returned wake-ups after the commit."""
    connections = _connections(tx, by, body.connection_ids)
    is_queued = body.scheduled_at == NEXT_FREE_SLOT  # whose accounts are held before the content is locked
    due_at = slots.next_free(tx, by, body.connection_ids) if is_queued else due(tx, body.scheduled_at)
    content = _content(tx, by, body.content_id)
    preflight.check(tx, content, connections)
    workspace = tx.session.get_one(Workspace, by.workspace_id)
    needs_approval = _needs_approval(body, workspace)
    prints = {each.id: duplicates.fingerprint_of(content, each.platform) for each in connections}
    if not body.force:
        duplicates.refuse(tx, by, prints, due_at, timedelta(hours=workspace.duplicate_window_hours))
    publication = _added(tx, by, body, due_at)
    publication.platforms = _platforms(publication, connections, prints)
    tx.session.flush()
    wakes = dispatching.dispatched(tx, publication, publication.platforms, due_at)
    _tell(tx, by, body, publication)
    if needs_approval:
        approvals.asked(tx, publication, by)
    return publications.get(tx, by, publication.id), wakes


def due(tx: Transaction, given: datetime | str) -> datetime:
    """The moment that a person named, or the present one: "now"."""
    if not isinstance(given, datetime):
        return tx.now
    if given <= tx.now:
        detail = (
            f'{given.isoformat()} has passed; it is {tx.now.isoformat()}. To publish at once say "{NOW}".'
        )
        raise invalid("/scheduled_at", "in_the_past", detail)
    if given > tx.now + HORIZON:
        raise invalid(
            "/scheduled_at", "too_far_ahead", "Publications can be scheduled five years ahead at most."
        )
    return given


def _content(tx: Transaction, by: Caller, content_id: UUID) -> Content:
    """Shared until the end: whoever changes it meanwhile waits, and then finds this publication of it."""
    statement = select(Content).where(Content.workspace_id == by.workspace_id, Content.id == content_id)
    content = tx.session.scalars(statement.with_for_update(read=True)).one_or_none()
    if content is None:
        raise invalid("/content_id", "unknown_content", "There is no such content in this workspace.")
    if content.status == "archived":
        raise invalid("/content_id", "content_archived", "This content is archived.")
    return content


def _connections(tx: Transaction, by: Caller, wanted: Sequence[UUID]) -> list[PlatformConnection]:
    statement = select(PlatformConnection).where(
        PlatformConnection.workspace_id == by.workspace_id, PlatformConnection.id.in_(wanted)
    )
    found = {row.id: row for row in tx.session.scalars(statement) if by.may_use(row.id)}
    faults = [
        Fault(
            f"/connection_ids/{index}", "unknown_connection", "There is no such connection in this workspace."
        )
        if connection_id not in found
        else Fault(f"/connection_ids/{index}", "needs_reconnect", "Connect this account again first.")
        for index, connection_id in enumerate(wanted)
        if connection_id not in found or found[connection_id].status != "active"
    ]
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)
    return [found[connection_id] for connection_id in wanted]


def _needs_approval(body: PublicationCreate, workspace: Workspace) -> bool:
    if body.needs_approval is False and workspace.approval_required:
        detail = "This workspace publishes nothing without an approval: leave needs_approval out."
        raise invalid("/needs_approval", "approval_required", detail)
    needed = workspace.approval_required if body.needs_approval is None else body.needs_approval
    if needed and body.is_for_now and body.late_policy == "send":
        detail = (
            "It needs an approval, and now is too soon for one: give a time, or a late_policy that waits for"
            " late_after_minutes."
        )
        raise invalid("/scheduled_at", "approval_needs_time", detail)
    return needed


def _added(tx: Transaction, by: Caller, body: PublicationCreate, due_at: datetime) -> Publication:
    publication = Publication(
        id=new_id(),
        workspace_id=by.workspace_id,
        content_id=body.content_id,
        mode=by.mode,
        priority=body.priority,
        scheduled_at=due_at,
        queued=body.scheduled_at == NEXT_FREE_SLOT,
        late_policy=body.late_policy,
        late_after_minutes=body.late_after_minutes,
        created_by=by.person_id,
    )
    tx.session.add(publication)
    return publication


def _platforms(
    publication: Publication, connections: Sequence[PlatformConnection], prints: Mapping[UUID, str]
) -> list[PublicationPlatform]:
    return [
        PublicationPlatform(
            id=new_id(),
            workspace_id=publication.workspace_id,
            connection_id=connection.id,
            platform=connection.platform,
            fingerprint=prints[connection.id],
        )
        for connection in connections
    ]


def _tell(tx: Transaction, by: Caller, body: PublicationCreate, publication: Publication) -> None:
    outbox.emit(tx, by.workspace_id, "publication.scheduled", {"publication_id": str(publication.id)})
    after = {
        "status": publication.status,
        "mode": publication.mode,
        "scheduled_at": publication.scheduled_at,
        "content_id": publication.content_id,
        "connection_ids": body.connection_ids,
        "forced": body.force,
    }
    audit.record(tx, by, "publication.created", ("publication", publication.id), after=after)
