"""Mails as they are written: whether there is still something to say, the words, and the token in them."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, delete, insert, select, update

from lamplighter.domain.mails import (
    GIVE_UP,
    LIFETIMES,
    LetterKind,
    Written,
    link_to,
    place,
    token_hash,
    written,
)
from lamplighter.ids import new_id
from lamplighter.postgres.models import Invitation, Mail, MailToken, Organization, User, Webhook, Workspace
from lamplighter.postgres.session import Transaction
from lamplighter.settings import settings

_TOKEN_BYTES = 32


class Needless(Exception):  # noqa: N818  # reads as what was found
    """Nothing is to be sent; the message is a code that says why."""


def write(tx: Transaction, mail: Mail, alike: Sequence[Mail]) -> Written:
    """The words of a mail, its token stored; raises Needless. `alike` are the mails of its kind that wait to
    go to the same address."""
    if mail.created_at <= tx.now - GIVE_UP:
        raise Needless(mail.error or "too_late")
    if mail.kind in LIFETIMES and any(_replaces(other, mail) for other in alike):
        raise Needless("superseded")
    return _WRITERS[mail.kind](tx, mail)


def _replaces(other: Mail, mail: Mail) -> bool:
    """Whether the other was asked for later and about the same: a link that dies at once helps nobody."""
    same = (other.user_id, other.invitation_id) == (mail.user_id, mail.invitation_id)
    return same and (other.created_at, other.id) > (mail.created_at, mail.id)


def _sign_up(tx: Transaction, mail: Mail) -> Written:
    if _account(tx, mail.email) is not None:
        return written("sign_up_known", at=mail.created_at)
    return _with_token(tx, mail, new_id(), "sign_up", MailToken.email == mail.email)


def _reset_password(tx: Transaction, mail: Mail) -> Written:
    user_id = _account(tx, mail.email)
    if user_id is None:
        raise Needless("no_account")
    return _with_token(tx, mail, user_id, "reset_password", MailToken.user_id == user_id)


def _change_email(tx: Transaction, mail: Mail) -> Written:
    living = select(User.id).where(User.id == mail.user_id, User.deleted_at.is_(None))
    user_id = tx.session.scalar(living)
    if user_id is None:
        raise Needless("no_account")
    if _account(tx, mail.email) is not None:
        return written("change_email_taken", at=mail.created_at)
    return _with_token(tx, mail, user_id, "change_email", MailToken.user_id == user_id)


def _invitation(tx: Transaction, mail: Mail) -> Written:
    """The invitation is asked and given its token in one statement: nobody accepts or revokes in between."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    stands = (
        Invitation.id == mail.invitation_id,
        Invitation.email == mail.email,
        Invitation.accepted_at.is_(None),
        Invitation.revoked_at.is_(None),
        Invitation.expires_at > tx.now,
    )
    given = update(Invitation).where(*stands).values(token_hash=token_hash(token))
    columns = (Invitation.organization_id, Invitation.workspace_id, Invitation.expires_at)
    found = tx.session.execute(given.returning(*columns)).one_or_none()
    if found is None:
        raise Needless("no_invitation")
    organization = tx.session.scalars(select(Organization.name).filter_by(id=found.organization_id)).one()
    workspace = tx.session.scalar(select(Workspace.name).filter_by(id=found.workspace_id))
    leads_to = place(organization, workspace)
    return _linked("invitation", mail, token, found.expires_at, leads_to)


def _about_webhook(kind: LetterKind) -> Callable[[Transaction, Mail], Written]:
    def write(tx: Transaction, mail: Mail) -> Written:
        named = (
            select(Organization.name, Workspace.name)
            .join(Workspace, Workspace.organization_id == Organization.id)
            .join(Webhook, Webhook.workspace_id == Workspace.id)
            .where(Webhook.id == mail.webhook_id, Webhook.deleted_at.is_(None))
        )
        found = tx.session.execute(named).one_or_none()
        if found is None:
            raise Needless("no_webhook")
        return written(kind, place=place(*found), at=mail.created_at)

    return write


def _notice(kind: LetterKind) -> Callable[[Transaction, Mail], Written]:
    return lambda _tx, mail: written(kind, at=mail.created_at)


_WRITERS: Mapping[str, Callable[[Transaction, Mail], Written]] = {
    "sign_up": _sign_up,
    "reset_password": _reset_password,
    "change_email": _change_email,
    "invitation": _invitation,
    "password_changed": _notice("password_changed"),
    "email_changed": _notice("email_changed"),
    "account_deleted": _notice("account_deleted"),
    "webhook_failing": _about_webhook("webhook_failing"),
    "webhook_disabled": _about_webhook("webhook_disabled"),
}


def _account(tx: Transaction, email: str) -> UUID | None:
    """The account that has the address."""
    return tx.session.scalar(select(User.id).where(User.email == email, User.deleted_at.is_(None)))


def _with_token(
    tx: Transaction, mail: Mail, user_id: UUID, kind: LetterKind, former: ColumnElement[bool]
) -> Written:
    """The words around a new token, which replaces the `former` ones of its kind."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    until = tx.now + LIFETIMES[kind]
    tx.session.execute(delete(MailToken).where(MailToken.purpose == kind, former))
    values = {"id": new_id(), "user_id": user_id, "email": mail.email, "purpose": kind, "created_at": tx.now}
    row = {**values, "token_hash": token_hash(token), "expires_at": until}
    tx.session.execute(insert(MailToken).values(row))
    return _linked(kind, mail, token, until)


def _linked(kind: LetterKind, mail: Mail, token: str, until: datetime, leads_to: str = "") -> Written:
    link = link_to(settings().mail_link_base, kind, token)
    return written(kind, link=link, place=leads_to, until=until, at=mail.created_at)
