"""Platform connections: the accounts that a workspace posts to."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, HttpUrl

from lamplighter.domain.vocabulary import CONNECTION_STATUSES
from lamplighter.schemas.common import Input, Output, Text, Time
from lamplighter.schemas.content import PlatformName

ConnectionStatus = StrEnum("ConnectionStatus", CONNECTION_STATUSES)  # type: ignore[misc]  # a tuple elsewhere
Secret = Annotated[Text, Field(max_length=8192)]


class ConnectionCreate(Input):
    """What opens the account; the credentials are sealed at once."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"platform": {"not": {"const": "mastodon"}}}},
                {"properties": {"base_url": {"type": "string"}}, "required": ["base_url"]},
            ]
        }
    )

    platform: PlatformName
    base_url: Annotated[HttpUrl, Field(max_length=255)] | None = None
    """The account's own server (a Mastodon instance, a Bluesky PDS); null: the network's own."""
    credentials: Annotated[dict[Annotated[str, Field(max_length=64)], Secret], Field(max_length=10)]
    """What the network asks for. bluesky: `identifier`, `app_password`. linkedin: `access_token` and
    `organization`, the page's number or URN. mastodon: `access_token`. sandbox: `handle`. telegram:
    `bot_token` and `chat_id`, a number or a channel's @name. threads: `access_token`, a long-lived one."""
    token_expires_at: Time | None = None
    """When the credentials end, if they do: a week before that, a `platform_connection.expiring` tells of it
    unless they renew themselves."""


class ConnectionUpdate(Input):
    """What may change of a connected account."""

    daily_cap: Annotated[int, Field(ge=0, le=100_000)] | None
    """How many posts, each part of a thread counted, may go out on it in any 24 hours; null: as many as its
    network takes. What is due beyond waits, up to its late policy."""


class ConnectionRead(Output):
    """A connected account, without anything that opens it."""

    id: UUID
    platform: str
    base_url: str
    platform_username: str | None
    channel_id: str | None
    daily_cap: int | None
    status: str
    error_code: str | None
    error_message: str | None
    token_expires_at: datetime | None
    version: int
    created_at: datetime
