"""Deleting a workspace, an organization or a person: what ends at once. Jobs remove what is left of it.

The keys that seal secrets and traces in the audit log are destroyed here, so that these open no more. Rows
and files follow (services/wiping.py, services/pruning.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import delete, func, select, text, update

from lamplighter.domain.access import Caller, Member, Person
from lamplighter.observability import logger
from lamplighter.postgres.models import (
    ApiKey,
    Dispatch,
    Export,
    IdempotencyKey,
    Invitation,
    MailToken,
    OidcIdentity,
    OrganizationMember,
    PersonalKey,
    RecurringPost,
    User,
    UserSession,
    Workspace,
    WorkspaceMember,
)
from lamplighter.postgres.queries.organizations import each_workspace, locked
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, not_found
from lamplighter.services import audit, exports, mails, outbox, sealing
from lamplighter.services.rows import stale

_FRESH = {"populate_existing": True}
_ENTER = text("SELECT set_config('app.organization_id', :organization_id, true)")
_ENTER_WORKSPACE = text("SELECT set_config('app.workspace_id', :workspace_id, true)")


def delete_workspace(tx: Transaction, by: Caller, expected: int) -> None:
    """End the caller's workspace, if it has the version that was read: from the next request on nobody finds
    it, nothing of it goes out, and its secrets open no more.

    A post that is being sent in this moment may still appear on its network; its outcome is not recorded.
    """
    row = _held_workspace(tx, by.workspace_id)
    if row is None:
        raise not_found()
    if row.version != expected:
        raise stale()
    audit.record(tx, by, "workspace.deleted", ("workspace", row.id))
    _end_workspace(tx, row)


def delete_organization(tx: Transaction, by: Member, expected: int) -> None:
    """End the member's organization with all its workspaces, if it has the version that was read."""
    organization = locked(tx, by.organization_id)
    if organization is None:
        raise not_found()
    if organization.version != expected:
        raise stale()
    for workspace_id in each_workspace(tx, organization.id):
        row = _held_workspace(tx, workspace_id)
        if row is not None:
            audit.record(tx, by, "workspace.deleted", ("workspace", row.id), workspace_id=row.id)
            _end_workspace(tx, row)
    audit.record(tx, by, "organization.deleted", ("organization", organization.id))
    for model in (Invitation, OrganizationMember):
        tx.session.execute(delete(model).where(model.organization_id == organization.id))
    organization.deleted_at = organization.updated_at = tx.now
    organization.version += 1
    organization.name, organization.slug = "Deleted organization", f"deleted-{organization.id}"
    organization.owner_id = None
    tx.session.flush()
    _note("organization", organization.id)


def delete_person(tx: Transaction, by: Person) -> UUID:
    """End the person's account; answers with the mail that tells them, to be woken after the commit. Raises
    only_owner where organizations would be left without one.

    What stays is a row with their id, which other rows name, and audit rows whose sealed fields open no more.
    """
    living = select(User).where(User.id == by.id, User.deleted_at.is_(None)).with_for_update(key_share=True)
    user = tx.session.scalars(living, execution_options=_FRESH).one_or_none()
    if user is None:
        raise not_found()
    _must_not_be_needed(tx)
    tx.session.execute(select(func.hand_over_ownerships()))
    for organization_id in tx.session.scalars(select(func.my_organizations().table_valued("id").c.id)).all():
        with _inside(tx, organization_id):
            target = ("user", by.id)
            audit.record(tx, by, "member.left", target, organization_id=organization_id)
    audit.record(tx, by, "user.deleted", ("user", by.id))
    _forget(tx, user)
    return _bury(tx, user)


def _held_workspace(tx: Transaction, workspace_id: UUID) -> Workspace | None:
    """The living workspace, locked against whoever else ends or changes it. Whoever writes into it neither
    waits nor is waited for: what they commit a moment later finds no key, and is erased with the rest."""
    statement = select(Workspace).where(Workspace.id == workspace_id, Workspace.deleted_at.is_(None))
    return tx.session.scalars(
        statement.with_for_update(key_share=True), execution_options=_FRESH
    ).one_or_none()


def _end_workspace(tx: Transaction, row: Workspace) -> None:
    row.deleted_at = row.updated_at = tx.now
    row.version += 1
    tx.session.flush()
    ours = (ApiKey.workspace_id == row.id, ApiKey.revoked_at.is_(None))
    tx.session.execute(update(ApiKey).where(*ours).values(revoked_at=tx.now))
    open_ = (
        Invitation.workspace_id == row.id,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
    )
    tx.session.execute(update(Invitation).where(*open_).values(revoked_at=tx.now))
    followed = (RecurringPost.workspace_id == row.id, RecurringPost.status == "active")
    tx.session.execute(update(RecurringPost).where(*followed).values(status="paused"))
    tx.session.execute(delete(Dispatch).where(Dispatch.workspace_id == row.id))
    exports.end_all(tx, Export.workspace_id == row.id, "The workspace was deleted.")
    sealing.destroy_keys(tx, row.id)
    tx.session.execute(delete(PersonalKey).where(PersonalKey.owner_id == row.id))
    _note("workspace", row.id)


def _must_not_be_needed(tx: Transaction) -> None:
    """Asked under the lock under which owners come and go."""
    alone = select(func.sole_ownerships().table_valued("organization_id").c.organization_id)
    faults = [
        Fault("", "only_owner", f"You are the only owner of the organization {organization_id}.")
        for organization_id in tx.session.scalars(alone)
    ]
    if faults:
        detail = "Make somebody else an owner of these organizations, or delete them, first."
        raise DomainError(Kind.CONFLICT, "only_owner", detail, faults)


def _forget(tx: Transaction, user: User) -> None:
    """All that names the person elsewhere, while it can still be found by who they are."""
    _tell_workspaces(tx, user)
    tx.session.execute(select(func.forget_in_archives()))
    tx.session.execute(select(func.forget_email(user.email)))
    exports.end_all(tx, Export.user_id == user.id, "The account was deleted.")
    for model in (OrganizationMember, WorkspaceMember, UserSession, OidcIdentity, MailToken):
        tx.session.execute(delete(model).where(model.user_id == user.id))
    tx.session.execute(delete(IdempotencyKey).where(IdempotencyKey.scope_id == user.id))
    tx.session.execute(delete(PersonalKey).where(PersonalKey.owner_id == user.id))


def _tell_workspaces(tx: Transaction, user: User) -> None:
    """That they are no member any more, in each workspace of theirs."""
    memberships = select(WorkspaceMember.workspace_id, WorkspaceMember.role)
    theirs = memberships.where(WorkspaceMember.user_id == user.id, WorkspaceMember.joined_at.is_not(None))
    for workspace_id, role in tx.session.execute(theirs.order_by(WorkspaceMember.workspace_id)).all():
        tx.session.execute(_ENTER_WORKSPACE, {"workspace_id": str(workspace_id)})
        payload = {"user_id": str(user.id), "role": role}
        outbox.emit_each(tx, workspace_id, "member.removed", [payload], wakes=False)
    tx.session.execute(_ENTER_WORKSPACE, {"workspace_id": ""})


def _bury(tx: Transaction, user: User) -> UUID:
    """The tombstone, and a last mail."""
    mail_id = mails.request(tx, "account_deleted", user.email, user_id=user.id)
    nothing = {"name": None, "avatar_url": None, "password_hash": None, "email_verified": False}
    values = {**nothing, "email": f"{user.id}@deleted.invalid", "timezone": "UTC", "deleted_at": tx.now}
    changed = {"version": User.version + 1, "updated_at": tx.now}
    tx.session.execute(update(User).where(User.id == user.id).values(**values, **changed))
    _note("user", user.id)
    return mail_id


def _note(what: str, id_: UUID) -> None:
    """Outside of the database: after a backup was restored, this says what is to be deleted again."""
    logger().info("deleted", extra={"what": what, "id": str(id_)})


@contextmanager
def _inside(tx: Transaction, organization_id: UUID) -> Iterator[None]:
    """A person's transaction, in an organization of theirs for as long as the block lasts."""
    tx.session.execute(_ENTER, {"organization_id": str(organization_id)})
    yield
    tx.session.flush()
    tx.session.execute(_ENTER, {"organization_id": ""})
