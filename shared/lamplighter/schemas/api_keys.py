"""API keys: made once, shown once."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from lamplighter.domain.api_keys import GRANTABLE
from lamplighter.schemas.common import AS_NUMBER, Input, Name, Output, Time

Permission = Annotated[str, Field(pattern="^(" + "|".join(GRANTABLE) + ")$", examples=["content:write"])]
Permissions = Annotated[list[Permission], Field(min_length=1, max_length=len(GRANTABLE))]
Connections = Annotated[list[UUID], Field(max_length=500)]
LONGEST_OVERLAP_S = 7 * 24 * 60 * 60


KeyType = Literal["live", "test"]


class ApiKeyCreate(Input):
    """A new key of the workspace. A `test` key runs the whole pipeline and never touches a real network."""

    name: Name
    type: KeyType = "live"
    permissions: Permissions
    """For each resource nothing, `<resource>:read`, or `<resource>:write`, which includes reading."""
    connection_ids: Connections | None = None
    """Only these connections may be used; null: all of the workspace."""
    expires_at: Time | None = None


class ApiKeyUpdate(Input):
    """What may change. A field left out stays as it is; null for `connection_ids` means all of the workspace,
    for `expires_at` never."""

    name: Name | None = None
    permissions: Permissions | None = None
    connection_ids: Connections | None = None
    expires_at: Time | None = None

    def changes(self) -> dict[str, Any]:
        """The fields that were given, without a null that means nothing."""
        lifted = {"connection_ids", "expires_at"}
        given = self.model_dump(exclude_unset=True)
        return {name: value for name, value in given.items() if value is not None or name in lifted}


class ApiKeyRoll(Input):
    """How a key is replaced."""

    overlap_seconds: Annotated[int, Field(ge=0, le=LONGEST_OVERLAP_S), AS_NUMBER] = 24 * 60 * 60
    """For how long the old key still opens beside the new one; never for longer than it would have."""


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
    rolled_from: UUID | None
    """The key that this one takes over from."""
    last_used_at: datetime | None
    """To the minute."""
    version: int
    created_at: datetime


class ApiKeyCreated(ApiKeyRead):
    """The only answer that ever holds the key itself."""

    key: str
