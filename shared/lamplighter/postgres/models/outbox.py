"""Domain events on their way out, written in the transaction that made them true."""

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.postgres.base import Base, Created, Identified, Json, WorkspaceOwned, json_is


class OutboxEvent(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "outbox_events"
    __table_args__ = (
        json_is("payload", "object"),
        Index("idx_outbox_ws", "workspace_id"),
        {"comment": "A domain event that is still to be relayed."},
    )

    type: Mapped[str] = mapped_column(String(100))
    payload: Mapped[Json]
