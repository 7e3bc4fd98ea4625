"""Accepting an invitation: with the account of the invited address, or by making it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.access import Origin, Person
from lamplighter.domain.mails import token_hash
from lamplighter.ids import new_id
from lamplighter.postgres.models import (
    Invitation,
    OrganizationMember,
    User,
    WorkspaceMember,
)
from lamplighter.postgres.session import Transaction, lookup
from lamplighter.problems import DomainError, Fault, Kind
from lamplighter.schemas.auth import InvitationAcceptance, InvitationAccepted
from lamplighter.schemas.users import UserRead
from lamplighter.services import accounts, attempts, audit, outbox, sessions
from lamplighter.services.mail_tokens import invalid_token

_PLAIN = "member"


@dataclass(frozen=True, slots=True)
class Presented:
    """An invitation whose token was given; whether it still holds is decided as it is accepted."""

    id: UUID
    organization_id: UUID
    workspace_id: UUID | None
    user_id: UUID | None
    """The account of the invited address, if there is one."""


@dataclass(frozen=True, slots=True)
class Joining:
    """Who accepts: a person who is logged in as the invited one, or an account that is to be made."""

    invitation: Presented
    who: Person | accounts.NewAccount

    @property
    def user_id(self) -> UUID:
        return self.who.id if isinstance(self.who, Person) else self.who.user_id


@dataclass(frozen=True, slots=True)
class Joined:
    """What came of it."""

    invitation: Presented
    user: User
    organization_role: str
    workspace_role: str | None
    opened: sessions.Opened | None

    def answer(self) -> InvitationAccepted:
        """What was joined, with tokens for a new account. Signs: after the transaction."""
        return InvitationAccepted(
            organization_id=self.invitation.organization_id,
            organization_role=self.organization_role,
            workspace_id=self.invitation.workspace_id,
            workspace_role=self.workspace_role,
            user=UserRead.model_validate(self.user),
            tokens=None if self.opened is None else self.opened.tokens(),
        )


def presented(token: str) -> Presented:
    """The invitation of this token; raises token_invalid, and rate_limited where it comes again and again."""
    found = lookup("find_invitation", token_hash(token))
    if found is None:
        raise invalid_token()
    row, _now = found
    attempts.heed_token(row["id"])
    return Presented(row["id"], row["organization_id"], row["workspace_id"], row["user_id"])


def joining(invitation: Presented, body: InvitationAcceptance, person: Person | None) -> Joining:
    """Who accepts; raises login_required where the address has an account and its person does not call. May
    hash: before the transaction."""
    if invitation.user_id is not None:
        if person is None or person.id != invitation.user_id:
            raise _login_required()
        return Joining(invitation, person)
    missing = [each for each in ("name", "password") if getattr(body, each) is None]
    if body.name is None or missing:
        detail = "The invited address has no account yet: this is needed to make it."
        faults = [Fault(f"/{each}", "missing", detail) for each in missing]
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)
    return Joining(invitation, accounts.prepared(new_id(), body.name, body.timezone, body.password))


def accept(tx: Transaction, who: Joining, origin: Origin) -> Joined:
    """The membership; a role that the person has already stays. The transaction names the organization, the
    workspace and the person."""
    invitation = _spent(tx, who.invitation)
    opened = None
    if isinstance(who.who, Person):
        user, by = tx.session.get_one(User, who.user_id), who.who
        if user.email != invitation.email:
            raise invalid_token()
    else:
        made = accounts.create(tx, who.who, invitation.email)
        if made is None:
            raise _login_required()  # the account was made meanwhile
        entered = accounts.entered(tx, made, "user.signed_up", origin)
        user, opened = made, entered.opened
        by = sessions.person(tx, opened, origin)
    organization_role, workspace_role = _memberships(tx, invitation, user.id)
    audit.record(
        tx,
        by,
        "invitation.accepted",
        ("invitation", invitation.id),
        organization_id=invitation.organization_id,
        workspace_id=invitation.workspace_id,
        after={"organization_role": organization_role, "workspace_role": workspace_role},
    )
    return Joined(who.invitation, user, organization_role, workspace_role, opened)


def _spent(tx: Transaction, given: Presented) -> Invitation:
    """The invitation, accepted by this and not to be accepted again; raises token_invalid."""
    statement = (
        update(Invitation)
        .where(
            Invitation.organization_id == given.organization_id,
            Invitation.id == given.id,
            Invitation.accepted_at.is_(None),
            Invitation.revoked_at.is_(None),
            Invitation.expires_at > tx.now,
        )
        .values(accepted_at=tx.now, version=Invitation.version + 1, updated_at=tx.now)
        .returning(Invitation)
    )
    invitation = tx.session.scalars(statement).one_or_none()
    if invitation is None:
        raise invalid_token()
    return invitation


def _memberships(tx: Transaction, invitation: Invitation, user_id: UUID) -> tuple[str, str | None]:
    """The person's roles in the organization and in the workspace, if one is named. Who is invited into a
    workspace becomes a plain member of its organization; who was that already gets the role of an invitation
    into the organization itself."""
    workspace_id = invitation.workspace_id
    place = {"organization_id": invitation.organization_id, "user_id": user_id}
    if workspace_id is None:
        tx.session.execute(delete(OrganizationMember).filter_by(**place, role=_PLAIN))
        return _role(tx, OrganizationMember, place, invitation.role, invitation), None
    organization_role = _role(tx, OrganizationMember, place, _PLAIN, invitation)
    place = {"workspace_id": workspace_id, "user_id": user_id}
    return organization_role, _role(tx, WorkspaceMember, place, invitation.role, invitation)


def _role(
    tx: Transaction,
    of: type[OrganizationMember | WorkspaceMember],
    place: dict[str, UUID],
    role: str,
    invitation: Invitation,
) -> str:
    """The role there: the offered one, or the one that the person has already."""
    values = {"id": new_id(), "role": role, "invited_at": invitation.created_at, "joined_at": tx.now, **place}
    added = insert(of).values(values).on_conflict_do_nothing(index_elements=list(place)).returning(of.role)
    if tx.session.scalars(added).one_or_none() is None:
        return tx.session.scalars(select(of.role).filter_by(**place)).one()
    if of is WorkspaceMember:
        payload = {"user_id": str(place["user_id"]), "role": role}
        outbox.emit_each(tx, place["workspace_id"], "member.added", [payload], wakes=False)
    return role


def _login_required() -> DomainError:
    detail = "The invited address has an account: log in as it, and accept with its access token."
    return DomainError(Kind.UNAUTHENTICATED, "login_required", detail)
