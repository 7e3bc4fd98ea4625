"""Organizations: who pays, and who the people of its workspaces belong to."""

from datetime import datetime
from uuid import UUID

from lamplighter.schemas.common import Input, Name, Output
from lamplighter.schemas.workspaces import Slug


class OrganizationCreate(Input):
    """A new organization; whoever makes it owns it."""

    name: Name
    slug: Slug
    """No other organization of this deployment may have it."""


class OrganizationUpdate(Input):
    """What may change; a field left out, or null, stays as it is."""

    name: Name | None = None
    slug: Slug | None = None


class OrganizationTransfer(Input):
    """Who takes over: a member."""

    user_id: UUID


class OrganizationRead(Output):
    """An organization as it stands."""

    id: UUID
    name: str
    slug: str
    owner_id: UUID | None
    """The first among its owners; null until the first one joins."""
    plan_id: str
    version: int
    created_at: datetime


class OrganizationListed(Output):
    """An organization that you belong to, and as what."""

    id: UUID
    name: str
    slug: str
    role: str
    plan_id: str
