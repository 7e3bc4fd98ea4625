"""Workspaces: where a team's content, accounts and keys live."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from lamplighter.schemas.common import AS_NUMBER, Input, Name, Output, Text
from lamplighter.schemas.free_json import FreeJson

Slug = Annotated[str, Field(pattern=r"^[a-z0-9]([a-z0-9-]{0,98}[a-z0-9])?$", examples=["autumn-launch"])]
MAX_WINDOW_HOURS = 30 * 24
Decided = Annotated[bool, Field(strict=True)]
Industry = Annotated[Text, Field(max_length=50)]


class WorkspaceUpdate(Input):
    """What may change; a field left out, or null, stays as it is."""

    name: Name | None = None
    industry: Industry | None = None
    settings: FreeJson | None = None
    """Your own, of any shape: up to 16,000 bytes of JSON, 20 levels deep."""
    approval_required: Decided | None = None
    """Whether what is scheduled from now on needs somebody's approval before it goes out."""
    author_may_approve: Decided | None = None
    """Whether people approve what they wrote, changed or scheduled themselves."""
    duplicate_window_hours: Annotated[int, Field(ge=0, le=MAX_WINDOW_HOURS), AS_NUMBER] | None = None
    """How far apart the same content on the same account must be; 0: any is fine."""


class WorkspaceCreate(Input):
    """A further workspace of the organization."""

    name: Name
    slug: Slug


class WorkspaceRead(Output):
    """A workspace as it stands."""

    id: UUID
    organization_id: UUID
    name: str
    slug: str
    industry: str | None
    settings: dict[str, Any]
    approval_required: bool
    author_may_approve: bool
    duplicate_window_hours: int
    version: int
    created_at: datetime


class WorkspaceCreated(WorkspaceRead):
    """The new workspace, and where a program made it the only answer that ever holds its first key."""

    api_key: str | None
    """As strong as the key that made the workspace; null where a person made it."""


class WorkspaceListed(Output):
    """A workspace that the caller opens."""

    id: UUID
    organization_id: UUID
    name: str
    slug: str
    role: str | None
    """The person's role in it; null for a program."""
