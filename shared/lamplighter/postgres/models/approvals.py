"""Approvals: what was decided about publications, and the links with which outsiders decide."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import Base, Created, Identified, WorkspaceOwned, one_of


class Approval(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "approvals"
    __table_args__ = (
        one_of("action", vocabulary.APPROVAL_ACTIONS),
        one_of("actor_kind", vocabulary.ACTOR_KINDS),
        ForeignKeyConstraint(
            ["workspace_id", "publication_id"], ["publications.workspace_id", "publications.id"]
        ),
        Index("idx_approvals_publication", "workspace_id", "publication_id", "id"),
        {"comment": "What was decided about a publication, by whom, about which content: appended to."},
    )

    publication_id: Mapped[UUID]
    action: Mapped[str] = mapped_column(String(20))
    approval_hash: Mapped[str] = mapped_column(String(64))
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[UUID | None]
    comment: Mapped[str | None]


class ApprovalLink(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "approval_links"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "publication_id"], ["publications.workspace_id", "publications.id"]
        ),
        UniqueConstraint("token_hash"),
        Index("idx_approval_links_publication", "workspace_id", "publication_id", "id"),
        {"comment": "A link with which somebody outside the organization approves or rejects."},
    )

    publication_id: Mapped[UUID]
    token_hash: Mapped[str] = mapped_column(String(64))
    recipient: Mapped[str | None] = mapped_column(String(255))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
