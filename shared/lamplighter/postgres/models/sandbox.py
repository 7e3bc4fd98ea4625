"""The sandbox network's own tables: no tenant's data, a schema and a login of their own."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Index, LargeBinary, UniqueConstraint, func
from sqlalchemy import text as sql
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.postgres.base import Base, Bytes, Created, Identified, JsonList, at_least, json_is

type Binary = bytes
"""A column below is named bytes, which hides the type there."""

SCHEMA: dict[str, Any] = {"schema": "sandbox"}


class SandboxPost(Identified, Base):
    __tablename__ = "posts"
    __table_args__ = (
        json_is("media", "array"),
        UniqueConstraint("account", "idempotency_key"),
        Index("idx_sandbox_posts_account", "account", "accepted_at"),
        Index("idx_sandbox_posts_accepted", "accepted_at"),
        SCHEMA | {"comment": "A post the sandbox network accepted."},
    )

    account: Mapped[str]
    handle: Mapped[str]
    text: Mapped[str]
    media: Mapped[JsonList] = mapped_column(server_default=sql("'[]'"))
    idempotency_key: Mapped[str | None]
    reply_to: Mapped[UUID | None]
    accepted_at: Mapped[datetime] = mapped_column(server_default=func.now())
    edited_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]


class SandboxMedia(Identified, Created, Base):
    __tablename__ = "media"
    __table_args__ = (
        at_least("byte_size", 0),
        SCHEMA | {"comment": "An image uploaded to the sandbox network."},
    )

    account: Mapped[str]
    mime: Mapped[str]
    bytes: Mapped[Binary | None] = mapped_column(LargeBinary)
    byte_size: Mapped[int] = mapped_column(Bytes)
    sha256: Mapped[str]


class SandboxCall(Identified, Base):
    __tablename__ = "calls"
    __table_args__ = (
        Index("idx_sandbox_calls_account", "account", "received_at"),
        Index("idx_sandbox_calls_received", "received_at"),
        Index("idx_sandbox_calls_post", "post_id"),
        SCHEMA | {"comment": "Every call the sandbox network received, and what it did with it."},
    )

    account: Mapped[str]
    method: Mapped[str]
    route: Mapped[str]
    idempotency_key: Mapped[str | None]
    outcome: Mapped[str]
    status: Mapped[int]
    received_at: Mapped[datetime] = mapped_column(server_default=func.now())
    post_id: Mapped[UUID | None]


class SandboxFault(Base):
    __tablename__ = "faults"
    __table_args__ = (
        at_least("latency_ms", 0),
        at_least("remaining", 0),
        SCHEMA | {"comment": "The latency and faults switched on for an account ('*': for all)."},
    )

    account: Mapped[str] = mapped_column(primary_key=True)
    latency_ms: Mapped[int] = mapped_column(server_default=sql("0"))
    fault: Mapped[str | None]
    remaining: Mapped[int | None]
    calls: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
