"""Plans over publications: campaigns and A/B tests."""

from datetime import date
from typing import Any

from sqlalchemy import ARRAY, CheckConstraint, Index, String, UniqueConstraint
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
