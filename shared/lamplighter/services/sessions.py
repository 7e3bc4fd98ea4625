"""Sessions: a person signed in on a device, carried on by refresh tokens of which each is good once."""

import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update

from lamplighter.domain.access import Origin, Person
from lamplighter.ids import new_id
from lamplighter.postgres.models import PersonalKey, RefreshToken, UserSession
from lamplighter.postgres.session import Transaction, lookup
from lamplighter.problems import DomainError, Kind
from lamplighter.schemas.auth import Tokens
from lamplighter.services import access_tokens, audit

IDLE = timedelta(days=30)
"""How long a session lives without a refresh."""
LONGEST = timedelta(days=180)
"""How long with them: then the person logs in again."""
_PREFIX = "lmr_"
_RANDOM_BYTES = 32
_ADDRESS_LENGTH = 45


@dataclass(frozen=True, slots=True)
class Opened:
    """A session and its newest refresh token, which is written down nowhere else."""

    user_id: UUID
    session_id: UUID
    refresh_token: str = field(repr=False)
    refresh_expires_at: datetime
    now: datetime

    def tokens(self) -> Tokens:
        """What the person gets. Signs: after the transaction."""
        return Tokens(
            session_id=self.session_id,
            access_token=access_tokens.issued(self.user_id, self.session_id, self.now),
            expires_in=int(access_tokens.LIFETIME.total_seconds()),
            refresh_token=self.refresh_token,
            refresh_expires_at=self.refresh_expires_at,
        )


@dataclass(frozen=True, slots=True)
class Renewal:
    """What an exchange came to. A refusal may have ended the session, so it is told after the commit only."""

    opened: Opened | None

    def tokens(self) -> Tokens:
        """The new tokens; raises unauthenticated."""
        if self.opened is None:
            raise _refused()
        return self.opened.tokens()


@dataclass(frozen=True, slots=True)
class Presented:
    """A refresh token that was once given out."""

    id: UUID
    user_id: UUID
    session_id: UUID


def begin(tx: Transaction, user_id: UUID, origin: Origin) -> Opened:
    """A new session of the person's. The transaction names `user_id`."""
    session = UserSession(
        id=new_id(),
        user_id=user_id,
        created_at=tx.now,
        last_used_at=tx.now,
        expires_at=tx.now + IDLE,
        user_agent=origin.agent or None,
        address=origin.address[:_ADDRESS_LENGTH] or None,
    )
    tx.session.add(session)
    tx.session.flush()
    return _with_token(tx, session)


def presented(refresh_token: str) -> Presented:
    """The refresh token, used or not; raises unauthenticated for what never was one."""
    found = lookup("find_refresh", _hash(refresh_token)) if refresh_token.startswith(_PREFIX) else None
    if found is None:
        raise _refused()
    row, _now = found
    return Presented(row["refresh_id"], row["user_id"], row["session_id"])


def renew(tx: Transaction, token: Presented, origin: Origin) -> Renewal:
    """The token exchanged for the next one.

    One that was exchanged before is known to two, the person and a thief, and nobody can tell which of
    them is calling: the session ends, for both. That holds for two exchanges at once as well: one gets its
    tokens, and the other ends them. Tabs that share a session must take turns.
    """
    session = _locked(tx, token)
    if session is None:
        return Renewal(None)
    row = tx.session.get_one(RefreshToken, token.id)
    if row.used_at is not None:
        session.revoked_at = tx.now
        audit.record(tx, person(tx, session, origin), "user.session_replayed", ("session", session.id))
        return Renewal(None)
    if row.expires_at <= tx.now:
        return Renewal(None)
    row.used_at = session.last_used_at = tx.now
    session.expires_at = min(tx.now + IDLE, session.created_at + LONGEST)
    return Renewal(_with_token(tx, session))


def end(tx: Transaction, by: Person) -> None:
    """Log out: the caller's own session ends, with the next request."""
    mine = (UserSession.user_id == by.id, UserSession.id == by.session_id)
    tx.session.execute(update(UserSession).where(*mine).values(revoked_at=tx.now))
    audit.record(tx, by, "user.logged_out", ("session", by.session_id))


def end_all(tx: Transaction, by: Person, *, but: UUID | None = None) -> None:
    """Every session of the person ends, or every other one."""
    open_ones = (UserSession.user_id == by.id, UserSession.revoked_at.is_(None), UserSession.id != but)
    ended = update(UserSession).where(*open_ones).values(revoked_at=tx.now).returning(UserSession.id)
    session_ids = sorted(tx.session.scalars(ended))
    if session_ids:
        after = {"ended_session_ids": session_ids}
        audit.record(tx, by, "user.sessions_ended", ("user", by.id), after=after)


def person(tx: Transaction, session: UserSession | Opened, origin: Origin) -> Person:
    """The session's person as who acts, where nothing but the session is known yet."""
    wrapped = select(PersonalKey.wrapped).where(PersonalKey.owner_id == session.user_id)
    return Person(
        kind="user",
        id=session.user_id,
        session_id=session.id if isinstance(session, UserSession) else session.session_id,
        origin=origin,
        personal_key=tx.session.scalars(wrapped).one_or_none(),
    )


def _locked(tx: Transaction, token: Presented) -> UserSession | None:
    """The token's session if it stands, locked: its exchanges happen one after the other."""
    standing = (
        select(UserSession)
        .where(
            UserSession.user_id == token.user_id,
            UserSession.id == token.session_id,
            UserSession.revoked_at.is_(None),
            UserSession.expires_at > tx.now,
        )
        .with_for_update()
    )
    return tx.session.scalars(standing).one_or_none()


def _with_token(tx: Transaction, session: UserSession) -> Opened:
    token = _PREFIX + secrets.token_urlsafe(_RANDOM_BYTES)
    row = RefreshToken(
        session_id=session.id,
        user_id=session.user_id,
        token_hash=_hash(token),
        created_at=tx.now,
        expires_at=session.expires_at,
    )
    tx.session.add(row)
    return Opened(session.user_id, session.id, token, session.expires_at, tx.now)


def _hash(token: str) -> str:
    """Its 256 random bits need no salt and no slow hash."""
    return hashlib.sha256(token.encode()).hexdigest()


def _refused() -> DomainError:
    detail = "This refresh token does not hold any longer: log in again."
    return DomainError(Kind.UNAUTHENTICATED, "refresh_token_invalid", detail)
