"""Mails that are to be written and sent."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import NOT_READ_BACK, Base, Created, Identified, at_least, one_of


class Mail(Identified, Created, Base):
    __tablename__ = "mails"
    __table_args__ = (
        one_of("kind", vocabulary.MAIL_KINDS),
        CheckConstraint("email = lower(email)", name="email_lower"),
        at_least("attempts", 0),
        Index("idx_mails_waiting", "created_at", postgresql_where=text("sent_at IS NULL")),
        {"comment": "A mail that somebody asked for. It holds no token: the sender makes one as it writes."},
    )
    __mapper_args__ = NOT_READ_BACK

    kind: Mapped[str] = mapped_column(String(30))
    email: Mapped[str] = mapped_column(String(255))
    user_id: Mapped[UUID | None]
    invitation_id: Mapped[UUID | None]
    webhook_id: Mapped[UUID | None]
    claimed_until: Mapped[datetime | None]
    sent_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    error: Mapped[str | None]
