"""Archives of everything that a workspace or a person has here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import Base, Bytes, Created, Identified, at_least, one_of

_OPEN = text("status IN ('pending', 'running')")
_ONE_OPEN: dict[str, Any] = {"postgresql_where": _OPEN, "postgresql_nulls_not_distinct": True}


class Export(Identified, Created, Base):
    __tablename__ = "exports"
    __table_args__ = (
        one_of("status", vocabulary.EXPORT_STATUSES),
        at_least("byte_size", 0),
        at_least("attempts", 0),
        CheckConstraint("num_nonnulls(workspace_id, user_id) = 1", name="of_one"),
        Index("idx_exports_ws", "workspace_id", "id", postgresql_where=text("workspace_id IS NOT NULL")),
        Index("idx_exports_user", "user_id", "id", postgresql_where=text("user_id IS NOT NULL")),
        Index("idx_exports_waiting", "created_at", postgresql_where=_OPEN),
        Index("idx_exports_open", "workspace_id", "user_id", unique=True, **_ONE_OPEN),
        {"comment": "An archive of everything of a workspace or a person: asked for, then written."},
    )

    workspace_id: Mapped[UUID | None] = mapped_column(ForeignKey("workspaces.id"))
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    requested_by: Mapped[UUID | None]
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    object_key: Mapped[str | None]
    byte_size: Mapped[int | None] = mapped_column(Bytes)
    error: Mapped[str | None]
    finished_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    claimed_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
