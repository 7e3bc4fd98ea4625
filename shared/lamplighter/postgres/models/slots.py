"""Queue slots: at which local times of the week an account, or the whole workspace, posts."""

from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.postgres.base import (
    Base,
    Created,
    Identified,
    Json,
    JsonList,
    Versioned,
    WorkspaceOwned,
    at_least,
    json_is,
)


class SlotPlan(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "slot_plans"
    __table_args__ = (
        json_is("weekly", "object"),
        json_is("quiet_hours", "array"),
        CheckConstraint("min_gap_minutes BETWEEN 0 AND 1440", name="min_gap_minutes"),
        at_least("daily_cap", 1),
        ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["platform_connections.workspace_id", "platform_connections.id"],
            ondelete="CASCADE",
            name="slot_plans_connection_fkey",
        ),
        UniqueConstraint(
            "workspace_id",
            "connection_id",
            name="slot_plans_account_key",
            postgresql_nulls_not_distinct=True,
        ),
        {"comment": "The weekly times of a queue: of one account, or of all that have no plan of their own."},
    )

    connection_id: Mapped[UUID | None]
    """Null: the workspace's."""
    timezone: Mapped[str] = mapped_column(String(50))
    """The IANA zone of all its times."""
    weekly: Mapped[Json]
    """Local times "HH:MM" in their order, by weekday: mo, tu, ..."""
    quiet_hours: Mapped[JsonList] = mapped_column(server_default=text("'[]'"))
    """Of each day: start and end, "HH:MM"; one that ends before it starts ends on the next day."""
    min_gap_minutes: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    daily_cap: Mapped[int | None] = mapped_column(SmallInteger)
    """How many posts an account may have on a local day for a slot to be free still."""
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    updated_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
