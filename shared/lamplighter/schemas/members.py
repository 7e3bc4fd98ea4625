"""Members: people in an organization, or in one of its workspaces, and their roles."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from lamplighter.schemas.common import Input, Output

OrganizationRole = Literal["owner", "admin", "billing", "member"]
WorkspaceRole = Literal["admin", "editor", "approver", "viewer"]


class OrganizationMemberUpdate(Input):
    """Another role in the organization. Nobody gives or takes a role that may do what theirs may not."""

    role: OrganizationRole


class WorkspaceMemberCreate(Input):
    """A member of the organization who is to work in this workspace too."""

    user_id: UUID
    role: WorkspaceRole


class WorkspaceMemberUpdate(Input):
    """Another role in the workspace."""

    role: WorkspaceRole


class OrganizationMemberRead(Output):
    """A person in the organization."""

    user_id: UUID
    name: str | None
    email: str
    role: OrganizationRole
    joined_at: datetime
    version: int


class WorkspaceMemberRead(Output):
    """A person in the workspace, with the role that counts there."""

    user_id: UUID
    name: str | None
    email: str
    role: WorkspaceRole
    implied: bool
    """True for owners and admins of the organization: they administer all its workspaces, whatever role they
    were given in this one."""
    joined_at: datetime
    version: int
