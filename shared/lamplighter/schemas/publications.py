"""Publications: content on its way to one or more accounts at one time."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    StrictBool,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lamplighter.domain.vocabulary import LATE_POLICIES, PRIORITIES, PUBLICATION_STATUSES
from lamplighter.schemas.common import AS_NUMBER, Ids, Input, Link, Output, Time

PublicationStatus = StrEnum("PublicationStatus", PUBLICATION_STATUSES)  # type: ignore[misc]  # a tuple elsewhere


def _distinct(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        raise PydanticCustomError("duplicate_ids", "Name each connection once.")
    return ids


def _word_or_time(given: Any, time: ValidatorFunctionWrapHandler) -> Any:
    return given if given in (NOW, NEXT_FREE_SLOT) else time(given)


NOW = "now"
NEXT_FREE_SLOT = "next-free-slot"
When = Annotated[
    Time,
    WrapValidator(_word_or_time),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "format": "date-time"}, {"const": NOW}, {"const": NEXT_FREE_SLOT}]}
    ),
]
"""A time with its offset, or one of two words; no union, so that an error points at the field itself."""
Priority = Annotated[str, Field(pattern="^(" + "|".join(PRIORITIES) + ")$")]
LatePolicy = Annotated[str, Field(pattern="^(" + "|".join(LATE_POLICIES) + ")$")]
Minutes = Annotated[int, Field(ge=1, le=7 * 24 * 60), AS_NUMBER]


class PublicationCreate(Input):
    """Publish `content_id` on every connection at `scheduled_at`: a time with its offset, at once ("now"), or
    in the next slot of their slot plans that is free on all of them ("next-free-slot")."""

    model_config = ConfigDict(
        json_schema_extra={
            "anyOf": [
                {"properties": {"late_policy": {"const": "send"}}},
                {
                    "properties": {"late_after_minutes": {"type": "integer"}},
                    "required": ["late_after_minutes"],
                },
            ]
        }
    )

    content_id: UUID
    connection_ids: Annotated[Ids, AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True})]
    scheduled_at: When
    priority: Priority = "normal"
    late_policy: LatePolicy = "send"
    late_after_minutes: Minutes | None = None
    needs_approval: StrictBool | None = None
    """Whether somebody must approve it first; null: as the workspace has it."""
    force: StrictBool = False
    """Publish it although an account has, or is to get, the same around that time."""

    @property
    def is_for_now(self) -> bool:
        """Whether the post should leave at once."""
        return self.scheduled_at == NOW

    @model_validator(mode="after")
    def _says_when_it_is_late(self) -> Self:
        if self.late_policy != "send" and self.late_after_minutes is None:
            message = "Say after how many minutes this late policy acts: late_after_minutes."
            raise PydanticCustomError("late_after_minutes_missing", message)
        return self


class PublicationUpdate(Input):
    """What may change of a publication that has not been sent; a field left out, or null, stays as it is."""

    scheduled_at: When | None = None
    priority: Priority | None = None
    late_policy: LatePolicy | None = None
    late_after_minutes: Minutes | None = None


class PublicationResolve(Input):
    """What became of a post whose outcome nobody could find out: `posted`, and where it is, or
    `not_posted`, so that it is sent again. The latter is believed five minutes after the last call, as its
    network may still be at work on that; sooner it is 409 `too_early_to_say`, with a `Retry-After`."""

    model_config = ConfigDict(
        json_schema_extra={
            "oneOf": [
                {
                    "properties": {"outcome": {"const": "posted"}, "url": {"type": "string"}},
                    "required": ["url"],
                },
                {
                    "properties": {
                        "outcome": {"const": "not_posted"},
                        "url": {"type": "null"},
                        "platform_post_id": {"type": "null"},
                    }
                },
            ]
        }
    )

    outcome: Annotated[str, Field(pattern="^(posted|not_posted)$")]
    url: Link | None = None
    platform_post_id: Annotated[str, Field(pattern=r"^[!-~]{1,512}$")] | None = None
    """The post's id on its network. Without it the post can be neither edited nor removed from here."""

    @property
    def is_posted(self) -> bool:
        """Whether the post is on its network."""
        return self.outcome == "posted"

    @model_validator(mode="after")
    def _says_where_it_is(self) -> Self:
        if self.is_posted and self.url is None:
            raise PydanticCustomError("url_missing", "Say where the post is: url.")
        if not self.is_posted and (self.url, self.platform_post_id) != (None, None):
            message = "What was not posted has neither url nor platform_post_id."
            raise PydanticCustomError("not_posted_has_none", message)
        return self


class PostedSegment(Output):
    """One part of a post as it is on its network: the first, 0, or one of those that go on from it."""

    segment: int
    platform_post_id: Annotated[str | None, Field(validation_alias="remote_id")]
    url: str | None
    published_at: Annotated[datetime | None, Field(validation_alias="finished_at")]


class PublicationPlatformRead(Output):
    """How it went on one account."""

    id: UUID
    connection_id: UUID
    platform: str
    status: str
    change: str | None
    """What is under way with the published post: remove or edit."""
    platform_post_id: str | None
    url: str | None
    segments: Annotated[list[PostedSegment], Field(validation_alias="posted")]
    """Each part that was posted."""
    published_at: datetime | None
    removed_at: datetime | None
    next_attempt_at: datetime | None
    """When it is due next, as long as something is to be done."""
    error_code: str | None
    error_message: str | None
    retry_count: int


class PublicationRead(Output):
    """A publication and each account's part of it."""

    id: UUID
    content_id: UUID
    status: str
    mode: str
    priority: str
    scheduled_at: datetime
    queued: bool
    """Whether that is a slot of the queue, which a reshuffle may change, and no time that somebody chose."""
    late_policy: str
    late_after_minutes: int | None
    approval_status: str | None
    """Null: it needs none."""
    approval_hash: str | None
    """Of the content, the accounts and the time that the approval is about."""
    approved_by: UUID | None
    """The person who approved it, if it was one of this workspace."""
    platforms: list[PublicationPlatformRead]
    version: int
    created_at: datetime
