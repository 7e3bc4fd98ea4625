"""The calendar: the feeds that other programs read it by, and what was imported into it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import Base, Created, Identified, WorkspaceOwned, one_of


class CalendarFeed(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "calendar_feeds"
    __table_args__ = (
        one_of("mode", vocabulary.MODES),
        UniqueConstraint("token_hash"),
        Index("idx_calendar_feeds_ws", "workspace_id", "id"),
        {"comment": "An address at which calendar programs read what goes out."},
    )

    name: Mapped[str] = mapped_column(String(255))
    token_hash: Mapped[str] = mapped_column(String(64))
    mode: Mapped[str] = mapped_column(String(10), server_default="live")
    connection_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    """Only what goes to one of these accounts; null: everything."""
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None]


class ImportedEvent(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "imported_events"
    __table_args__ = (
        one_of("mode", vocabulary.MODES),
        ForeignKeyConstraint(
            ["workspace_id", "publication_id"],
            ["publications.workspace_id", "publications.id"],
            ondelete="SET NULL (publication_id)",
            name="imported_events_publication_fkey",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "recurring_post_id"],
            ["recurring_posts.workspace_id", "recurring_posts.id"],
            ondelete="SET NULL (recurring_post_id)",
            name="imported_events_recurring_post_fkey",
        ),
        UniqueConstraint("workspace_id", "mode", "uid", name="imported_events_uid_key"),
        Index("idx_imported_events_publication", "publication_id", "workspace_id"),
        Index("idx_imported_events_recurring_post", "recurring_post_id", "workspace_id"),
        {"comment": "An event of somebody's calendar file, and what was made of it: it is taken once."},
    )

    mode: Mapped[str] = mapped_column(String(10), server_default="live")
    uid: Mapped[str] = mapped_column(String(255))
    """The event's own UID, or a digest of a longer one; a moved instance's time stands behind it."""
    publication_id: Mapped[UUID | None]
    recurring_post_id: Mapped[UUID | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
