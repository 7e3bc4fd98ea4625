"""People and the organizations they belong to."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false, func
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import Base, Created, Identified, Versioned, one_of


class User(Identified, Created, Versioned, Base):
    __tablename__ = "users"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        UniqueConstraint("email"),
        Index("idx_users_email", "email"),
        {"comment": "A person, known by a lower-case e-mail address; kept as a tombstone when deleted."},
    )

    email: Mapped[str] = mapped_column(String(255))
    email_verified: Mapped[bool] = mapped_column(server_default=false())
    # Only the login of sign-in may read it, and only where it asks by name.
    password_hash: Mapped[str | None] = mapped_column(String(255), deferred=True, deferred_raiseload=True)
    name: Mapped[str | None] = mapped_column(String(255))
    avatar_url: Mapped[str | None] = mapped_column(String(512))
    timezone: Mapped[str] = mapped_column(String(50), server_default="UTC")
    deleted_at: Mapped[datetime | None]


class Organization(Identified, Created, Versioned, Base):
    __tablename__ = "organizations"
    __table_args__ = (
        one_of("billing_status", vocabulary.BILLING_STATUSES),
        UniqueConstraint("slug"),
        Index("idx_org_owner", "owner_id"),
        {"comment": "Who pays: a plan, a state of billing and the workspaces under it."},
    )

    name: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(100))
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    plan_id: Mapped[str] = mapped_column(String(50), server_default="starter")
    billing_status: Mapped[str] = mapped_column(String(20), server_default="active")
    stripe_customer_id: Mapped[str | None] = mapped_column(String(100), unique=True)
    deleted_at: Mapped[datetime | None]


class OrganizationMember(Identified, Versioned, Base):
    __tablename__ = "organization_members"
    __table_args__ = (
        one_of("role", vocabulary.ORGANIZATION_ROLES),
        UniqueConstraint("organization_id", "user_id"),
        Index("idx_org_members_user", "user_id"),
        {"comment": "A person's role in an organization; owners and admins administer all its workspaces."},
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(String(20))
    invited_at: Mapped[datetime] = mapped_column(server_default=func.now())
    joined_at: Mapped[datetime | None]
