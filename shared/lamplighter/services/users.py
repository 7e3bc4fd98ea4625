"""People's own accounts: profile, address, devices."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from lamplighter.domain.access import Person
from lamplighter.postgres.models import User, UserSession
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid, not_found
from lamplighter.schemas.users import EmailChange, SessionRead, UserUpdate
from lamplighter.services import attempts, audit, erasure, mail_tokens, mails, password_changes, passwords
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import must_name, stale


@dataclass(frozen=True, slots=True)
class Moved:
    """A person under their new address, and the mail that tells the old one."""

    user: User
    mail_id: UUID


def me(tx: Transaction, by: Person) -> User:
    """The person who calls."""
    user = tx.session.get(User, by.id, populate_existing=True)
    if user is None:
        raise not_found()
    return user


def change(tx: Transaction, by: Person, body: UserUpdate, expected_version: int) -> User:
    """The profile with what was given; raises stale_version where it was changed meanwhile."""
    given = body.model_dump(exclude_unset=True)
    wanted = {name: value for name, value in given.items() if value is not None or name == "avatar_url"}
    changed = (
        update(User)
        .where(User.id == by.id, User.version == expected_version)
        .values(**wanted, version=User.version + 1, updated_at=tx.now)
    )
    if tx.session.connection().execute(changed).rowcount != 1:
        raise stale()
    # What a name or a picture was is nobody's to keep: the log says which of them changed.
    audit.record(tx, by, "user.updated", ("user", by.id), after={"fields": sorted(wanted)})
    return me(tx, by)


def delete(tx: Transaction, by: Person, confirm: str, expected_version: int) -> UUID:
    """The end of the account, whose id must be given. The mail that tells the person."""
    must_name(str(by.id), confirm)
    if me(tx, by).version != expected_version:
        raise stale()
    return erasure.delete_person(tx, by)


def check_password(by: Person, stands: password_changes.Known, body: EmailChange) -> None:
    """Whoever changes the address proves the password once more, if there is one: the new address can reset
    it. Hashes: outside of any transaction."""
    attempts.heed_person("password", by.id)
    if stands.password_hash is None:
        return
    if body.password is None or not passwords.matches(body.password, stands.password_hash):
        raise invalid("/password", "wrong_password", "This is not your password.")


def ask_for_email(tx: Transaction, by: Person, body: EmailChange) -> UUID:
    """The mail to the new address. Whether that has an account is decided as the mail is written."""
    audit.record(tx, by, "user.email_change_requested", ("user", by.id))
    return mails.request(tx, "change_email", body.email, user_id=by.id)


def move_email(tx: Transaction, by: Person, token: mail_tokens.Presented) -> Moved:
    """The address that the mailed token proves becomes the person's; links to the old one hold no longer."""
    if token.user_id != by.id:
        raise mail_tokens.invalid_token()
    email, former = mail_tokens.spend(tx, token), me(tx, by).email
    values = {"email": email, "email_verified": True, "version": User.version + 1, "updated_at": tx.now}
    try:
        tx.session.execute(update(User).where(User.id == by.id).values(**values))
    except IntegrityError as error:
        detail = "Another account has this address by now."
        raise DomainError(Kind.CONFLICT, "email_taken", detail) from error
    mail_tokens.void_all(tx, by.id)
    audit.record(tx, by, "user.email_changed", ("user", by.id))
    return Moved(me(tx, by), mails.request(tx, "email_changed", former, user_id=by.id))


def sessions(tx: Transaction, by: Person, order: Order) -> dict[str, Any]:
    """A page of the person's open sessions, newest first."""
    found = page(
        tx,
        select(UserSession).where(*_open(tx, by)),
        UserSession.id,
        order,
        bound_to=f"sessions {by.id}",
    )
    return {**found, "items": [_read(row, by) for row in found["items"]]}


def end_session(tx: Transaction, by: Person, session_id: UUID) -> None:
    """Sign out on another device, or on this one, with the next request; not_found where it is not open."""
    is_it = (*_open(tx, by), UserSession.id == session_id)
    ended = tx.session.connection().execute(update(UserSession).where(*is_it).values(revoked_at=tx.now))
    if ended.rowcount != 1:
        raise not_found()
    audit.record(tx, by, "user.session_ended", ("session", session_id))


def _open(tx: Transaction, by: Person) -> tuple[Any, ...]:
    return UserSession.user_id == by.id, UserSession.revoked_at.is_(None), UserSession.expires_at > tx.now


def _read(row: UserSession, by: Person) -> SessionRead:
    values = {name: getattr(row, name) for name in SessionRead.model_fields if name != "current"}
    return SessionRead(**values, current=row.id == by.session_id)
