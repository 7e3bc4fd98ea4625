"""Workspaces: the tenants."""

from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.access import Caller
from lamplighter.postgres.models import Organization, Workspace
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, not_found
from lamplighter.schemas.workspaces import WorkspaceCreate, WorkspaceUpdate
from lamplighter.services import sealing
from lamplighter.services.rows import stale


def found(tx: Transaction, organization_id: UUID, name: str, slug: str) -> Organization:
    """A new organization, on the starter plan. The transaction names `organization_id`."""
    organization = Organization(id=organization_id, name=name, slug=slug)
    tx.session.add(organization)
    tx.session.flush()
    return organization


def create(
    tx: Transaction, organization_id: UUID, workspace_id: UUID, body: WorkspaceCreate, wrapped_key: bytes
) -> Workspace:
    """A workspace with its data key, wrapped before the transaction began. The transaction names both ids."""
    # Two that ask for one slug at once both see it free; the constraint lets one in.
    statement = (
        insert(Workspace)
        .values(id=workspace_id, organization_id=organization_id, name=body.name, slug=body.slug)
        .on_conflict_do_nothing(constraint="workspaces_organization_id_slug_key")
        .returning(Workspace)
    )
    workspace = tx.session.scalars(statement).one_or_none()
    if workspace is None:
        detail = "Another workspace of this organization has this slug."
        raise DomainError(Kind.CONFLICT, "slug_taken", detail, [Fault("/slug", "slug_taken", detail)])
    sealing.add_key(tx, workspace.id, wrapped_key)
    return workspace


def get(tx: Transaction, workspace_id: UUID) -> Workspace:
    """The workspace, or not_found."""
    workspace = tx.session.get(Workspace, workspace_id)
    if workspace is None:
        raise not_found()
    return workspace


def change(tx: Transaction, caller: Caller, body: WorkspaceUpdate, expected: int) -> Workspace:
    """The workspace with the given fields changed, if it still has the version that was read."""
    changes: dict[str, Any] = body.model_dump(exclude_none=True)
    statement = (
        update(Workspace)
        .where(Workspace.id == caller.workspace_id, Workspace.version == expected)
        .values(**changes, version=Workspace.version + 1, updated_at=tx.now)
        .returning(Workspace)
    )
    changed = tx.session.scalars(statement).one_or_none()
    if changed is None:
        get(tx, caller.workspace_id)
        raise stale()
    return changed
