"""What every route keeps: how fast a caller asks, and answers to give again."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, SmallInteger, String, false
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.postgres.base import Base, Created


class RateLimit(Base):
    __tablename__ = "rate_limits"
    __table_args__ = (
        {
            "prefixes": ["UNLOGGED"],
            # tat is in no index: each request is a HOT update into the page's free half.
            "postgresql_with": {"fillfactor": 50},
            "comment": "When each bucket is full again (GCRA); a crash of the database forgets it.",
        },
    )

    bucket: Mapped[str] = mapped_column(primary_key=True)
    tat: Mapped[datetime]


class IdempotencyKey(Created, Base):
    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index("idx_idempotency_keys_created", "created_at"),
        {"comment": "A request that was made with an Idempotency-Key, and the answer to give again."},
    )

    scope_id: Mapped[UUID] = mapped_column(primary_key=True)
    principal_id: Mapped[UUID] = mapped_column(primary_key=True)
    method: Mapped[str] = mapped_column(String(10), primary_key=True)
    route: Mapped[str] = mapped_column(String(200), primary_key=True)
    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    fingerprint: Mapped[bytes]
    status: Mapped[int | None] = mapped_column(SmallInteger)
    response: Mapped[str | None]
    sealed: Mapped[bool] = mapped_column(server_default=false())
    locked_until: Mapped[datetime | None]
