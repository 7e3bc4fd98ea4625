"""Workspaces, the people in them, and the keys that seal their secrets."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, false, func, text, true
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import (
    Base,
    Created,
    Identified,
    Json,
    Versioned,
    WorkspaceOwned,
    at_least,
    json_is,
    one_of,
)


class Workspace(Identified, Created, Versioned, Base):
    __tablename__ = "workspaces"
    __table_args__ = (
        json_is("settings", "object"),
        at_least("duplicate_window_hours", 0),
        UniqueConstraint("organization_id", "slug"),
        UniqueConstraint("organization_id", "id"),
        Index("idx_ws_org", "organization_id"),
        {"comment": "The tenant: everything else belongs to one, and row level security keeps them apart."},
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"))
    name: Mapped[str] = mapped_column(String(255))
    slug: Mapped[str] = mapped_column(String(100))
    industry: Mapped[str | None] = mapped_column(String(50))
    settings: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    approval_required: Mapped[bool] = mapped_column(server_default=false())
    author_may_approve: Mapped[bool] = mapped_column(server_default=true())
    duplicate_window_hours: Mapped[int] = mapped_column(server_default=text("24"))
    deleted_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class WorkspaceMember(Identified, WorkspaceOwned, Versioned, Base):
    __tablename__ = "workspace_members"
    __table_args__ = (
        one_of("role", vocabulary.WORKSPACE_ROLES),
        UniqueConstraint("workspace_id", "user_id"),
        Index("idx_ws_members_user", "user_id"),
        {"comment": "A person's role in a workspace."},
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str] = mapped_column(String(20))
    invited_at: Mapped[datetime] = mapped_column(server_default=func.now())
    joined_at: Mapped[datetime | None]


class WorkspaceKey(Created, Base):
    __tablename__ = "workspace_keys"
    __table_args__ = (
        {"comment": "A workspace's data keys, each wrapped by KMS; deleting them destroys what they sealed."},
    )

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    retired_at: Mapped[datetime | None]
