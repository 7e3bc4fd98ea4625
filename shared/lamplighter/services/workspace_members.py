"""Members of a workspace: the people who were given a role in it, and those who run its organization."""

from typing import Any
from uuid import UUID

from sqlalchemy import Select, case, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Bundle

from lamplighter.domain.access import Caller
from lamplighter.domain.memberships import must_grant
from lamplighter.domain.roles import RUNNING
from lamplighter.ids import new_id
from lamplighter.postgres.models import OrganizationMember, User, WorkspaceMember
from lamplighter.postgres.queries.invitations import withdrawn
from lamplighter.postgres.queries.organizations import held_member
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid, not_found
from lamplighter.schemas.members import WorkspaceMemberCreate, WorkspaceMemberRead, WorkspaceMemberUpdate
from lamplighter.services import audit, outbox
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import stale


def listed(tx: Transaction, by: Caller, role: str | None, order: Order) -> dict[str, Any]:
    """A page of the people in the workspace, newest account first; of those with one role, if one is named.
    The transaction names the organization too, here and below."""
    bound_to = f"members {by.workspace_id} {role}"
    return page(tx, _shown(by, role), User.id, order, bound_to=bound_to)


def get(tx: Transaction, by: Caller, user_id: UUID) -> WorkspaceMemberRead:
    """One of them, or not_found."""
    row = tx.session.scalars(_shown(by).where(User.id == user_id)).one_or_none()
    if row is None:
        raise not_found()
    return WorkspaceMemberRead.model_validate(row)


def add(tx: Transaction, by: Caller, body: WorkspaceMemberCreate) -> WorkspaceMemberRead:
    """A member of the organization, from now on in this workspace too."""
    must_grant(by, "workspace", body.role)
    if not held_member(tx, by.organization_id, body.user_id):
        detail = "Nobody in the organization has this id: invite them by e-mail."
        raise invalid("/user_id", "not_a_member", detail)
    if _is_implied(tx, by, body.user_id):
        raise _implied()
    statement = (
        insert(WorkspaceMember)
        .values(
            id=new_id(),
            workspace_id=by.workspace_id,
            user_id=body.user_id,
            role=body.role,
            invited_at=tx.now,
            joined_at=tx.now,
        )
        .on_conflict_do_nothing(constraint="workspace_members_workspace_id_user_id_key")
        .returning(WorkspaceMember.id)
    )
    if tx.session.scalars(statement).one_or_none() is None:
        raise DomainError(Kind.CONFLICT, "already_member", "This person is in the workspace already.")
    _tell(tx, by, "member.added", body.user_id, (None, body.role))
    return get(tx, by, body.user_id)


def change_role(
    tx: Transaction, by: Caller, user_id: UUID, body: WorkspaceMemberUpdate, expected: int
) -> WorkspaceMemberRead:
    """The member with another role, if they still have the version that was read."""
    row = _row(tx, by, user_id)
    if row.version != expected:
        raise stale()
    must_grant(by, "workspace", row.role, body.role)
    if row.role != body.role:
        _tell(tx, by, "member.role_changed", user_id, (row.role, body.role))
        row.role = body.role
        row.version += 1
        row.updated_at = tx.now
        tx.session.flush()
    return get(tx, by, user_id)


def remove(tx: Transaction, by: Caller, user_id: UUID, expected: int) -> WorkspaceMemberRead:
    """The member as they were, without a role of their own here from now on."""
    row = _row(tx, by, user_id)
    if row.version != expected:
        raise stale()
    must_grant(by, "workspace", row.role)
    return _ended(tx, by, row, "member.removed")


def leave(tx: Transaction, by: Caller) -> WorkspaceMemberRead:
    """The caller as they were, without a role of their own here from now on."""
    if by.kind != "user":
        raise DomainError(Kind.FORBIDDEN, "people_only", "A key belongs to its workspace: revoke it instead.")
    return _ended(tx, by, _row(tx, by, by.id), "member.left")


def is_member(tx: Transaction, by: Caller, email: str) -> bool:
    """Whether somebody with this address is in the workspace."""
    return tx.session.scalars(_shown(by).where(User.email == email)).one_or_none() is not None


def _ended(tx: Transaction, by: Caller, row: WorkspaceMember, action: str) -> WorkspaceMemberRead:
    last = get(tx, by, row.user_id)
    for id_, _, role in withdrawn(tx, by.organization_id, last.email, by.workspace_id):
        audit.record(tx, by, "invitation.revoked", ("invitation", id_), before={"role": role})
    _tell(tx, by, action, row.user_id, (row.role, None))
    tx.session.delete(row)
    tx.session.flush()
    return last


def _tell(
    tx: Transaction, by: Caller, action: str, user_id: UUID, roles: tuple[str | None, str | None]
) -> None:
    """The audit log and the outbox, with the roles before and after; who left was removed, to the latter."""
    former, role = roles
    before, after = ({"role": each} if each else None for each in roles)
    audit.record(tx, by, action, ("user", user_id), before=before, after=after)
    event = "member.removed" if action == "member.left" else action
    outbox.emit(tx, by.workspace_id, event, {"user_id": str(user_id), "role": role or former})


def _row(tx: Transaction, by: Caller, user_id: UUID) -> WorkspaceMember:
    """Their role of their own, or not_found; who has none is here by running the organization."""
    statement = select(WorkspaceMember).where(
        WorkspaceMember.workspace_id == by.workspace_id, WorkspaceMember.user_id == user_id
    )
    row = tx.session.scalars(statement.with_for_update()).one_or_none()
    if row is None:
        get(tx, by, user_id)
        raise _implied()
    return row


def _is_implied(tx: Transaction, by: Caller, user_id: UUID) -> bool:
    return bool(
        tx.session.scalar(
            select(OrganizationMember.role.in_(RUNNING)).where(
                OrganizationMember.organization_id == by.organization_id,
                OrganizationMember.user_id == user_id,
            )
        )
    )


def _implied() -> DomainError:
    detail = "This person administers the workspace as an owner or admin of its organization."
    return DomainError(Kind.CONFLICT, "implied_member", detail)


def _shown(by: Caller, only: str | None = None) -> Select[Any]:
    """Everybody with a role of their own, and everybody who runs the organization, each once; or only those
    with one role."""
    own = select(WorkspaceMember).where(WorkspaceMember.workspace_id == by.workspace_id).subquery()
    running = (
        select(OrganizationMember)
        .where(OrganizationMember.organization_id == by.organization_id, OrganizationMember.role.in_(RUNNING))
        .subquery()
    )
    implied = running.c.user_id.is_not(None)
    role = case((implied, "admin"), else_=own.c.role)
    everybody = own.join(running, own.c.user_id == running.c.user_id, full=True)
    fields: Bundle[Any] = Bundle(
        "member",
        User.id,
        User.id.label("user_id"),
        User.name,
        User.email,
        role.label("role"),
        implied.label("implied"),
        func.coalesce(own.c.joined_at, running.c.joined_at).label("joined_at"),
        func.coalesce(own.c.version, running.c.version).label("version"),
    )
    user_id = func.coalesce(own.c.user_id, running.c.user_id)
    statement = select(fields).select_from(everybody).join(User, User.id == user_id)
    return statement if only is None else statement.where(role == only)
