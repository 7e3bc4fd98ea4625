"""What is written: content with its media, templates and the brand's voice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    String,
    UniqueConstraint,
    false,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from lamplighter.domain import vocabulary
from lamplighter.postgres.base import (
    Base,
    Bytes,
    Created,
    Identified,
    Json,
    JsonList,
    Versioned,
    WorkspaceOwned,
    at_least,
    json_is,
    one_of,
)


class Content(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "content"
    __table_args__ = (
        one_of("status", vocabulary.CONTENT_STATUSES),
        json_is("adapted_versions", "object"),
        json_is("media", "array"),
        json_is("segments", "array"),
        # A system template has no workspace, so this key cannot carry one; the policy checks the template's.
        ForeignKeyConstraint(["template_id"], ["templates.id"], ondelete="SET NULL (template_id)"),
        ForeignKeyConstraint(
            ["workspace_id", "campaign_id"],
            ["campaigns.workspace_id", "campaigns.id"],
            ondelete="SET NULL (campaign_id)",
        ),
        UniqueConstraint("workspace_id", "id"),
        Index("idx_content_ws", "workspace_id", "created_at", "id"),
        Index("idx_content_status", "status", "workspace_id", "id"),
        Index("idx_content_campaign", "campaign_id", postgresql_where=text("campaign_id IS NOT NULL")),
        Index("idx_content_template", "template_id", postgresql_where=text("template_id IS NOT NULL")),
        {"comment": "A text with its media, and how it reads on each network."},
    )

    original_text: Mapped[str]
    adapted_versions: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    media: Mapped[JsonList] = mapped_column(server_default=text("'[]'"))
    segments: Mapped[JsonList] = mapped_column(server_default=text("'[]'"))
    content_type: Mapped[str | None] = mapped_column(String(50))
    strategy: Mapped[str | None] = mapped_column(String(50))
    language: Mapped[str | None] = mapped_column(String(20))
    template_id: Mapped[UUID | None]
    campaign_id: Mapped[UUID | None]
    ai_generated: Mapped[bool] = mapped_column(server_default=false())
    status: Mapped[str] = mapped_column(String(20), server_default="draft")
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    updated_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class Media(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "media"
    __table_args__ = (
        one_of("status", vocabulary.MEDIA_STATUSES),
        at_least("byte_size", 0),
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint("object_key"),
        Index("idx_media_unready", "created_at", postgresql_where=text("status <> 'ready'")),
        {"comment": "An uploaded file: where its bytes lie and what they were found to be."},
    )

    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    object_key: Mapped[str]
    file_name: Mapped[str | None] = mapped_column(String(255))
    mime: Mapped[str | None] = mapped_column(String(100))
    byte_size: Mapped[int | None] = mapped_column(Bytes)
    width: Mapped[int | None]
    height: Mapped[int | None]
    sha256: Mapped[str | None] = mapped_column(String(64))
    rejection: Mapped[str | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))


class Template(Identified, Created, Versioned, Base):
    __tablename__ = "templates"
    __table_args__ = (
        CheckConstraint("is_system = (workspace_id IS NULL)", name="system_or_owned"),
        Index("idx_templates_ws", "workspace_id", "id"),
        {"comment": "A reusable shape of content; without a workspace it is the system's, for all to read."},
    )

    workspace_id: Mapped[UUID | None] = mapped_column(ForeignKey("workspaces.id"))
    name: Mapped[str] = mapped_column(String(255))
    category: Mapped[str | None] = mapped_column(String(100))
    platforms: Mapped[list[str] | None] = mapped_column(ARRAY(String(50)))
    variables: Mapped[Any] = mapped_column(JSONB)
    structure: Mapped[Any] = mapped_column(JSONB)
    is_system: Mapped[bool] = mapped_column(server_default=false())


class BrandVoice(Identified, WorkspaceOwned, Base):
    __tablename__ = "brand_voices"
    __table_args__ = (
        json_is("config", "object"),
        UniqueConstraint("workspace_id"),
        {"comment": "How a workspace sounds: one configuration for what is generated."},
    )

    config: Mapped[Json]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())
