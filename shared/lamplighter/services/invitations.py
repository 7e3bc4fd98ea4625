"""Invitations: a role offered to an e-mail address, in an organization or in one of its workspaces.

Nothing here looks whether the address has an account: who invites learns who is a member, and no more.
"""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.access import Caller, Member
from lamplighter.domain.limits import too_many
from lamplighter.domain.memberships import (
    DAY,
    INVITATION_LIFETIME,
    INVITATIONS_A_DAY,
    INVITATIONS_A_DAY_TO_ONE,
    MAIL_AGAIN_AFTER,
    must_grant,
)
from lamplighter.domain.roles import Scope
from lamplighter.ids import new_id
from lamplighter.postgres.models import Invitation, OrganizationMember, User
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, not_found
from lamplighter.schemas.invitations import (
    InvitationState,
    OrganizationInvitationCreate,
    WorkspaceInvitationCreate,
)
from lamplighter.services import audit, mails, workspace_members
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import stale

type Inviter = Caller | Member
type Wanted = OrganizationInvitationCreate | WorkspaceInvitationCreate

_UNSETTLED = and_(Invitation.accepted_at.is_(None), Invitation.revoked_at.is_(None))


def create(tx: Transaction, by: Inviter, body: Wanted) -> tuple[Invitation, list[UUID]]:
    """The invitation and the mails to wake after the commit. One that stands for this address already is
    renewed instead, with this role; its mail is not repeated within minutes: the link in it still works."""
    must_grant(by, _scope(by), body.role)
    if _is_member(tx, by, body.email):
        raise DomainError(Kind.CONFLICT, "already_member", "Somebody with this address is a member already.")
    row = _standing(tx, by, body.email)
    if row is None:
        _must_be_few(tx, by, body.email)
        workspace_id = by.workspace_id if isinstance(by, Caller) else None
        inviter = by.id if by.kind == "user" else None
        place = (by.organization_id, workspace_id)
        made = offered(tx, place, body.email, body.role, invited_by=inviter)
        if made is not None:
            audit.record(tx, by, "invitation.created", ("invitation", made[0].id), after={"role": body.role})
            return made
        row = _standing(tx, by, body.email)  # another request's of this moment
    if row is None:
        raise DomainError(Kind.CONFLICT, "invitation_closed", "It was just answered: look at the members.")
    may_mail = row.updated_at + MAIL_AGAIN_AFTER <= tx.now
    return row, _renewed(tx, by, row, body.role, mail=may_mail)


def offered(
    tx: Transaction,
    place: tuple[UUID, UUID | None],
    email: str,
    role: str,
    *,
    invited_by: UUID | None = None,
) -> tuple[Invitation, list[UUID]] | None:
    """A new invitation into an organization, or into a workspace of it, with its mail; None where one stands
    for this address already."""
    organization_id, workspace_id = place
    statement = (
        insert(Invitation)
        .values(
            id=new_id(),
            organization_id=organization_id,
            workspace_id=workspace_id,
            email=email,
            role=role,
            invited_by=invited_by,
            created_at=tx.now,
            updated_at=tx.now,
            expires_at=tx.now + INVITATION_LIFETIME,
        )
        .on_conflict_do_nothing()
        .returning(Invitation.id)
    )
    id_ = tx.session.scalars(statement).one_or_none()
    if id_ is None:
        return None
    row = tx.session.scalars(select(Invitation).where(Invitation.id == id_)).one()
    return row, [mails.request(tx, "invitation", email, invitation_id=id_)]


def listed(tx: Transaction, by: Inviter, state: InvitationState, order: Order) -> dict[str, Any]:
    """A page of the invitations that are in this state, newest first."""
    statement = select(Invitation).where(_here(by), _states(tx)[state])
    bound_to = f"invitations {_scope_id(by)} {state}"
    return page(tx, statement, Invitation.id, order, bound_to=bound_to)


def get(tx: Transaction, by: Inviter, invitation_id: UUID, *, lock: bool = False) -> Invitation:
    """One invitation, or not_found."""
    statement = select(Invitation).where(_here(by), Invitation.id == invitation_id)
    row = tx.session.scalars(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise not_found()
    return row


def revoke(tx: Transaction, by: Inviter, invitation_id: UUID, expected: int) -> Invitation:
    """The invitation, which nobody can accept any more, if it still has the version that was read."""
    row = get(tx, by, invitation_id, lock=True)
    if row.version != expected:
        raise stale()
    _must_stand(row)
    must_grant(by, _scope(by), row.role)
    row.revoked_at = row.updated_at = tx.now
    row.version += 1
    audit.record(tx, by, "invitation.revoked", ("invitation", row.id), before={"role": row.role})
    tx.session.flush()
    return row


def resend(tx: Transaction, by: Inviter, invitation_id: UUID) -> tuple[Invitation, list[UUID]]:
    """The invitation, good for another seven days, and the mails to wake after the commit."""
    row = get(tx, by, invitation_id, lock=True)
    _must_stand(row)
    wait = row.updated_at + MAIL_AGAIN_AFTER - tx.now
    if wait.total_seconds() > 0:
        raise too_many(int(wait.total_seconds()) + 1)
    return row, _renewed(tx, by, row, row.role, mail=True)


def _renewed(tx: Transaction, by: Inviter, row: Invitation, role: str, *, mail: bool) -> list[UUID]:
    must_grant(by, _scope(by), row.role, role)
    before, after = {"role": row.role}, {"role": role}
    row.role, row.expires_at = role, tx.now + INVITATION_LIFETIME
    row.version += 1
    if mail:
        row.updated_at = tx.now
    audit.record(tx, by, "invitation.resent", ("invitation", row.id), before=before, after=after)
    tx.session.flush()
    return [mails.request(tx, "invitation", row.email, invitation_id=row.id)] if mail else []


def _standing(tx: Transaction, by: Inviter, email: str) -> Invitation | None:
    """What was neither accepted nor revoked, be it expired: of such there is one at most."""
    statement = select(Invitation).where(_here(by), Invitation.email == email, _UNSETTLED)
    return tx.session.scalars(statement.with_for_update()).one_or_none()


def _must_stand(row: Invitation) -> None:
    if row.accepted_at is not None or row.revoked_at is not None:
        detail = "It was accepted or revoked already."
        raise DomainError(Kind.CONFLICT, "invitation_closed", detail)


def _must_be_few(tx: Transaction, by: Inviter, email: str) -> None:
    """An organization's invitations of a day, in all and to one address, revoked ones included."""
    recent = select(func.count()).where(
        Invitation.organization_id == by.organization_id, Invitation.created_at > tx.now - DAY
    )
    to_one = recent.where(Invitation.email == email)
    if (tx.session.scalar(recent) or 0) >= INVITATIONS_A_DAY or (
        tx.session.scalar(to_one) or 0
    ) >= INVITATIONS_A_DAY_TO_ONE:
        raise too_many(int(DAY.total_seconds()))


def _is_member(tx: Transaction, by: Inviter, email: str) -> bool:
    if isinstance(by, Caller):
        return workspace_members.is_member(tx, by, email)
    known = select(OrganizationMember.id).join(User, User.id == OrganizationMember.user_id)
    mine = known.where(OrganizationMember.organization_id == by.organization_id, User.email == email)
    return tx.session.scalars(mine).one_or_none() is not None


def _here(by: Inviter) -> ColumnElement[bool]:
    """The inviter's own: an organization's list holds nothing of its workspaces'."""
    workspace_id = by.workspace_id if isinstance(by, Caller) else None
    own = (
        Invitation.organization_id == by.organization_id,
        Invitation.workspace_id.is_not_distinct_from(workspace_id),
    )
    return and_(*own)


def _states(tx: Transaction) -> Mapping[InvitationState, ColumnElement[bool]]:
    return {
        "open": and_(_UNSETTLED, Invitation.expires_at > tx.now),
        "accepted": Invitation.accepted_at.is_not(None),
        "revoked": Invitation.revoked_at.is_not(None),
        "expired": and_(_UNSETTLED, Invitation.expires_at <= tx.now),
    }


def _scope(by: Inviter) -> Scope:
    return "workspace" if isinstance(by, Caller) else "organization"


def _scope_id(by: Inviter) -> UUID:
    return by.workspace_id if isinstance(by, Caller) else by.organization_id
