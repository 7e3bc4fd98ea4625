"""Content: written once, adapted to each network."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import ConfigDict, Field

from lamplighter.domain.networks import NETWORKS
from lamplighter.domain.vocabulary import CONTENT_STATUSES, SEGMENT_KINDS
from lamplighter.schemas.common import Input, Output, Text, text_or_media

MAX_TEXT = 100_000
ContentStatus = StrEnum("ContentStatus", CONTENT_STATUSES)  # type: ignore[misc]  # the words stand in one place
PlatformName = Annotated[str, Field(pattern="^(" + "|".join(NETWORKS) + ")$", examples=["bluesky"])]
Language = Annotated[
    str, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", max_length=20, examples=["en"])
]

Words = Annotated[Text, Field(max_length=MAX_TEXT)]


class MediaUse(Input):
    """One picture of a post and the words that stand for it."""

    media_id: UUID
    alt: Annotated[Text, Field(max_length=2000)] = ""


MediaUses = Annotated[list[MediaUse], Field(max_length=20)]


class Segment(Input):
    """What a post goes on with: a `thread` segment answers the part before it, a `comment` the post itself.
    Text or media must be there."""

    model_config = ConfigDict(json_schema_extra=text_or_media)

    kind: Annotated[str, Field(pattern="^(" + "|".join(SEGMENT_KINDS) + ")$", examples=["thread"])]
    text: Words = ""
    media: MediaUses = Field(default_factory=list)


Segments = Annotated[list[Segment], Field(max_length=25)]


class AdaptedVersion(Input):
    """What one network gets instead of the original text."""

    text: Words
    segments: Segments | None = None
    """What it goes on with there; left out, or null: as the original does."""


AdaptedVersions = Annotated[
    dict[PlatformName, AdaptedVersion], Field(json_schema_extra={"additionalProperties": False})
]


class ContentCreate(Input):
    """A post as its author thinks of it. Text or media must be there."""

    model_config = ConfigDict(json_schema_extra=text_or_media)

    text: Words = ""
    adapted_versions: AdaptedVersions = Field(default_factory=dict)
    media: MediaUses = Field(default_factory=list)
    segments: Segments = Field(default_factory=list)
    language: Language | None = None

    def columns(self) -> dict[str, Any]:
        """What the row holds of it."""
        return _columns(self.model_dump(mode="json", exclude_none=True))


class ContentUpdate(Input):
    """What may change. A field left out stays as it is, one that is given is replaced as a whole; null for
    `language` means none."""

    text: Words | None = None
    adapted_versions: AdaptedVersions | None = None
    media: MediaUses | None = None
    segments: Segments | None = None
    language: Language | None = None
    status: Annotated[str, Field(pattern="^(" + "|".join(CONTENT_STATUSES) + ")$")] | None = None

    def columns(self) -> dict[str, Any]:
        """What the row is to hold of the fields that were given, without a null that means nothing."""
        given = self.model_dump(mode="json", exclude_none=True)
        lifted = {"language": None} if "language" in self.model_fields_set else {}
        return _columns({**lifted, **{name: given[name] for name in self.model_fields_set & given.keys()}})


def _columns(given: dict[str, Any]) -> dict[str, Any]:
    return {"original_text" if name == "text" else name: value for name, value in given.items()}


class ContentRead(Output):
    """Content as it stands."""

    id: UUID
    text: Annotated[str, Field(validation_alias="original_text")]
    adapted_versions: dict[str, AdaptedVersion]
    media: list[MediaUse]
    segments: list[Segment]
    language: str | None
    status: str
    version: int
    created_at: datetime
