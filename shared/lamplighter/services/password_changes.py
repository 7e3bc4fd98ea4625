"""New passwords: changed by who knows the old one, reset by who reads the mail."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select, update

from lamplighter.domain.access import Origin, Person
from lamplighter.postgres.models import User
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid
from lamplighter.schemas.auth import PasswordChange, SignedIn
from lamplighter.services import accounts, attempts, audit, mail_tokens, mails, passwords, sessions


@dataclass(frozen=True, slots=True)
class Known:
    """A person's address and the hash of their password as it stands."""

    email: str
    password_hash: str | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reset:
    """A person who is in again, and the mail that tells them so."""

    entered: accounts.Entered
    mail_id: UUID

    def answer(self) -> SignedIn:
        """As after a login. Signs: after the transaction."""
        return self.entered.answer()


def known(tx: Transaction, by: Person) -> Known:
    """What the current password is checked against."""
    row = tx.session.execute(select(User.email, User.password_hash).where(User.id == by.id)).one()
    return Known(row.email, row.password_hash)


def new_hash(by: Person, stands: Known, body: PasswordChange) -> str:
    """The new password's hash; raises wrong_password, no_password, rate_limited, and validation_failed for
    one that is not to be. Hashes: between the transactions."""
    attempts.heed_person("password", by.id)
    if stands.password_hash is None:
        detail = "This account has no password yet: ask for a reset to set one."
        raise DomainError(Kind.CONFLICT, "no_password", detail)
    if not passwords.matches(body.current_password, stands.password_hash):
        raise invalid("/current_password", "wrong_password", "This is not your password.")
    accounts.check_password(body.new_password, stands.email, "/new_password")
    return passwords.hashed(body.new_password)


def change(tx: Transaction, by: Person, stands: Known, password_hash: str) -> UUID:
    """The new password holds, and every other session ends. The mail that tells the person."""
    user = accounts.locked(tx, by.id)
    if user is None or user.password_hash != stands.password_hash:
        raise invalid("/current_password", "wrong_password", "Your password was changed meanwhile.")
    _replace(tx, by, password_hash)
    sessions.end_all(tx, by, but=by.session_id)
    return mails.request(tx, "password_changed", user.User.email, user_id=by.id)


def reset(
    tx: Transaction, token: mail_tokens.Presented, password: str, password_hash: str, origin: Origin
) -> Reset:
    """The new password holds, every session ends, and a new one begins: who reads the mail gets in even while
    somebody else uses up the attempts to log in."""
    email = mail_tokens.spend(tx, token)
    user = accounts.locked(tx, token.user_id)
    if user is None or user.User.email != email:
        raise mail_tokens.invalid_token()
    accounts.check_password(password, email)
    tx.session.execute(update(User).where(User.id == token.user_id).values(email_verified=True))
    entered = accounts.entered(tx, user.User, "user.logged_in", origin)
    by = sessions.person(tx, entered.opened, origin)
    _replace(tx, by, password_hash)
    sessions.end_all(tx, by, but=by.session_id)
    return Reset(entered, mails.request(tx, "password_changed", email, user_id=by.id))


def _replace(tx: Transaction, by: Person, password_hash: str) -> None:
    accounts.set_password(tx, by.id, password_hash)
    mail_tokens.void_all(tx, by.id)
    audit.record(tx, by, "user.password_changed", ("user", by.id))
