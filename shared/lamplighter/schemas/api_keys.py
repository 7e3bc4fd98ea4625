"""API keys: made once, shown once."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from lamplighter.domain.vocabulary import PERMISSIONS
from lamplighter.schemas.common import Input, Name, Output, Time

Permission = Annotated[str, Field(pattern="^(" + "|".join(PERMISSIONS) + ")$", examples=["content:write"])]


class ApiKeyCreate(Input):
    """A new key of the workspace. A `test` key runs the whole pipeline and never touches a real network."""

    name: Name
    type: Literal["live", "test"] = "live"
    permissions: Annotated[list[Permission], Field(min_length=1, max_length=len(PERMISSIONS))]
    connection_ids: Annotated[list[UUID], Field(max_length=500)] | None = None
    """Only these connections may be used; null: all of the workspace."""
    expires_at: Time | None = None


class ApiKeyRead(Output):
    """A key without its secret; `key_prefix` recognises it."""

    id: UUID
    name: str
    key_prefix: str
    type: str
    permissions: list[str]
    connection_ids: list[UUID] | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    created_at: datetime


class ApiKeyCreated(ApiKeyRead):
    """The only answer that ever holds the key itself."""

    key: str
