"""How people prove who they are, and for how long that holds."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import Base, Created, Identified, one_of


class UserSession(Identified, Created, Base):
    __tablename__ = "sessions"
    __table_args__ = (
        UniqueConstraint("user_id", "id"),
        Index("idx_sessions_expires", "expires_at"),
        {"comment": "A person signed in on a device; its end ends its access tokens at once."},
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    user_agent: Mapped[str | None] = mapped_column(String(255))
    address: Mapped[str | None] = mapped_column(String(45))


class RefreshToken(Identified, Created, Base):
    __tablename__ = "refresh_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["user_id", "session_id"], ["sessions.user_id", "sessions.id"], ondelete="CASCADE"
        ),
        UniqueConstraint("token_hash"),
        Index("idx_refresh_tokens_session", "user_id", "session_id"),
        Index("idx_refresh_tokens_expires", "expires_at"),
        {"comment": "One link in a session's chain of refresh tokens; a used one that comes again ends it."},
    )

    session_id: Mapped[UUID]
    user_id: Mapped[UUID]
    token_hash: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class MailToken(Identified, Created, Base):
    __tablename__ = "mail_tokens"
    __table_args__ = (
        one_of("purpose", vocabulary.MAIL_TOKEN_PURPOSES),
        CheckConstraint("email = lower(email)", name="email_lower"),
        UniqueConstraint("token_hash"),
        Index("idx_mail_tokens_user", "user_id"),
        Index("idx_mail_tokens_expires", "expires_at"),
        {"comment": "What a link in a mail proves; before sign-up its person has an id and no row yet."},
    )

    user_id: Mapped[UUID]
    email: Mapped[str] = mapped_column(String(255))
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str]
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class OidcIdentity(Identified, Created, Base):
    __tablename__ = "oidc_identities"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index("idx_oidc_identities_user", "user_id"),
        {"comment": "An account at an OIDC provider that opens a person's account here."},
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    issuer: Mapped[str]
    subject: Mapped[str]
    last_used_at: Mapped[datetime | None]


class TokenKey(Created, Base):
    __tablename__ = "token_keys"
    __table_args__ = ({"comment": "The public halves of the keys that sign access tokens."},)

    kid: Mapped[str] = mapped_column(String(20), primary_key=True)
    public_key: Mapped[bytes]


class PersonalKey(Created, Base):
    __tablename__ = "personal_keys"
    __table_args__ = (
        {"comment": "The key of a person's, or of a workspace's programs', sealed fields in the audit log."},
    )

    owner_id: Mapped[UUID] = mapped_column(primary_key=True)
    wrapped: Mapped[str]
