"""Content: written once, adapted to each network."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from lamplighter.domain.networks import NETWORKS
from lamplighter.domain.vocabulary import CONTENT_STATUSES
from lamplighter.schemas.common import Input, Output, Text, text_or_media

MAX_TEXT = 100_000
ContentStatus = StrEnum("ContentStatus", CONTENT_STATUSES)  # type: ignore[misc]  # the words stand in one place
PlatformName = Annotated[str, Field(pattern="^(" + "|".join(NETWORKS) + ")$", examples=["bluesky"])]
Language = Annotated[
    str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20, examples=["en"])
]


class MediaUse(Input):
    """One picture of a post and the words that stand for it."""

    media_id: UUID
    alt: Annotated[Text, Field(max_length=2000)] = ""


class AdaptedVersion(Input):
    """What one network gets instead of the original text."""

    text: Annotated[Text, Field(max_length=MAX_TEXT)]


class ContentCreate(Input):
    """A post as its author thinks of it. Text or media must be there."""

    model_config = ConfigDict(json_schema_extra=text_or_media)

    text: Annotated[Text, Field(max_length=MAX_TEXT)] = ""
    adapted_versions: dict[PlatformName, AdaptedVersion] = Field(
        default_factory=dict, json_schema_extra={"additionalProperties": False}
    )
    media: Annotated[list[MediaUse], Field(max_length=20)] = Field(default_factory=list)
    language: Language | None = None


class ContentRead(Output):
    """Content as it stands."""

    id: UUID
    text: Annotated[str, Field(validation_alias="original_text")]
    adapted_versions: dict[str, AdaptedVersion]
    media: list[MediaUse]
    language: str | None
    status: str
    version: int
    created_at: datetime
