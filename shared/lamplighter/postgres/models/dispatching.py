"""What the engine works by: the work that is still to be done, and how the accounts' networks behave."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.postgres.base import Base, at_least


class ConnectionGate(Base):
    __tablename__ = "connection_gates"
    __table_args__ = (
        at_least("failures", 0),
        ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["platform_connections.workspace_id", "platform_connections.id"],
            ondelete="CASCADE",
        ),
        {
            "postgresql_with": {"fillfactor": 70},
            "comment": "How an account's network behaves just now: its breaker, and whether it is slow.",
        },
    )

    connection_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    closed_until: Mapped[datetime | None]
    probing_until: Mapped[datetime | None]
    slow_until: Mapped[datetime | None]
    booked_until: Mapped[datetime | None]
    """Up to when posts that wait for the account have a moment each."""
    error_code: Mapped[str | None] = mapped_column(String(100))


class Dispatch(Base):
    __tablename__ = "dispatches"
    __table_args__ = (
        CheckConstraint("priority BETWEEN 0 AND 2", name="priority"),
        CheckConstraint("lane BETWEEN 0 AND 1", name="lane"),
        at_least("fence", 0),
        ForeignKeyConstraint(
            ["workspace_id", "publication_platform_id"],
            ["publication_platforms.workspace_id", "publication_platforms.id"],
            ondelete="CASCADE",
        ),
        # What a claim changes is in no index: a claim is a HOT update into the page's free third.
        Index("idx_dispatches_claim", "priority", "due_at"),
        Index("idx_dispatches_ws", "workspace_id", "publication_platform_id"),
        {
            "postgresql_with": {"fillfactor": 70},
            "comment": "What is still to be done: narrow rows that ticks claim and that their end deletes.",
        },
    )

    publication_platform_id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"))
    due_at: Mapped[datetime]
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("1"))
    lane: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    wakes: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    fence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    lease_until: Mapped[datetime | None]
