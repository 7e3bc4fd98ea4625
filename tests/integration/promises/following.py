"""What follows of itself in AWS, done here by hand: wake-ups, and the time that passes until they come."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.postgres.models import Dispatch, PublicationAttempt
from lamplighter.postgres.session import move_clock, transaction
from tests.integration.publishing.conftest import Desk

MOST_ROUNDS = 80


def outstanding(desk: Desk) -> list[Dispatch]:
    """The tenant's work."""
    with transaction(UUID(desk.http.workspace_id)) as tx:
        return list(tx.session.scalars(select(Dispatch).order_by(Dispatch.due_at)))


def message_of(row: Dispatch) -> dict[str, Any]:
    """What a wake-up says of this work."""
    return {
        "workspace_id": str(row.workspace_id),
        "publication_platform_id": str(row.publication_platform_id),
        "fence": row.fence,
        "lane": row.lane,
    }


def to_the_end(desk: Desk, rounds: int = MOST_ROUNDS) -> timedelta:
    """Wake whatever is left when it is due and in nobody's hands, until there is nothing; how far the clock
    was moved for it."""
    passed = timedelta()
    for _ in range(rounds):
        rows = outstanding(desk)
        if not rows:
            break
        free = min(max(row.due_at, row.lease_until or row.due_at) for row in rows)
        passed = max(passed, free - datetime.now(UTC) + timedelta(milliseconds=100))
        move_clock(passed)
        desk.work([message_of(row) for row in rows if max(row.due_at, row.lease_until or row.due_at) <= free])
    else:
        assert outstanding(desk) == []
    return passed


def ledger(desk: Desk) -> list[tuple[str, bool]]:
    """Every attempt of the tenant's: how it ended, and whether it was a look."""
    with transaction(UUID(desk.http.workspace_id)) as tx:
        rows = tx.session.scalars(select(PublicationAttempt).order_by(PublicationAttempt.id))
        return [(row.status, row.reconciles) for row in rows]
