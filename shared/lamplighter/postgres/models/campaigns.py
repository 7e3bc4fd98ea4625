"""Plans that make publications: campaigns, A/B tests and recurring posts."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKeyConstraint, Index, String, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
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


class Campaign(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "campaigns"
    __table_args__ = (
        one_of("status", vocabulary.CAMPAIGN_STATUSES),
        CheckConstraint("end_date >= start_date", name="dates"),
        UniqueConstraint("workspace_id", "id"),
        Index("idx_camp_ws", "workspace_id", "start_date"),
        Index("idx_camp_dates", "start_date", "end_date"),
        {"comment": "Content that belongs together, over a span of days."},
    )

    name: Mapped[str] = mapped_column(String(255))
    type: Mapped[str] = mapped_column(String(50))
    start_date: Mapped[date]
    end_date: Mapped[date | None]
    channels: Mapped[list[str] | None] = mapped_column(ARRAY(String(50)))
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    metrics: Mapped[Json | None]


class AbTest(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "ab_tests"
    __table_args__ = (
        one_of("status", vocabulary.AB_TEST_STATUSES),
        one_of("test_type", vocabulary.AB_TEST_TYPES),
        Index("idx_ab_tests_ws", "workspace_id", "id"),
        {"comment": "Variants of a post on one network, and which of them won."},
    )

    name: Mapped[str] = mapped_column(String(255))
    platform: Mapped[str] = mapped_column(String(50))
    test_type: Mapped[str] = mapped_column(String(20))
    variants: Mapped[Any] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    winner_id: Mapped[str | None] = mapped_column(String(100))


class RecurringPost(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "recurring_posts"
    __table_args__ = (
        one_of("status", vocabulary.RECURRING_STATUSES),
        one_of("schedule_type", vocabulary.SCHEDULE_TYPES),
        one_of("content_type", vocabulary.RECURRING_CONTENT_TYPES),
        json_is("schedule_config", "object"),
        at_least("run_count", 0),
        UniqueConstraint("workspace_id", "id"),
        Index("idx_recurring_next", "next_run_at", postgresql_where=text("status = 'active'")),
        {"comment": "A rule that makes a publication at each of its occurrences."},
    )

    name: Mapped[str] = mapped_column(String(255))
    schedule_type: Mapped[str] = mapped_column(String(20))
    schedule_config: Mapped[Json]
    content_type: Mapped[str] = mapped_column(String(20))
    platforms: Mapped[list[str] | None] = mapped_column(ARRAY(String(50)))
    status: Mapped[str] = mapped_column(String(20), server_default="active")
    next_run_at: Mapped[datetime]
    run_count: Mapped[int] = mapped_column(server_default=text("0"))


class RecurringPostConnection(WorkspaceOwned, Base):
    __tablename__ = "recurring_post_connections"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "recurring_post_id"],
            ["recurring_posts.workspace_id", "recurring_posts.id"],
            ondelete="CASCADE",
            name="recurring_post_connections_recurring_post_fkey",
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
