"""Domain events on their way out, written in the transaction that made them true."""

from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Index, String, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import Base, Created, Identified, Json, WorkspaceOwned, json_is, one_of


class OutboxEvent(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "outbox_events"
    __table_args__ = (
        one_of("mode", vocabulary.MODES),
        json_is("payload", "object"),
        Index("idx_outbox_ws", "workspace_id"),
        {"comment": "A domain event that is still to be relayed."},
    )

    type: Mapped[str] = mapped_column(String(100))
    resource_id: Mapped[UUID | None]
    sequence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    """The how manieth event of its resource it is; 0 of those from before they were counted."""
    mode: Mapped[str] = mapped_column(String(10), server_default="live")
    connection_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    campaign_id: Mapped[UUID | None]
    payload: Mapped[Json]
