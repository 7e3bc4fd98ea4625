"""Who did what: appended to, never changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import NOT_READ_BACK, Base, Identified, Json, json_is, one_of


class AuditEntry(Identified, Base):
    __tablename__ = "audit_log"
    __table_args__ = (
        one_of("actor_kind", vocabulary.ACTOR_KINDS),
        json_is("before", "object"),
        json_is("after", "object"),
        # A tenant's row or a person's own, never both; a workspace's row is its organization's too.
        CheckConstraint("num_nonnulls(organization_id, user_id) = 1", name="scope"),
        CheckConstraint("workspace_id IS NULL OR organization_id IS NOT NULL", name="workspace"),
        Index("idx_audit_log_ws", "workspace_id", "id", postgresql_where=text("workspace_id IS NOT NULL")),
        Index(
            "idx_audit_log_target",
            "workspace_id",
            "target_id",
            "id",
            postgresql_where=text("workspace_id IS NOT NULL"),
        ),
        Index(
            "idx_audit_log_org", "organization_id", "id", postgresql_where=text("organization_id IS NOT NULL")
        ),
        Index("idx_audit_log_user", "user_id", "id", postgresql_where=text("user_id IS NOT NULL")),
        Index(
            "idx_audit_log_personal",
            "personal_owner",
            "organization_id",
            "workspace_id",
            postgresql_where=text("personal_owner IS NOT NULL"),
        ),
        {"comment": "What was done, by whom and on what; ids alone, so that it outlives what they name."},
    )
    __mapper_args__ = NOT_READ_BACK

    at: Mapped[datetime] = mapped_column(server_default=func.now())
    organization_id: Mapped[UUID | None]
    workspace_id: Mapped[UUID | None]
    user_id: Mapped[UUID | None]
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    action: Mapped[str] = mapped_column(String(100))
    target_kind: Mapped[str] = mapped_column(String(50))
    target_id: Mapped[UUID | None]
    before: Mapped[Json | None]
    after: Mapped[Json | None]
    personal: Mapped[str | None]
    personal_owner: Mapped[UUID | None]
    request_id: Mapped[str | None]
