"""Programs that talk to us: API keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, ForeignKeyConstraint, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import (
    Base,
    Created,
    Identified,
    Versioned,
    WorkspaceOwned,
    all_of,
    one_of,
)


class ApiKey(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "api_keys"
    __table_args__ = (
        one_of("type", vocabulary.MODES),
        all_of("permissions", vocabulary.PERMISSIONS),
        UniqueConstraint("key_hash"),
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("workspace_id", "rolled_from"),
        ForeignKeyConstraint(["workspace_id", "rolled_from"], ["api_keys.workspace_id", "api_keys.id"]),
        {"comment": "A program's key, stored as an HMAC under a versioned pepper, and what it may do."},
    )

    name: Mapped[str] = mapped_column(String(255))
    key_hash: Mapped[str] = mapped_column(String(255))
    pepper_version: Mapped[int]
    key_prefix: Mapped[str] = mapped_column(String(20))
    type: Mapped[str] = mapped_column(String(10), server_default="live")
    permissions: Mapped[list[str]] = mapped_column(ARRAY(String(50)), server_default=text("'{}'"))
    connection_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    rolled_from: Mapped[UUID | None]
    """The key that this one takes over from: one successor each."""
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
