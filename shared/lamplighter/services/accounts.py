"""People's accounts: made once an address is proven, entered with a password."""

from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import Row, select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.access import Origin
from lamplighter.domain.passwords import faults
from lamplighter.postgres.models import PersonalKey, User
from lamplighter.postgres.session import Transaction, lookup
from lamplighter.problems import DomainError, Kind
from lamplighter.schemas.auth import EmailVerification, Login, SignedIn
from lamplighter.schemas.users import UserRead
from lamplighter.services import audit, mail_tokens, passwords, personal_keys, sessions

MAIL_FOLLOWS = "If this address can be used, a mail with a link is on its way to it."
"""What everybody is told who asks for a link: whether there is an account is nobody else's business."""


@dataclass(frozen=True, slots=True)
class NewAccount:
    """What a new account needs and takes time to make: no transaction waits for it."""

    user_id: UUID
    name: str
    timezone: str
    password: str | None = field(repr=False)
    password_hash: str | None = field(repr=False)
    personal_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entered:
    """A person who got in."""

    user: User
    opened: sessions.Opened

    def answer(self) -> SignedIn:
        """Their account and their first tokens. Signs: after the transaction."""
        tokens = self.opened.tokens().model_dump()
        return SignedIn(**tokens, user=UserRead.model_validate(self.user))


@dataclass(frozen=True, slots=True)
class Proof:
    """A person who knew the password behind `password_hash`; `renewed_hash` where yesterday's parameters
    made that."""

    user_id: UUID
    password_hash: str = field(repr=False)
    renewed_hash: str | None = field(repr=False)


def prepared(user_id: UUID, name: str, timezone: str, password: str | None) -> NewAccount:
    """The password hashed and the person's key made, for `create`. Without a password another proof must open
    the account."""
    password_hash = None if password is None else passwords.hashed(password)
    return NewAccount(user_id, name, timezone, password, password_hash, personal_keys.new(user_id))


def create(tx: Transaction, new: NewAccount, email: str) -> User | None:
    """The account of a proven address; None where the address has one by now. Raises validation_failed for a
    password that is not to be. The transaction names the new person."""
    if new.password is not None:
        check_password(new.password, email)
    statement = (
        insert(User)
        .values(
            id=new.user_id,
            email=email,
            email_verified=True,
            name=new.name,
            timezone=new.timezone,
            password_hash=new.password_hash,
            created_at=tx.now,
            updated_at=tx.now,
        )
        .on_conflict_do_nothing(constraint="users_email_key")
        .returning(User)
    )
    user = tx.session.scalars(statement).one_or_none()
    if user is not None:
        tx.session.add(PersonalKey(owner_id=user.id, wrapped=new.personal_key, created_at=tx.now))
        tx.session.flush()
    return user


def verify(tx: Transaction, token: mail_tokens.Presented, new: NewAccount, origin: Origin) -> Entered:
    """The account that the mailed link was for, and its first session. Of two links to one address the first
    makes it; the other does not hold any longer."""
    user = create(tx, new, mail_tokens.spend(tx, token))
    if user is None:
        raise mail_tokens.invalid_token()
    return entered(tx, user, "user.signed_up", origin)


def new_of(token: mail_tokens.Presented, body: EmailVerification) -> NewAccount:
    """What the link's account will be. Hashes: before the transaction."""
    return prepared(token.user_id, body.name, body.timezone, body.password)


def proven(body: Login) -> Proof:
    """Who logs in; raises wrong_credentials. Hashes: outside of any transaction.

    The same questions and the same hashing for an address that has an account and for one that has none, so
    that neither the answer nor its time tells them apart.
    """
    found = lookup("find_login", body.email)
    stored = None if found is None else found[0]["password_hash"]
    if not passwords.matches(body.password, stored) or found is None or stored is None:
        raise _wrong_credentials()
    renewed = passwords.hashed(body.password) if passwords.is_outdated(stored) else None
    return Proof(found[0]["user_id"], stored, renewed)


def log_in(tx: Transaction, proof: Proof, origin: Origin) -> Entered:
    """A new session, unless the password was changed while it was checked."""
    user = locked(tx, proof.user_id)
    if user is None or user.password_hash != proof.password_hash:
        raise _wrong_credentials()
    if proof.renewed_hash is not None:
        set_password(tx, proof.user_id, proof.renewed_hash)
    return entered(tx, user.User, "user.logged_in", origin)


def entered(tx: Transaction, user: User, action: str, origin: Origin) -> Entered:
    """A new session of the person's; `action` is what the audit log calls it."""
    opened = sessions.begin(tx, user.id, origin)
    by = sessions.person(tx, opened, origin)
    audit.record(tx, by, action, ("user", user.id), after={"session_id": opened.session_id})
    return Entered(user, opened)


def locked(tx: Transaction, user_id: UUID) -> Row[User, str | None] | None:
    """The person and their password's hash, locked against a change of it; None for one who was deleted."""
    statement = (
        select(User, User.password_hash)
        .where(User.id == user_id, User.deleted_at.is_(None))
        .with_for_update(key_share=True)
    )
    return tx.session.execute(statement).one_or_none()


def set_password(tx: Transaction, user_id: UUID, password_hash: str) -> None:
    """Write the hash down. No part of the profile, so its version stays."""
    tx.session.execute(update(User).where(User.id == user_id).values(password_hash=password_hash))


def check_password(password: str, email: str, pointer: str = "/password") -> None:
    """Refuse a new password that is not to be."""
    found = list(faults(password, email, pointer))
    if found:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", found)


def _wrong_credentials() -> DomainError:
    detail = "The e-mail or the password is wrong."
    return DomainError(Kind.UNAUTHENTICATED, "wrong_credentials", detail)
