"""What the data of an event say of its resource, as it is once the event has happened."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from lamplighter.domain import vocabulary
from lamplighter.schemas.common import Output
from lamplighter.schemas.connections import ConnectionStatus
from lamplighter.schemas.content import ContentStatus
from lamplighter.schemas.publications import PublicationStatus
from lamplighter.schemas.recurring_posts import RecurringPostStatus

Mode = StrEnum("Mode", vocabulary.MODES)  # type: ignore[misc]  # the words stand in the vocabulary
PublicationPriority = StrEnum("PublicationPriority", vocabulary.PRIORITIES)  # type: ignore[misc]  # likewise
ApprovalStatus = StrEnum("ApprovalStatus", vocabulary.APPROVAL_STATUSES)  # type: ignore[misc]  # likewise
ApprovalAction = StrEnum("ApprovalAction", vocabulary.APPROVAL_ACTIONS)  # type: ignore[misc]  # likewise
PostStatus = StrEnum("PostStatus", vocabulary.PUBLICATION_PLATFORM_STATUSES)  # type: ignore[misc]  # likewise
ScheduleType = StrEnum("ScheduleType", vocabulary.SCHEDULE_TYPES)  # type: ignore[misc]  # likewise
WorkspaceRole = StrEnum("WorkspaceRole", vocabulary.WORKSPACE_ROLES)  # type: ignore[misc]  # likewise
WebhookStatus = StrEnum("WebhookStatus", vocabulary.WEBHOOK_STATUSES)  # type: ignore[misc]  # likewise
WebhookEnd = StrEnum("WebhookEnd", vocabulary.WEBHOOK_ENDS)  # type: ignore[misc]  # likewise


class ContentSnapshot(Output):
    """Content. What it says is read from the API."""

    id: UUID
    status: ContentStatus
    language: str | None
    campaign_id: UUID | None
    version: int
    created_at: datetime
    updated_at: datetime


class PostSnapshot(Output):
    """A publication on one account."""

    id: UUID
    connection_id: UUID
    platform: str
    status: PostStatus
    url: str | None
    """Where it can be seen."""
    platform_post_id: str | None
    """Its id on its network."""
    error_code: str | None
    published_at: datetime | None


class PublicationSnapshot(Output):
    """A publication, and how it stands on each of its accounts."""

    id: UUID
    status: PublicationStatus
    mode: Mode
    priority: PublicationPriority
    scheduled_at: datetime
    content_id: UUID
    campaign_id: UUID | None
    recurring_post_id: UUID | None
    approval_status: ApprovalStatus | None
    """Null: it needs no approval."""
    version: int
    platforms: list[PostSnapshot]


class ConnectionSnapshot(Output):
    """An account on a network."""

    id: UUID
    platform: str
    platform_username: str | None
    display_name: str | None
    status: ConnectionStatus
    error_code: str | None
    token_expires_at: datetime | None


class RecurringPostSnapshot(Output):
    """A recurring post."""

    id: UUID
    status: RecurringPostStatus
    mode: Mode
    schedule_type: ScheduleType
    timezone: str
    next_run_at: datetime
    run_count: int


class EndpointSnapshot(Output):
    """An endpoint of webhooks. Its URL is not told to others: there may be a secret in it."""

    id: UUID
    description: str | None
    status: WebhookStatus
    failing_since: datetime | None
    failures: int
    """Attempts since then."""
    disabled_because: WebhookEnd | None
