"""What an archive of a person holds: their account, and what they left in the tenants they belong to."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select

from lamplighter.postgres.session import Transaction
from lamplighter.services import own_rows
from lamplighter.services.archives import Archive

README = """\
Everything that Lamplighter knows of you, as of the time in manifest.json.

users.jsonl           your account, without your password.
*.jsonl               JSON Lines, one object per row; each file is a table. Your account's were read in one
                      snapshot, each organization's and each workspace's in one of its own right after it.
audit_log.jsonl       what you did with your account, from which address and with which program.
organizations/, workspaces/
                      for each that you belong to: what you did there (audit_log.jsonl), and which of its
                      things name you (created.jsonl). The things themselves belong to the workspace, whose
                      admins can export it.
manifest.json         every file with its number of rows, size and SHA-256, and what was left out, and why.
"""


@dataclass(frozen=True, slots=True)
class Tenants:
    """Where the person belongs."""

    organization_ids: list[UUID]
    workspace_ids: list[UUID]


def dump(tx: Transaction, archive: Archive, user_id: UUID) -> Tenants:
    """The person's own rows; answers with the tenants that follow."""
    archive.rows("users", own_rows.rows(tx, own_rows.USERS, own_rows.USERS.c.id == user_id))
    for table in own_rows.tables_by("user_id"):
        mine = table.c.user_id == user_id
        read = (
            own_rows.audit_rows(tx, mine) if table is own_rows.AUDIT_LOG else own_rows.rows(tx, table, mine)
        )
        archive.rows(table.name, read)
    organizations = select(func.my_organizations().table_valued("id").c.id)
    workspaces = select(func.my_workspaces().table_valued("workspace_id").c.workspace_id)
    return Tenants(list(tx.session.scalars(organizations)), list(tx.session.scalars(workspaces)))


def dump_organization(tx: Transaction, archive: Archive, user_id: UUID, organization_id: UUID) -> None:
    """What the person did in an organization, outside of its workspaces."""
    log = own_rows.AUDIT_LOG.c
    mine = (log.organization_id == organization_id) & log.workspace_id.is_(None)
    read = own_rows.audit_rows(tx, mine & (log.personal_owner == user_id))
    archive.rows(f"organizations/{organization_id}/audit_log", read)


def dump_workspace(tx: Transaction, archive: Archive, user_id: UUID, workspace_id: UUID) -> None:
    """What the person did in a workspace, and what of it names them."""
    log = own_rows.AUDIT_LOG.c
    mine = (log.workspace_id == workspace_id) & (log.personal_owner == user_id)
    archive.rows(f"workspaces/{workspace_id}/audit_log", own_rows.audit_rows(tx, mine))
    archive.rows(f"workspaces/{workspace_id}/created", _naming(tx, user_id, workspace_id))


def _naming(tx: Transaction, user_id: UUID, workspace_id: UUID) -> Iterator[dict[str, Any]]:
    for table in own_rows.tables_by("workspace_id"):
        columns = [table.c[name] for name in own_rows.references_to_people(table)]
        if not columns:
            continue
        mine = (table.c.workspace_id == workspace_id) & or_(*(column == user_id for column in columns))
        for row in tx.session.execute(select(table.c.id, *columns).where(mine).order_by(table.c.id)):
            as_what = [column.name for column in columns if row._mapping[column.name] == user_id]
            yield {"table": table.name, "id": row.id, "as": as_what}
