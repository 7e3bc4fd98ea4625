"""Publications: content on its way to one or more accounts at one time."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lamplighter.domain.vocabulary import LATE_POLICIES, PRIORITIES, PUBLICATION_STATUSES
from lamplighter.schemas.common import AS_NUMBER, Ids, Input, Output, Time

PublicationStatus = StrEnum("PublicationStatus", PUBLICATION_STATUSES)  # type: ignore[misc]  # a tuple elsewhere


def _distinct(ids: list[UUID]) -> list[UUID]:
    if len(set(ids)) != len(ids):
        raise PydanticCustomError("duplicate_ids", "Name each connection once.")
    return ids


def _now_or_time(given: Any, time: ValidatorFunctionWrapHandler) -> Any:
    return given if given == NOW else time(given)


NOW = "now"
When = Annotated[
    Time,
    WrapValidator(_now_or_time),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"const": NOW}]}),
]
"""A time with its offset, or the word "now"; no union, so that an error points at the field itself."""


class PublicationCreate(Input):
    """Publish `content_id` on every connection at `scheduled_at`, a time with its offset, or at once:
    "now"."""

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
    priority: Annotated[str, Field(pattern="^(" + "|".join(PRIORITIES) + ")$")] = "normal"
    late_policy: Annotated[str, Field(pattern="^(" + "|".join(LATE_POLICIES) + ")$")] = "send"
    late_after_minutes: Annotated[int, Field(ge=1, le=7 * 24 * 60), AS_NUMBER] | None = None

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


class PublicationPlatformRead(Output):
    """How it went on one account."""

    id: UUID
    connection_id: UUID
    platform: str
    status: str
    platform_post_id: str | None
    url: str | None
    published_at: datetime | None
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
    late_policy: str
    late_after_minutes: int | None
    approval_status: str | None
    platforms: list[PublicationPlatformRead]
    version: int
    created_at: datetime
