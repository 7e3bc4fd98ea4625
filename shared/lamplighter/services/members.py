"""Members of an organization: who they are, what they are, and how they go."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlalchemy.orm import Bundle

from lamplighter.domain.access import Member
from lamplighter.domain.memberships import must_grant
from lamplighter.postgres.models import Organization, OrganizationMember, User, WorkspaceMember
from lamplighter.postgres.queries.invitations import withdrawn
from lamplighter.postgres.queries.organizations import each_workspace
from lamplighter.postgres.session import Transaction
from lamplighter.problems import not_found
from lamplighter.schemas.members import OrganizationMemberRead, OrganizationMemberUpdate
from lamplighter.services import audit, organizations, outbox
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import stale


def listed(tx: Transaction, by: Member, role: str | None, order: Order) -> dict[str, Any]:
    """A page of the organization's members, newest first; of those with one role, if one is named."""
    bound_to = f"members {by.organization_id} {role}"
    statement = _shown(by.organization_id)
    if role is not None:
        statement = statement.where(OrganizationMember.role == role)
    return page(tx, statement, OrganizationMember.id, order, bound_to=bound_to)


def get(tx: Transaction, by: Member, user_id: UUID) -> OrganizationMemberRead:
    """One member, or not_found."""
    statement = _shown(by.organization_id).where(OrganizationMember.user_id == user_id)
    row = tx.session.scalars(statement).one_or_none()
    if row is None:
        raise not_found()
    return OrganizationMemberRead.model_validate(row)


def change_role(
    tx: Transaction, by: Member, user_id: UUID, body: OrganizationMemberUpdate, expected: int
) -> OrganizationMemberRead:
    """The member with another role, if they still have the version that was read."""
    organization = organizations.held(tx, by.organization_id)
    row = _row(tx, by, user_id)
    if row.version != expected:
        raise stale()
    must_grant(by, "organization", row.role, body.role)
    if row.role != body.role:
        former, row.role = row.role, body.role
        row.version += 1
        row.updated_at = tx.now
        if former == "owner":
            organizations.lose_owner(tx, organization, user_id)
        before, after = {"role": former}, {"role": body.role}
        audit.record(tx, by, "member.role_changed", ("user", user_id), before=before, after=after)
    tx.session.flush()
    return get(tx, by, user_id)


def remove(tx: Transaction, by: Member, user_id: UUID, expected: int) -> OrganizationMemberRead:
    """The member as they were, gone from the organization and all its workspaces."""
    organization = organizations.held(tx, by.organization_id)
    row = _row(tx, by, user_id)
    if row.version != expected:
        raise stale()
    must_grant(by, "organization", row.role)
    return _ended(tx, by, organization, row, "member.removed")


def leave(tx: Transaction, by: Member) -> OrganizationMemberRead:
    """The caller as they were, gone from the organization and all its workspaces."""
    organization = organizations.held(tx, by.organization_id)
    return _ended(tx, by, organization, _row(tx, by, by.id), "member.left")


def _ended(
    tx: Transaction, by: Member, organization: Organization, row: OrganizationMember, action: str
) -> OrganizationMemberRead:
    last = get(tx, by, row.user_id)
    if row.role == "owner":
        organizations.lose_owner(tx, organization, row.user_id)
    # Before all else: an older link must not lead back in, and what one opens in this moment is closed below.
    for id_, workspace_id, role in withdrawn(tx, organization.id, last.email):
        target, before = ("invitation", id_), {"role": role}
        audit.record(tx, by, "invitation.revoked", target, workspace_id=workspace_id, before=before)
    # Before the workspaces: whoever adds the person to one of them meanwhile holds this row.
    tx.session.delete(row)
    tx.session.flush()
    for workspace_id in each_workspace(tx, organization.id):
        own = (WorkspaceMember.workspace_id == workspace_id, WorkspaceMember.user_id == row.user_id)
        gone = delete(WorkspaceMember).where(*own).returning(WorkspaceMember.role)
        for role in tx.session.scalars(gone).all():
            payload = {"user_id": str(row.user_id), "role": role}
            outbox.emit(tx, workspace_id, "member.removed", payload)
    audit.record(tx, by, action, ("user", row.user_id), before={"role": row.role})
    return last


def _row(tx: Transaction, by: Member, user_id: UUID) -> OrganizationMember:
    statement = select(OrganizationMember).where(
        OrganizationMember.organization_id == by.organization_id, OrganizationMember.user_id == user_id
    )
    row = tx.session.scalars(statement.with_for_update()).one_or_none()
    if row is None:
        raise not_found()
    return row


def _shown(organization_id: UUID) -> Select[Any]:
    fields: Bundle[Any] = Bundle(
        "member",
        OrganizationMember.id,
        OrganizationMember.user_id,
        User.name,
        User.email,
        OrganizationMember.role,
        OrganizationMember.joined_at,
        OrganizationMember.version,
    )
    statement = select(fields).join(User, User.id == OrganizationMember.user_id)
    return statement.where(OrganizationMember.organization_id == organization_id)
