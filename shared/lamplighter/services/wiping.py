"""What a deleted workspace leaves behind, removed in steps that may stop and go on."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, tuple_, update

from lamplighter.clickhouse import tenants
from lamplighter.clickhouse.client import client
from lamplighter.clients import objects
from lamplighter.postgres.base import Base
from lamplighter.postgres.models import Workspace
from lamplighter.postgres.security.tenancy import erased_tables
from lamplighter.postgres.session import Transaction
from lamplighter.settings import settings

GRACE = timedelta(hours=1)
"""What was under way as the workspace was deleted has ended by then: requests, posts, exports, uploads by a
form of 15 minutes, queue messages."""
AT_ONCE = 50
BATCH = 1000
NAME = "Deleted workspace"

TABLES = tuple(erased_tables())
"""What goes, children first."""


def due(tx: Transaction) -> list[UUID]:
    """Deleted workspaces that are not erased yet, the first deleted first. Across tenants, as the eraser."""
    statement = (
        select(Workspace.id)
        .where(Workspace.deleted_at < tx.now - GRACE, Workspace.erased_at.is_(None))
        .order_by(Workspace.deleted_at)
        .limit(AT_ONCE)
    )
    return list(tx.session.scalars(statement))


def delete_rows(tx: Transaction, name: str, workspace_id: UUID) -> bool:
    """Delete up to BATCH rows of one of TABLES; whether it may hold more. As the eraser, in the workspace."""
    table, column = Base.metadata.tables[name], erased_tables()[name]
    ours = table.c[column] == workspace_id
    if column == "workspace_id":
        keys = list(table.primary_key.columns)
        some = select(*keys).where(ours).limit(BATCH)
        ours = tuple_(*keys).in_(some) & ours
    return tx.session.connection().execute(delete(table).where(ours)).rowcount == BATCH


def delete_files(workspace_id: UUID) -> None:
    """Delete the workspace's objects: what was uploaded, and archives of it."""
    objects.delete_below(settings().media_bucket, f"{workspace_id}/")
    objects.delete_below(settings().export_bucket, f"workspaces/{workspace_id}/")


def delete_analytics(workspace_id: UUID) -> None:
    """Delete the workspace's rows in ClickHouse, where there is one."""
    if settings().clickhouse_url:
        connected = client()
        for name in tenants.tables(connected):
            tenants.erase(connected, name, workspace_id)


def finish(tx: Transaction, workspace_id: UUID) -> None:
    """All of it is gone but the row that the organization and the audit log name, now without words."""
    tx.session.execute(
        update(Workspace)
        .where(Workspace.id == workspace_id)
        .values(name=NAME, slug=f"deleted-{workspace_id}", industry=None, settings={}, erased_at=tx.now)
    )
