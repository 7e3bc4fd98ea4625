"""Accounts whose credentials end soon: people are told of each end once, while there is time."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from lamplighter.postgres.models import PlatformConnection, Workspace
from lamplighter.postgres.session import Transaction
from lamplighter.services import outbox

AHEAD = timedelta(days=7)
MOST = 1_000
"""Workspaces to a run."""


def workspaces(tx: Transaction) -> Sequence[UUID]:
    """Those with an account whose end has not been looked at. Runs as the watcher, across tenants."""
    statement = select(PlatformConnection.workspace_id).where(*_untold(tx)).distinct().limit(MOST)
    return tx.session.scalars(statement).all()


def told(tx: Transaction, workspace_id: UUID) -> int:
    """Tell of the workspace's accounts that need somebody; of how many. What renews itself needs nobody."""
    statement = (
        select(PlatformConnection)
        .join(Workspace, Workspace.id == PlatformConnection.workspace_id)
        .where(PlatformConnection.workspace_id == workspace_id, *_untold(tx), Workspace.deleted_at.is_(None))
        .order_by(PlatformConnection.id)
        .with_for_update(of=PlatformConnection)
    )
    rows = tx.session.scalars(statement).all()
    payloads = [{"connection_id": str(row.id)} for row in rows if row.refresh_token is None]
    for row in rows:
        row.expiry_told = row.token_expires_at
    outbox.emit_each(tx, workspace_id, "platform_connection.expiring", payloads)
    return len(payloads)


def _untold(tx: Transaction) -> tuple[ColumnElement[bool], ...]:
    ends = PlatformConnection.token_expires_at
    is_new = or_(PlatformConnection.expiry_told.is_(None), PlatformConnection.expiry_told != ends)
    return (PlatformConnection.status == "active", ends > tx.now, ends <= tx.now + AHEAD, is_new)
