"""Every table, by aggregate."""

from lamplighter.postgres.models.campaigns import AbTest, Campaign, RecurringPost, RecurringPostConnection
from lamplighter.postgres.models.content import BrandVoice, Content, Media, Template
from lamplighter.postgres.models.identity import Organization, OrganizationMember, User
from lamplighter.postgres.models.integrations import ApiKey, Webhook, WebhookDelivery
from lamplighter.postgres.models.outbox import OutboxEvent
from lamplighter.postgres.models.publishing import (
    Dispatch,
    PlatformConnection,
    Publication,
    PublicationAttempt,
    PublicationPlatform,
)
from lamplighter.postgres.models.sandbox import SandboxCall, SandboxFault, SandboxMedia, SandboxPost
from lamplighter.postgres.models.workspaces import Workspace, WorkspaceKey, WorkspaceMember

__all__ = [
    "AbTest",
    "ApiKey",
    "BrandVoice",
    "Campaign",
    "Content",
    "Dispatch",
    "Media",
    "Organization",
    "OrganizationMember",
    "OutboxEvent",
    "PlatformConnection",
    "Publication",
    "PublicationAttempt",
    "PublicationPlatform",
    "RecurringPost",
    "RecurringPostConnection",
    "SandboxCall",
    "SandboxFault",
    "SandboxMedia",
    "SandboxPost",
    "Template",
    "User",
    "Webhook",
    "WebhookDelivery",
    "Workspace",
    "WorkspaceKey",
    "WorkspaceMember",
]
