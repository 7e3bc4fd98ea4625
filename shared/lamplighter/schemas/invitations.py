"""Invitations: a role offered to an e-mail address."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from lamplighter.schemas.common import Input, Output
from lamplighter.schemas.emails import Email
from lamplighter.schemas.members import OrganizationRole, WorkspaceRole

InvitationState = Literal["open", "accepted", "revoked", "expired"]


class OrganizationInvitationCreate(Input):
    """Who is to join, and as what. The link in the mail works for seven days, for this address alone."""

    email: Email
    role: OrganizationRole


class WorkspaceInvitationCreate(Input):
    """The same into a workspace; whoever accepts becomes a member of the organization as well."""

    email: Email
    role: WorkspaceRole


class InvitationRead(Output):
    """An invitation. It is open until it is accepted, revoked or expired."""

    id: UUID
    organization_id: UUID
    workspace_id: UUID | None
    """Null: into the organization."""
    email: str
    role: str
    invited_by: UUID | None
    """The person; null where a program or the deployment's operator did."""
    created_at: datetime
    expires_at: datetime
    accepted_at: datetime | None
    revoked_at: datetime | None
    version: int
