"""Invitations into organizations and workspaces."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import NOT_READ_BACK, Base, Created, Identified, Versioned, quoted

_OPEN = text("accepted_at IS NULL AND revoked_at IS NULL")


class Invitation(Identified, Created, Versioned, Base):
    __tablename__ = "invitations"
    __table_args__ = (
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint(
            f"CASE WHEN workspace_id IS NULL THEN role IN ({quoted(vocabulary.ORGANIZATION_ROLES)})"
            f" ELSE role IN ({quoted(vocabulary.WORKSPACE_ROLES)}) END",
            name="role",
        ),
        ForeignKeyConstraint(
            ["organization_id", "workspace_id"], ["workspaces.organization_id", "workspaces.id"]
        ),
        UniqueConstraint("token_hash"),
        Index(
            "idx_invitations_open",
            "organization_id",
            "workspace_id",
            "email",
            unique=True,
            postgresql_where=_OPEN,
            postgresql_nulls_not_distinct=True,
        ),
        Index("idx_invitations_ws", "workspace_id", "id", postgresql_where=text("workspace_id IS NOT NULL")),
        Index("idx_invitations_org", "organization_id", "id"),
        Index("idx_invitations_email", "email"),
        {"comment": "A role offered to an address, in an organization or in one of its workspaces."},
    )
    __mapper_args__ = NOT_READ_BACK

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    workspace_id: Mapped[UUID | None]
    email: Mapped[str] = mapped_column(String(255))
    role: Mapped[str] = mapped_column(String(20))
    # Who invites may neither write nor read it: only the sender of the mail makes tokens. The marker keeps
    # SQLAlchemy from spelling the column in an INSERT.
    token_hash: Mapped[str | None] = mapped_column(
        deferred=True, deferred_raiseload=True, server_default=FetchedValue()
    )
    invited_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime]
    accepted_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
