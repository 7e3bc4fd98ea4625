"""What an organization's transaction does beyond single rows: locking, and going through its workspaces."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text

from lamplighter.postgres.models import Organization, OrganizationMember, Workspace
from lamplighter.postgres.session import Transaction

_ENTER = text("SELECT set_config('app.workspace_id', :workspace_id, true)")


def locked(tx: Transaction, organization_id: UUID) -> Organization | None:
    """The organization, with everybody else kept from changing who owns it until this transaction ends.
    Whoever only refers to it (a new workspace, a new member) does not wait."""
    statement = select(Organization).where(
        Organization.id == organization_id, Organization.deleted_at.is_(None)
    )
    fresh = {"populate_existing": True}
    return tx.session.scalars(
        statement.with_for_update(key_share=True), execution_options=fresh
    ).one_or_none()


def owners(tx: Transaction, organization_id: UUID) -> dict[UUID, datetime]:
    """Its owners, and when each joined."""
    statement = select(OrganizationMember.user_id, OrganizationMember.joined_at).where(
        OrganizationMember.organization_id == organization_id,
        OrganizationMember.role == "owner",
        OrganizationMember.joined_at.is_not(None),
    )
    return {user_id: joined_at for user_id, joined_at in tx.session.execute(statement) if joined_at}


def held_member(tx: Transaction, organization_id: UUID, user_id: UUID) -> bool:
    """Whether the person belongs to the organization, and will until this transaction ends."""
    statement = select(OrganizationMember.id).where(
        OrganizationMember.organization_id == organization_id, OrganizationMember.user_id == user_id
    )
    return tx.session.scalars(statement.with_for_update(read=True)).one_or_none() is not None


def each_workspace(tx: Transaction, organization_id: UUID) -> Iterator[UUID]:
    """An organization's transaction goes through its workspaces, always in the same order, deleted ones
    included: until the next one is asked for, it may do what a transaction of that workspace may."""
    statement = select(Workspace.id).where(Workspace.organization_id == organization_id)
    for workspace_id in tx.session.scalars(statement.order_by(Workspace.id)).all():
        tx.session.execute(_ENTER, {"workspace_id": str(workspace_id)})
        yield workspace_id
        tx.session.flush()  # what waits to be written is this workspace's
    tx.session.execute(_ENTER, {"workspace_id": ""})
