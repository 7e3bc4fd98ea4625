"""What happened and who is told: events, endpoints, deliveries and their attempts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    func,
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


class EventSequence(WorkspaceOwned, Base):
    __tablename__ = "event_sequences"
    __table_args__ = (
        {
            "postgresql_with": {"fillfactor": 70},
            "comment": "How many events have told of a resource: what receivers put them in order by.",
        },
    )

    workspace_id: Mapped[UUID] = mapped_column(ForeignKey("workspaces.id"), primary_key=True, sort_order=-10)
    resource_id: Mapped[UUID] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)


class Event(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "events"
    __table_args__ = (
        one_of("mode", vocabulary.MODES),
        json_is("payload", "object"),
        at_least("endpoints", 0),
        UniqueConstraint("workspace_id", "id"),
        Index("idx_events_ws", "workspace_id", "created_at", "id"),
        Index("idx_events_created", "created_at"),
        {"comment": "What has happened and was handed to the endpoints that want it; kept for 30 days."},
    )

    type: Mapped[str] = mapped_column(String(100))
    resource_id: Mapped[UUID | None]
    sequence: Mapped[int] = mapped_column(BigInteger)
    mode: Mapped[str] = mapped_column(String(10))
    connection_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    campaign_id: Mapped[UUID | None]
    payload: Mapped[Json]
    """The `data` of what is sent."""
    endpoints: Mapped[int]
    """How many deliveries were made of it."""


class Webhook(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "webhooks"
    __table_args__ = (
        one_of("status", vocabulary.WEBHOOK_STATUSES),
        one_of("mode", vocabulary.MODES),
        one_of("disabled_because", vocabulary.WEBHOOK_ENDS),
        at_least("rate_per_minute", 1),
        at_least("failures", 0),
        UniqueConstraint("workspace_id", "id"),
        {"comment": "An address that is told of events, its secret sealed, for a while the last one too."},
    )

    url: Mapped[str] = mapped_column(String(512))
    description: Mapped[str | None] = mapped_column(String(255))
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_secret_expires_at: Mapped[datetime | None]
    events: Mapped[list[str]] = mapped_column(ARRAY(String(100)), server_default=text("'{}'"))
    """Types, `publication.*` or `*`."""
    connection_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    """Of what concerns accounts only these; all where NULL."""
    campaign_ids: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid()))
    mode: Mapped[str] = mapped_column(String(10), server_default="live")
    headers_secret: Mapped[str | None]
    """The custom headers as a JSON object, sealed: one of them may be a credential."""
    header_names: Mapped[list[str]] = mapped_column(ARRAY(String(100)), server_default=text("'{}'"))
    rate_per_minute: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(20), server_default="active")
    active_since: Mapped[datetime] = mapped_column(server_default=func.now())
    """What happened before is not for it, even where it was not handed over yet."""
    disabled_because: Mapped[str | None] = mapped_column(String(20))
    disabled_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    """Its log stays for as long as any; from then on nothing else finds it."""
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    failing_since: Mapped[datetime | None]
    """When the first attempt failed since the last that did not."""
    failures: Mapped[int] = mapped_column(server_default=text("0"))
    """Attempts since then."""
    warned_at: Mapped[datetime | None]
    tat: Mapped[datetime | None]
    """Up to when its rate is used up."""
    lease_until: Mapped[datetime | None]
    fence: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class WebhookDelivery(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        one_of("status", vocabulary.DELIVERY_STATUSES),
        json_is("payload", "object"),
        at_least("attempts", 0),
        at_least("attempts_before", 0),
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("webhook_id", "event_id"),
        ForeignKeyConstraint(
            ["workspace_id", "webhook_id"], ["webhooks.workspace_id", "webhooks.id"], ondelete="CASCADE"
        ),
        ForeignKeyConstraint(
            ["workspace_id", "event_id"], ["events.workspace_id", "events.id"], ondelete="CASCADE"
        ),
        Index("idx_deliveries_webhook", "webhook_id", "workspace_id", "id"),
        Index("idx_deliveries_event", "event_id", "workspace_id"),
        Index("idx_deliveries_created", "created_at"),
        Index(
            "idx_deliveries_due",
            *("webhook_id", "next_attempt_at"),
            postgresql_where=text("status = 'pending'"),
        ),
        {"comment": "One event on its way to one webhook."},
    )

    webhook_id: Mapped[UUID]
    event_id: Mapped[UUID | None]
    event: Mapped[str] = mapped_column(String(100))
    payload: Mapped[Json]
    """What is sent, whole."""
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    response_status: Mapped[int | None]
    error_code: Mapped[str | None] = mapped_column(String(100))
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    attempts_before: Mapped[int] = mapped_column(server_default=text("0"))
    """Made before it was replayed: its schedule began anew."""
    next_attempt_at: Mapped[datetime | None]
    manual: Mapped[bool] = mapped_column(server_default=text("false"))
    """Somebody asked for the next attempt."""
    turn: Mapped[int] = mapped_column(server_default=text("0"))
    """Counted up when people intervene: an attempt that began before it decides nothing any more."""
    finished_at: Mapped[datetime | None]


class WebhookAttempt(Identified, WorkspaceOwned, Base):
    __tablename__ = "webhook_attempts"
    __table_args__ = (
        at_least("number", 1),
        UniqueConstraint("delivery_id", "number"),
        ForeignKeyConstraint(
            ["workspace_id", "delivery_id"],
            ["webhook_deliveries.workspace_id", "webhook_deliveries.id"],
            ondelete="CASCADE",
        ),
        {"comment": "One try at a delivery: when, how long it took, and what the receiver said."},
    )

    delivery_id: Mapped[UUID]
    number: Mapped[int]
    at: Mapped[datetime]
    duration_ms: Mapped[int]
    status_code: Mapped[int | None]
    response: Mapped[str | None]
    """The beginning of the answer's body, 20 kB at most."""
    error_code: Mapped[str | None] = mapped_column(String(100))
    manual: Mapped[bool] = mapped_column(server_default=text("false"))
