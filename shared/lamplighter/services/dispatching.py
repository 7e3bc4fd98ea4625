"""The work rows behind posts: made, moved and dropped by what people decide, put off by who holds them.

Each takes the dispatch rows' locks in the order of their ids, after the publication's, as every writer does;
who puts one off has its lock already.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.networks import NETWORKS
from lamplighter.domain.vocabulary import DISPATCH_PRIORITIES
from lamplighter.postgres.models import Dispatch, Publication, PublicationAttempt, PublicationPlatform
from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.session import Transaction
from lamplighter.services import ledger
from lamplighter.services.rows import insert_into
from lamplighter.services.wakeups import Claim, Wake, grace_after, is_near

_NEW = insert_into(Dispatch)


def dispatched(
    tx: Transaction,
    publication: Publication,
    platforms: Sequence[PublicationPlatform],
    due_at: datetime,
    *,
    again: bool = False,
) -> list[Wake]:
    """Work on these platforms, due at `due_at`; what is due soon carries a lease already, as if a tick had
    claimed it, and its wake-up is returned. `again`: there may have been work on them before, so the fences
    go on above every one that a late worker may still hold."""
    near = is_near(due_at, tx.now)
    used = _used_fences(tx, publication.workspace_id, [p.id for p in platforms]) if again else {}
    rows = [
        _row(tx, publication, platform, due_at, used.get(platform.id, 0) + 1)
        for platform in sorted(platforms, key=lambda each: each.id)
    ]
    new = insert(Dispatch)
    fresh = {name: new.excluded[name] for name in ("due_at", "priority", "lane", "wakes", "lease_until")}
    fence = func.greatest(Dispatch.fence + 1, new.excluded.fence)
    made = tx.session.execute(
        new.on_conflict_do_update(index_elements=["publication_platform_id"], set_=fresh | {"fence": fence})
        .values(rows)
        .returning(Dispatch.publication_platform_id, Dispatch.fence, Dispatch.lane)
    ).all()
    return (
        [Wake(Claim(publication.workspace_id, row_id, fence, lane), due_at) for row_id, fence, lane in made]
        if near
        else []
    )


def begun(tx: Transaction, publications: Sequence[Publication]) -> list[Wake]:
    """The same for new publications, each at its own time, and all of their platforms: nobody knows of them
    yet."""
    pairs = [(publication, platform) for publication in publications for platform in publication.platforms]
    rows = [_row(tx, publication, platform, publication.scheduled_at, 1) for publication, platform in pairs]
    if rows:
        tx.session.execute(_NEW, rows)
    return [
        Wake(
            Claim(row["workspace_id"], row["publication_platform_id"], row["fence"], row["lane"]),
            row["due_at"],
        )
        for row in rows
        if row["lease_until"] is not None
    ]


def _row(
    tx: Transaction, publication: Publication, platform: PublicationPlatform, due_at: datetime, fence: int
) -> dict[str, Any]:
    near = is_near(due_at, tx.now)
    return {
        "publication_platform_id": platform.id,
        "workspace_id": publication.workspace_id,
        "due_at": due_at,
        "priority": DISPATCH_PRIORITIES[publication.priority],
        "lane": NETWORKS[platform.platform].lane if platform.platform in NETWORKS else 0,
        "fence": fence,
        "wakes": 1 if near else 0,
        "lease_until": grace_after(due_at, tx.now) if near else None,
    }


def moved(
    tx: Transaction,
    workspace_id: UUID,
    row_ids: Iterable[UUID],
    due_at: datetime,
    priority: int | None = None,
) -> list[Wake]:
    """The existing work on these rows due at `due_at` instead, and in nobody's hands: whoever holds it now
    sends nothing any more. Returns the wake-ups of what is near; rows without work are left out."""
    mine = locked(tx, workspace_id, row_ids)
    near = is_near(due_at, tx.now)
    changes: dict[str, Any] = {
        "due_at": due_at,
        "wakes": 1 if near else 0,
        "lease_until": grace_after(due_at, tx.now) if near else None,
    }
    if priority is not None:
        changes["priority"] = priority
    found = tx.session.execute(
        update(Dispatch)
        .where(Dispatch.workspace_id == workspace_id, Dispatch.publication_platform_id.in_(mine))
        .values(**changes, fence=Dispatch.fence + 1)
        .returning(Dispatch.publication_platform_id, Dispatch.fence, Dispatch.lane)
    ).all()
    return (
        [Wake(Claim(workspace_id, row_id, fence, lane), due_at) for row_id, fence, lane in sorted(found)]
        if near
        else []
    )


def put_off(tx: Transaction, held: Claim, due_at: datetime) -> list[Wake]:
    """Held work comes again at `due_at`, by the queue of the claim's lane. Returns its wake-up if that is
    near; otherwise a tick brings it."""
    near = is_near(due_at, tx.now)
    dispatches.postpone(
        tx,
        held.workspace_id,
        held.publication_platform_id,
        held.fence,
        due_at=due_at,
        lease_until=grace_after(due_at, tx.now) if near else None,
        lane=held.lane,
    )
    return [Wake(held, due_at)] if near else []


def is_left(tx: Transaction, row: PublicationPlatform) -> bool:
    """Whether there is work on the row still to be done."""
    mine = (Dispatch.workspace_id == row.workspace_id, Dispatch.publication_platform_id == row.id)
    return tx.session.scalar(select(Dispatch.fence).where(*mine)) is not None


def ranked(tx: Transaction, workspace_id: UUID, row_ids: Iterable[UUID], priority: int) -> None:
    """The existing work on these rows takes another place among what is due; whoever holds it goes on."""
    mine = locked(tx, workspace_id, row_ids)
    tx.session.execute(
        update(Dispatch)
        .where(Dispatch.workspace_id == workspace_id, Dispatch.publication_platform_id.in_(mine))
        .values(priority=priority)
    )


def dropped(tx: Transaction, workspace_id: UUID, row_ids: Iterable[UUID]) -> None:
    """No more work on these rows: whoever holds it now sends nothing any more, and what was begun and has not
    been sent is over."""
    mine = locked(tx, workspace_id, row_ids)
    ledger.withdrawn(tx, workspace_id, mine)
    tx.session.execute(
        delete(Dispatch).where(
            Dispatch.workspace_id == workspace_id, Dispatch.publication_platform_id.in_(mine)
        )
    )


def locked(tx: Transaction, workspace_id: UUID, row_ids: Iterable[UUID]) -> Sequence[UUID]:
    """Have the locks of the work on these rows; those that have any."""
    statement = (
        select(Dispatch.publication_platform_id)
        .where(Dispatch.workspace_id == workspace_id, Dispatch.publication_platform_id.in_(list(row_ids)))
        .order_by(Dispatch.publication_platform_id)
        .with_for_update()
    )
    return tx.session.scalars(statement).all()


def _used_fences(tx: Transaction, workspace_id: UUID, row_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The highest fence of any attempt at each row: a worker without an attempt can send nothing."""
    statement = (
        select(PublicationAttempt.publication_platform_id, func.max(PublicationAttempt.fence))
        .where(
            PublicationAttempt.workspace_id == workspace_id,
            PublicationAttempt.publication_platform_id.in_(row_ids),
        )
        .group_by(PublicationAttempt.publication_platform_id)
    )
    return dict(tx.session.execute(statement).all())
