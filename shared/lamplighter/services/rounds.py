"""Another round: posts that somebody sets going again, with their tries counted anew."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update

from lamplighter.domain.access import Caller
from lamplighter.postgres.models import (
    Content,
    PlatformConnection,
    Publication,
    PublicationAttempt,
    PublicationPlatform,
)
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, not_found
from lamplighter.services import dispatching, ledger, preflight, publications
from lamplighter.services.duplicates import fingerprint_of
from lamplighter.services.wakeups import Wake

_TRIED = (
    select(func.coalesce(func.max(PublicationAttempt.number), 0))
    .where(
        PublicationAttempt.workspace_id == PublicationPlatform.workspace_id,
        PublicationAttempt.publication_platform_id == PublicationPlatform.id,
    )
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Held:
    """A publication, locked, and its content, which nobody changes meanwhile."""

    publication: Publication
    content: Content


def held(tx: Transaction, by: Caller, publication_id: UUID, expected: int | None = None) -> Held:
    """What the caller may see, for a change that depends on the content: that is locked first, as whoever
    changes it locks its publications next. `expected`: the version that must still stand."""
    mine = publications.visible(by).where(Publication.id == publication_id)
    content_id = tx.session.scalar(mine.with_only_columns(Publication.content_id))
    if content_id is None:
        raise not_found()
    shared = select(Content).where(Content.workspace_id == by.workspace_id, Content.id == content_id)
    content = tx.session.scalars(shared.with_for_update(read=True)).one()
    row = publications.locked(tx, by, publication_id)
    publications.must_be_version(row, expected)
    return Held(row, content)


def must_be_connected(
    tx: Transaction, publication: Publication, rows: Sequence[PublicationPlatform]
) -> Sequence[PlatformConnection]:
    """The rows' accounts; refuse what could not reach them. A test reaches the sandbox all the same."""
    ids = {row.connection_id for row in rows}
    statement = select(PlatformConnection).where(
        PlatformConnection.workspace_id == publication.workspace_id, PlatformConnection.id.in_(ids)
    )
    found = tx.session.scalars(statement.order_by(PlatformConnection.id)).all()
    if publication.mode == "live" and any(each.status != "active" for each in found):
        detail = "The account is not connected any more: connect it again first."
        raise DomainError(Kind.CONFLICT, "needs_reconnect", detail)
    return found


def must_be_sendable(tx: Transaction, held: Held, rows: Sequence[PublicationPlatform]) -> None:
    """Refuse to set going what could not be scheduled: the content may have changed since it was."""
    if held.content.status == "archived":
        raise DomainError(Kind.CONFLICT, "content_archived", "Its content is archived: restore that first.")
    connections = must_be_connected(tx, held.publication, rows)
    preflight.check_change(tx, held.content, connections)


def renewed(
    tx: Transaction, held: Held, rows: Sequence[PublicationPlatform], due_at: datetime, **more: Any
) -> list[Wake]:
    """Work on these rows, due at `due_at`; whoever held any sends nothing. `more`: columns of the rows."""
    wakes = dispatching.dispatched(tx, held.publication, rows, due_at, again=True)
    # What waits for its network would go on as the same attempt, and be given up as having waited until then.
    ledger.withdrawn(tx, held.publication.workspace_id, [row.id for row in rows])
    for row in rows:
        tx.session.execute(
            update(PublicationPlatform)
            .where(PublicationPlatform.workspace_id == row.workspace_id, PublicationPlatform.id == row.id)
            .values(attempts_before=_TRIED, error_code=None, error_message=None, updated_at=tx.now)
            .values(_outgoing(held.content, row) | more)
        )
    return wakes


def _outgoing(content: Content, row: PublicationPlatform) -> dict[str, Any]:
    """What a row becomes whose post is still to go out, as the content is now."""
    if row.status == "published":
        return {}
    # What is out in part can no longer be cancelled.
    status = "pending" if row.published_at is None else "publishing"
    return {"status": status, "fingerprint": fingerprint_of(content, row.platform)}
