"""Programs that talk to us and that we talk to: API keys, webhooks and their deliveries."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import (
    Base,
    Created,
    Identified,
    Json,
    Versioned,
    WorkspaceOwned,
    all_of,
    at_least,
    json_is,
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


class Webhook(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "webhooks"
    __table_args__ = (
        one_of("status", vocabulary.WEBHOOK_STATUSES),
        UniqueConstraint("workspace_id", "id"),
        {"comment": "An address that is told of events, its secret sealed, for a while the last one too."},
    )

    url: Mapped[str] = mapped_column(String(512))
    secret: Mapped[str]
    previous_secret: Mapped[str | None]
    previous_secret_expires_at: Mapped[datetime | None]
    events: Mapped[list[str]] = mapped_column(ARRAY(String(100)), server_default=text("'{}'"))
    status: Mapped[str] = mapped_column(String(20), server_default="active")


class WebhookDelivery(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        one_of("status", vocabulary.DELIVERY_STATUSES),
        json_is("payload", "object"),
        at_least("attempts", 0),
        ForeignKeyConstraint(
            ["workspace_id", "webhook_id"], ["webhooks.workspace_id", "webhooks.id"], ondelete="CASCADE"
        ),
        Index("idx_deliveries_webhook", "webhook_id", "workspace_id", "created_at"),
        {"comment": "One event on its way to one webhook."},
    )

    webhook_id: Mapped[UUID]
    event: Mapped[str] = mapped_column(String(100))
    payload: Mapped[Json]
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    response_status: Mapped[int | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
