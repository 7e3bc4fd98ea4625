"""Recurring posts: the rule, the contents and accounts it posts, and the ledger of its occurrences."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
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

_RULE = (["workspace_id", "recurring_post_id"], ["recurring_posts.workspace_id", "recurring_posts.id"])
_CONTENT = (["workspace_id", "content_id"], ["content.workspace_id", "content.id"])


class RecurringPost(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "recurring_posts"
    __table_args__ = (
        one_of("status", vocabulary.RECURRING_STATUSES),
        one_of("schedule_type", vocabulary.SCHEDULE_TYPES),
        one_of("content_type", vocabulary.RECURRING_CONTENT_TYPES),
        one_of("misfire_policy", vocabulary.MISFIRE_POLICIES),
        one_of("priority", vocabulary.PRIORITIES),
        one_of("mode", vocabulary.MODES),
        json_is("schedule_config", "object"),
        at_least("run_count", 0),
        at_least("cursor_index", 0),
        at_least("minimum_gap_days", 0),
        at_least("misfire_grace_minutes", 1),
        CheckConstraint("cursor_fold IN (0, 1)", name="cursor_fold"),
        CheckConstraint("(cursor_local IS NULL) = (cursor_fold IS NULL)", name="cursor"),
        UniqueConstraint("workspace_id", "id"),
        Index("idx_recurring_next", "next_run_at", postgresql_where=text("status = 'active'")),
        Index("idx_recurring_visit", "visit_at", "id", postgresql_where=text("status = 'active'")),
        Index("idx_recurring_ws", "workspace_id", "id"),
        Index("idx_recurring_timezone", "timezone", "id", postgresql_where=text("status = 'active'")),
        {"comment": "A rule that makes a publication at each of its occurrences."},
    )

    name: Mapped[str] = mapped_column(String(255))
    schedule_type: Mapped[str] = mapped_column(String(20))
    schedule_config: Mapped[Json]
    timezone: Mapped[str] = mapped_column(String(50), server_default="UTC")
    """The IANA zone of its schedule, as schedule_config has it: what a change of zone data looks for."""
    content_type: Mapped[str] = mapped_column(String(20))
    platforms: Mapped[list[str] | None] = mapped_column(ARRAY(String(50)))
    minimum_gap_days: Mapped[int] = mapped_column(server_default=text("0"))
    """Rotation: for so long a content is not chosen again."""
    misfire_policy: Mapped[str] = mapped_column(String(20), server_default="run_once")
    misfire_grace_minutes: Mapped[int] = mapped_column(server_default=text("60"))
    needs_approval: Mapped[bool | None]
    priority: Mapped[str] = mapped_column(String(20), server_default="normal")
    mode: Mapped[str] = mapped_column(String(10), server_default="live")
    status: Mapped[str] = mapped_column(String(20), server_default="active")
    next_run_at: Mapped[datetime]
    run_count: Mapped[int] = mapped_column(server_default=text("0"))
    cursor_local: Mapped[datetime | None] = mapped_column(DateTime(timezone=False))
    """Up to this local time, and fold, the ledger has all of its occurrences."""
    cursor_fold: Mapped[int | None] = mapped_column(SmallInteger)
    cursor_index: Mapped[int] = mapped_column(server_default=text("0"))
    """How many the rule has come to by then: what COUNT is compared with."""
    visit_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    """When there is something to do for it again: an occurrence passes, or one comes into the horizon."""
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    updated_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class RecurringPostConnection(WorkspaceOwned, Base):
    __tablename__ = "recurring_post_connections"
    __table_args__ = (
        ForeignKeyConstraint(
            *_RULE, ondelete="CASCADE", name="recurring_post_connections_recurring_post_fkey"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["platform_connections.workspace_id", "platform_connections.id"],
            ondelete="CASCADE",
            name="recurring_post_connections_connection_fkey",
        ),
        Index("idx_recurring_connections", "connection_id", "workspace_id"),
        {"comment": "The accounts a recurring post goes to."},
    )

    recurring_post_id: Mapped[UUID] = mapped_column(primary_key=True)
    connection_id: Mapped[UUID] = mapped_column(primary_key=True)


class RecurringPostContent(WorkspaceOwned, Base):
    __tablename__ = "recurring_post_contents"
    __table_args__ = (
        ForeignKeyConstraint(*_RULE, ondelete="CASCADE", name="recurring_post_contents_recurring_post_fkey"),
        ForeignKeyConstraint(*_CONTENT, name="recurring_post_contents_content_fkey"),
        at_least("position", 0),
        at_least("uses", 0),
        Index("idx_recurring_contents", "content_id", "workspace_id"),
        {"comment": "What a recurring post posts: one content, or a pool in turns."},
    )

    recurring_post_id: Mapped[UUID] = mapped_column(primary_key=True)
    content_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int]
    variation_of: Mapped[UUID | None]
    """The content that it says in other words, so that a network does not refuse the same text again."""
    last_used_at: Mapped[datetime | None]
    """When the latest publication made of it for this rule goes, or went, out."""
    uses: Mapped[int] = mapped_column(server_default=text("0"))


class RecurringOccurrence(WorkspaceOwned, Created, Base):
    __tablename__ = "recurring_occurrences"
    __table_args__ = (
        ForeignKeyConstraint(*_RULE, ondelete="CASCADE", name="recurring_occurrences_recurring_post_fkey"),
        ForeignKeyConstraint(
            ["workspace_id", "publication_id"],
            ["publications.workspace_id", "publications.id"],
            ondelete="SET NULL (publication_id)",
            name="recurring_occurrences_publication_fkey",
        ),
        ForeignKeyConstraint(
            *_CONTENT, ondelete="SET NULL (content_id)", name="recurring_occurrences_content_fkey"
        ),
        one_of("status", vocabulary.OCCURRENCE_STATUSES),
        CheckConstraint("fold IN (0, 1)", name="fold"),
        CheckConstraint("status <> 'made' OR made_at IS NOT NULL", name="made"),
        Index("idx_occurrences_planned", "due_at", postgresql_where=text("status = 'planned'")),
        # What has passed leaves it: a rule's visit costs the same after ten years.
        Index(
            "idx_occurrences_passing",
            *("recurring_post_id", "due_at"),
            postgresql_where=text("status IN ('planned', 'made') AND NOT counted"),
        ),
        Index("idx_occurrences_ws", "workspace_id", "due_at"),
        Index(
            "idx_occurrences_publication",
            "publication_id",
            "workspace_id",
            postgresql_where=text("publication_id IS NOT NULL"),
        ),
        {"comment": "One time at which a recurring post goes out, known by its original local time."},
    )

    recurring_post_id: Mapped[UUID] = mapped_column(primary_key=True)
    local_time: Mapped[datetime] = mapped_column(DateTime(timezone=False), primary_key=True)
    """What the rule says, without a zone: with `fold` the key, which no move and no new zone data changes."""
    fold: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    due_at: Mapped[datetime]
    """When it goes out, by the zone data of today or where somebody moved it."""
    moved: Mapped[bool] = mapped_column(server_default=text("false"))
    """Somebody gave it a time of its own: new zone data leaves that alone."""
    content_id: Mapped[UUID | None]
    """What goes out this once instead of what the rule would choose."""
    status: Mapped[str] = mapped_column(String(20), server_default="planned")
    code: Mapped[str | None] = mapped_column(String(100))
    """Why it was not made: skipped by somebody, misfired, or what stood in the way."""
    publication_id: Mapped[UUID | None]
    made_at: Mapped[datetime | None]
    counted: Mapped[bool] = mapped_column(server_default=text("false"))
    """Its time has come and run_count knows of it."""
