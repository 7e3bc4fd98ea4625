"""What a deployment's operator gives to begin with."""

from typing import Annotated

from pydantic import Field

from lamplighter.domain.plans import PLANS
from lamplighter.schemas.common import Input, Name
from lamplighter.schemas.emails import Email
from lamplighter.schemas.workspaces import Slug


class FirstWorkspaceCreate(Input):
    """A new organization and its first workspace; both get the slug, which no other organization may have."""

    organization: Name
    workspace: Name
    slug: Slug
    plan: Annotated[str, Field(pattern="^(" + "|".join(PLANS) + ")$")] = "starter"
    """How fast its callers may ask."""
    owner_email: Email | None = None
    """Who is invited to own the organization: the first person in it."""
