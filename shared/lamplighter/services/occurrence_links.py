"""What somebody does to a publication of a recurring post, its occurrence knows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, update

from lamplighter.postgres.models import Publication, RecurringOccurrence, RecurringPost
from lamplighter.postgres.session import Transaction
from lamplighter.services import recurring_ahead, replanning

SKIPPED = "skipped_by_hand"


def hold(tx: Transaction, workspace_id: UUID, publication_id: UUID) -> None:
    """Lock the recurring post of a publication, if it has one: before the publication, as everywhere."""
    made_by = select(Publication.recurring_post_id).where(
        Publication.workspace_id == workspace_id, Publication.id == publication_id
    )
    mine = select(RecurringPost.id).where(
        RecurringPost.workspace_id == workspace_id, RecurringPost.id == made_by.scalar_subquery()
    )
    tx.session.execute(mine.with_for_update(key_share=True))


def moved(tx: Transaction, publication: Publication, at: datetime) -> None:
    """Its occurrence has a time of its own now, and keeps its key."""
    _followed(tx, publication, due_at=at, moved=True)


def skipped(tx: Transaction, publication: Publication) -> None:
    """Its occurrence does not go out."""
    _followed(tx, publication, status="skipped", code=SKIPPED)


def _followed(tx: Transaction, publication: Publication, **changes: object) -> None:
    """The recurring post has another next time then. Nobody has edited it: its version stays."""
    if publication.recurring_post_id is None:
        return
    occurrence = update(RecurringOccurrence).where(
        RecurringOccurrence.workspace_id == publication.workspace_id,
        RecurringOccurrence.publication_id == publication.id,
        RecurringOccurrence.status == "made",
    )
    tx.session.execute(occurrence.values(changes))
    mine = (
        RecurringPost.workspace_id == publication.workspace_id,
        RecurringPost.id == publication.recurring_post_id,
    )
    post = tx.session.scalars(select(RecurringPost).where(*mine)).one()
    values: dict[str, Any] = {"run_count": RecurringPost.run_count - _uncounted(tx, publication)}
    upcoming = recurring_ahead.upcoming(tx, post)
    if post.status == "completed" and upcoming is not None:
        values["status"] = "active"  # it has something to come again
    if post.status != "completed" or upcoming is not None:
        values |= {"visit_at": tx.now, "next_run_at": upcoming or post.next_run_at}
    tx.session.execute(update(RecurringPost).where(*mine).values(values))
    replanning.rested(tx, post)


def _uncounted(tx: Transaction, publication: Publication) -> int:
    """How many occurrences of it had come, and now have not: as they are to come, or do not go out."""
    has_not_come = or_(RecurringOccurrence.status != "made", RecurringOccurrence.due_at > tx.now)
    statement = (
        update(RecurringOccurrence)
        .where(
            RecurringOccurrence.workspace_id == publication.workspace_id,
            RecurringOccurrence.publication_id == publication.id,
            RecurringOccurrence.counted,
            has_not_come,
        )
        .values(counted=False)
        .returning(RecurringOccurrence.local_time)
    )
    return len(tx.session.scalars(statement).all())
