"""Every table, by aggregate."""

from lamplighter.postgres.models.approvals import Approval, ApprovalLink
from lamplighter.postgres.models.audit import AuditEntry
from lamplighter.postgres.models.calendar import CalendarFeed, ImportedEvent
from lamplighter.postgres.models.campaigns import AbTest, Campaign
from lamplighter.postgres.models.content import BrandVoice, Content, Media, Template
from lamplighter.postgres.models.conventions import IdempotencyKey, RateLimit
from lamplighter.postgres.models.dispatching import ConnectionGate, Dispatch
from lamplighter.postgres.models.exports import Export
from lamplighter.postgres.models.identity import Organization, OrganizationMember, User
from lamplighter.postgres.models.integrations import ApiKey
from lamplighter.postgres.models.invitations import Invitation
from lamplighter.postgres.models.mails import Mail
from lamplighter.postgres.models.outbox import OutboxEvent
from lamplighter.postgres.models.publishing import (
    PlatformConnection,
    Publication,
    PublicationAttempt,
    PublicationPlatform,
)
from lamplighter.postgres.models.recurring import (
    RecurringOccurrence,
    RecurringPost,
    RecurringPostConnection,
    RecurringPostContent,
)
from lamplighter.postgres.models.sandbox import SandboxCall, SandboxFault, SandboxMedia, SandboxPost
from lamplighter.postgres.models.sessions import (
    MailToken,
    OidcIdentity,
    PersonalKey,
    RefreshToken,
    TokenKey,
    UserSession,
)
from lamplighter.postgres.models.slots import SlotPlan
from lamplighter.postgres.models.webhooks import (
    Event,
    EventSequence,
    Webhook,
    WebhookAttempt,
    WebhookDelivery,
)
from lamplighter.postgres.models.workspaces import Workspace, WorkspaceKey, WorkspaceMember

__all__ = [
    "AbTest",
    "ApiKey",
    "Approval",
    "ApprovalLink",
    "AuditEntry",
    "BrandVoice",
    "CalendarFeed",
    "Campaign",
    "ConnectionGate",
    "Content",
    "Dispatch",
    "Event",
    "EventSequence",
    "Export",
    "IdempotencyKey",
    "ImportedEvent",
    "Invitation",
    "Mail",
    "MailToken",
    "Media",
    "OidcIdentity",
    "Organization",
    "OrganizationMember",
    "OutboxEvent",
    "PersonalKey",
    "PlatformConnection",
    "Publication",
    "PublicationAttempt",
    "PublicationPlatform",
    "RateLimit",
    "RecurringOccurrence",
    "RecurringPost",
    "RecurringPostConnection",
    "RecurringPostContent",
    "RefreshToken",
    "SandboxCall",
    "SandboxFault",
    "SandboxMedia",
    "SandboxPost",
    "SlotPlan",
    "Template",
    "TokenKey",
    "User",
    "UserSession",
    "Webhook",
    "WebhookAttempt",
    "WebhookDelivery",
    "Workspace",
    "WorkspaceKey",
    "WorkspaceMember",
]
