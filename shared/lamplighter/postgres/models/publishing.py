"""Publishing: connected accounts, publications, one row per account, and the ledger of attempts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

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
from lamplighter.postgres.models.content import Content
from lamplighter.postgres.models.dispatching import Dispatch


class PlatformConnection(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "platform_connections"
    __table_args__ = (
        one_of("status", vocabulary.CONNECTION_STATUSES),
        json_is("limits", "object"),
        at_least("daily_cap", 0),
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint(
            "workspace_id",
            "platform",
            "base_url",
            "channel_id",
            name="platform_connections_account_key",
            postgresql_nulls_not_distinct=True,
        ),
        Index("idx_connections_expiry", "token_expires_at", postgresql_where=text("status = 'active'")),
        {"comment": "An account on a network, its tokens sealed with the workspace's key."},
    )

    platform: Mapped[str] = mapped_column(String(50))
    base_url: Mapped[str]
    access_token: Mapped[str]
    refresh_token: Mapped[str | None]
    token_expires_at: Mapped[datetime | None]
    expiry_told: Mapped[datetime | None]
    """The expiry that was last looked at in time: of each, people are told once."""
    refresh_lease_until: Mapped[datetime | None]
    scopes: Mapped[list[str] | None] = mapped_column(ARRAY(String(100)))
    platform_username: Mapped[str | None] = mapped_column(String(255))
    display_name: Mapped[str | None] = mapped_column(String(255))
    channel_id: Mapped[str | None] = mapped_column(String(255))
    limits: Mapped[Json] = mapped_column(server_default=text("'{}'"))
    daily_cap: Mapped[int | None]
    status: Mapped[str] = mapped_column(String(20), server_default="active")
    error_code: Mapped[str | None] = mapped_column(String(100))
    error_message: Mapped[str | None]


class Publication(Identified, WorkspaceOwned, Created, Versioned, Base):
    __tablename__ = "publications"
    __table_args__ = (
        one_of("status", vocabulary.PUBLICATION_STATUSES),
        one_of("priority", vocabulary.PRIORITIES),
        one_of("approval_status", vocabulary.APPROVAL_STATUSES),
        one_of("mode", vocabulary.MODES),
        one_of("late_policy", (*vocabulary.LATE_POLICIES, vocabulary.LATEST)),
        at_least("late_after_minutes", 0),
        CheckConstraint("late_policy <> 'skip' OR late_after_minutes IS NOT NULL", name="skip_after"),
        ForeignKeyConstraint(["workspace_id", "content_id"], ["content.workspace_id", "content.id"]),
        ForeignKeyConstraint(
            ["workspace_id", "recurring_post_id"],
            ["recurring_posts.workspace_id", "recurring_posts.id"],
            ondelete="SET NULL (recurring_post_id)",
            name="publications_recurring_post_fkey",
        ),
        UniqueConstraint("workspace_id", "id"),
        Index("idx_pub_ws", "workspace_id", "scheduled_at", "id"),
        Index("idx_pub_scheduled", "scheduled_at", postgresql_where=text("status = 'scheduled'")),
        Index("idx_pub_status", "status", "workspace_id", "scheduled_at", "id"),
        Index("idx_pub_content", "content_id", "workspace_id"),
        Index("idx_pub_test", "workspace_id", "id", postgresql_where=text("mode = 'test'")),
        Index(
            "idx_pub_recurring",
            *("recurring_post_id", "scheduled_at"),
            postgresql_where=text("recurring_post_id IS NOT NULL"),
        ),
        {"comment": "Content that is to go out at a time, to one or more accounts."},
    )

    content_id: Mapped[UUID]
    recurring_post_id: Mapped[UUID | None]
    """The recurring post whose occurrence it is."""
    status: Mapped[str] = mapped_column(String(20), server_default="scheduled")
    priority: Mapped[str] = mapped_column(String(20), server_default="normal")
    mode: Mapped[str] = mapped_column(String(10), server_default="live")
    scheduled_at: Mapped[datetime]
    queued: Mapped[bool] = mapped_column(server_default=text("false"))
    """Its time is a slot that it was given, not one that somebody chose: it may be given another."""
    late_policy: Mapped[str] = mapped_column(String(10), server_default="send")
    late_after_minutes: Mapped[int | None]
    approval_status: Mapped[str | None] = mapped_column(String(20))
    approval_hash: Mapped[str | None] = mapped_column(String(64))
    approved_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    updated_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))

    content: Mapped[Content] = relationship(viewonly=True, lazy="raise")
    platforms: Mapped[list["PublicationPlatform"]] = relationship(
        back_populates="publication", lazy="raise", order_by="PublicationPlatform.id"
    )


class PublicationPlatform(Identified, WorkspaceOwned, Created, Base):
    __tablename__ = "publication_platforms"
    __table_args__ = (
        one_of("status", vocabulary.PUBLICATION_PLATFORM_STATUSES),
        one_of("change", vocabulary.CHANGES),
        at_least("retry_count", 0),
        at_least("attempts_before", 0),
        ForeignKeyConstraint(
            ["workspace_id", "publication_id"], ["publications.workspace_id", "publications.id"]
        ),
        ForeignKeyConstraint(
            ["workspace_id", "connection_id"],
            ["platform_connections.workspace_id", "platform_connections.id"],
        ),
        UniqueConstraint("workspace_id", "id"),
        UniqueConstraint(
            "workspace_id", "publication_id", "connection_id", name="publication_platforms_connection_key"
        ),
        Index("idx_pub_platforms_connection", "connection_id", "workspace_id", "published_at"),
        Index("idx_pub_platforms_fingerprint", "connection_id", "fingerprint"),
        {"comment": "A publication on one account: its state and where it can be seen."},
    )

    publication_id: Mapped[UUID]
    connection_id: Mapped[UUID]
    platform: Mapped[str] = mapped_column(String(50))
    status: Mapped[str] = mapped_column(String(20), server_default="pending")
    change: Mapped[str | None] = mapped_column(String(10))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    intent_at: Mapped[datetime | None]
    platform_post_id: Mapped[str | None]
    url: Mapped[str | None]
    published_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    attempts_before: Mapped[int] = mapped_column(server_default=text("0"))
    error_code: Mapped[str | None] = mapped_column(String(100))
    error_message: Mapped[str | None]
    retry_count: Mapped[int] = mapped_column(server_default=text("0"))
    updated_at: Mapped[datetime] = mapped_column(server_default=text("now()"), sort_order=92)

    publication: Mapped[Publication] = relationship(back_populates="platforms", lazy="raise")
    connection: Mapped[PlatformConnection] = relationship(viewonly=True, lazy="raise")
    dispatch: Mapped[Dispatch | None] = relationship(viewonly=True, lazy="raise")
    posted: Mapped[list["PublicationAttempt"]] = relationship(
        viewonly=True,
        lazy="raise",
        primaryjoin="and_(PublicationAttempt.workspace_id == PublicationPlatform.workspace_id,"
        " PublicationAttempt.publication_platform_id == PublicationPlatform.id,"
        " PublicationAttempt.task == 'publish', PublicationAttempt.status == 'published')",
        order_by="PublicationAttempt.segment",
    )

    @property
    def next_attempt_at(self) -> datetime | None:
        """When it is due next, as long as something is to be done."""
        return None if self.dispatch is None else self.dispatch.due_at


class PublicationAttempt(Identified, WorkspaceOwned, Base):
    __tablename__ = "publication_attempts"
    __table_args__ = (
        one_of("status", vocabulary.ATTEMPT_STATUSES),
        one_of("task", vocabulary.TASKS),
        at_least("number", 1),
        at_least("segment", 0),
        at_least("waits", 0),
        ForeignKeyConstraint(
            ["workspace_id", "publication_platform_id"],
            ["publication_platforms.workspace_id", "publication_platforms.id"],
            name="publication_attempts_publication_platform_fkey",
        ),
        UniqueConstraint(
            "workspace_id", "publication_platform_id", "number", name="publication_attempts_number_key"
        ),
        # One post on a network belongs to one post of ours: what a search finds is never claimed twice.
        Index(
            "idx_attempts_remote",
            "connection_id",
            "remote_id",
            unique=True,
            postgresql_where=text("status = 'published' AND task = 'publish' AND remote_id IS NOT NULL"),
        ),
        Index(
            "idx_attempts_open",
            "connection_id",
            "claimed_at",
            postgresql_where=text("status IN ('claimed', 'prepared', 'sending')"),
        ),
        Index(
            "idx_attempts_sent",
            "connection_id",
            "sending_at",
            postgresql_where=text("status IN ('sending', 'published', 'unknown') AND sending_at IS NOT NULL"),
        ),
        {"comment": "The ledger of tries: appended to and carried forward, never deleted."},
    )

    publication_platform_id: Mapped[UUID]
    # The platform row's, for the indexes below alone; empty in rows from before it was there.
    connection_id: Mapped[UUID | None]
    number: Mapped[int]
    task: Mapped[str] = mapped_column(String(10), server_default="publish")
    segment: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    fence: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(20), server_default="claimed")
    reconciles: Mapped[bool] = mapped_column(server_default=text("false"))
    digest: Mapped[str | None] = mapped_column(String(64))
    prepared: Mapped[Json | None]
    waits: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    claimed_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    prepared_at: Mapped[datetime | None]
    sending_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    error_code: Mapped[str | None] = mapped_column(String(100))
    error_message: Mapped[str | None]
    remote_id: Mapped[str | None]
    url: Mapped[str | None]
    reference: Mapped[Json | None]
