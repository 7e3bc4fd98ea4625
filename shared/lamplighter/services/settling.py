"""A publication's lock, its status out of its platforms', and the event that tells of it."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from lamplighter.domain.publishing import overall_status
from lamplighter.postgres.models import Publication, PublicationPlatform
from lamplighter.postgres.session import Transaction
from lamplighter.services import outbox


def lock(tx: Transaction, workspace_id: UUID, publication_id: UUID) -> None:
    """Have the publication's lock. Read it afterwards, in a statement of its own: what a statement reads that
    waits for a lock may be older than the lock."""
    mine = (Publication.workspace_id == workspace_id, Publication.id == publication_id)
    tx.session.execute(select(Publication.id).where(*mine).with_for_update())


def settle(tx: Transaction, workspace_id: UUID, publication_id: UUID) -> None:
    """Bring a locked publication's status in line with its platforms', and tell when it changed."""
    where = (Publication.workspace_id == workspace_id, Publication.id == publication_id)
    before = tx.session.execute(select(Publication.status).where(*where)).scalar_one()
    rows = tx.session.execute(
        select(PublicationPlatform.status, PublicationPlatform.platform_post_id.is_not(None)).where(
            PublicationPlatform.workspace_id == workspace_id,
            PublicationPlatform.publication_id == publication_id,
        )
    ).all()
    # What failed after its first segment is out in part.
    statuses = ["partial" if status == "failed" and begun else status for status, begun in rows]
    after = overall_status(statuses)
    changes: dict[str, Any] = {"version": Publication.version + 1, "updated_at": tx.now, "status": after}
    tx.session.execute(update(Publication).where(*where).values(**changes))
    if after == before or after not in _EVENT_OF:
        return
    event = _EVENT_OF[after] if after != "needs_review" or "unknown" in statuses else "held"
    outbox.emit(tx, workspace_id, f"publication.{event}", {"publication_id": str(publication_id)})


_EVENT_OF = {
    "published": "published",
    "partially_published": "partially_published",
    "failed": "failed",
    "cancelled": "cancelled",
    "missed": "missed",
    "needs_review": "outcome_unknown",
    "removed": "deleted",
}
