"""Recurring posts: what goes out again and again, to which accounts, by which schedule."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lamplighter.domain.vocabulary import MISFIRE_POLICIES, RECURRING_CONTENT_TYPES, RECURRING_STATUSES
from lamplighter.schemas.common import AS_NUMBER, Ids, Input, Name, Output, Text
from lamplighter.schemas.content import MAX_TEXT
from lamplighter.schemas.publications import Minutes, Priority
from lamplighter.schemas.recurring_schedules import (
    AnySchedule,
    ScheduleType,
    config_of,
    schedules_by_type,
)

RecurringPostStatus = StrEnum("RecurringPostStatus", RECURRING_STATUSES)  # type: ignore[misc]  # a tuple
MAX_POOL = 100

_MADE_SO_FAR = ("fixed", "rotation")


def _distinct[Item](items: list[Item]) -> list[Item]:
    if len(set(items)) != len(items):
        raise PydanticCustomError("given_twice", "Give each of them once.")
    return items


def _made_so_far(word: str) -> str:
    if word in _MADE_SO_FAR:
        return word
    if word in RECURRING_CONTENT_TYPES:
        message = "Recurring posts cannot be made out of templates, nor written by AI, yet: use rotation."
        raise PydanticCustomError("not_yet", message)
    raise PydanticCustomError("unknown_content_type", "Give fixed or rotation.")


ContentType = Annotated[
    str,
    AfterValidator(_made_so_far),
    WithJsonSchema({"type": "string", "enum": list(_MADE_SO_FAR), "examples": ["rotation"]}),
]
"""`fixed`: the one content. `rotation`: of a pool, whatever has not been used for longest."""
_ONCE_EACH = {"uniqueItems": True}
ConnectionIds = Annotated[Ids, Field(json_schema_extra=_ONCE_EACH), AfterValidator(_distinct)]
ContentIds = Annotated[
    list[UUID],
    Field(min_length=1, max_length=MAX_POOL, json_schema_extra=_ONCE_EACH),
    AfterValidator(_distinct),
]
Variations = Annotated[
    list[Annotated[Text, Field(min_length=1, max_length=MAX_TEXT)]],
    Field(max_length=50, json_schema_extra=_ONCE_EACH),
    AfterValidator(_distinct),
]
GapDays = Annotated[int, Field(ge=0, le=3650), AS_NUMBER]
Misfire = Annotated[str, Field(pattern="^(" + "|".join(MISFIRE_POLICIES) + ")$")]
Config = dict[str, Any]


def _config(given: Any, info: ValidationInfo) -> Any:
    """By the type that stands before it; without a valid one nothing can be said."""
    schedule_type = info.data.get("schedule_type")
    return given if schedule_type is None else config_of(schedule_type, given)


def _other_config(given: Any, info: ValidationInfo) -> Any:
    """The same; null is none."""
    return None if given is None else _config(given, info)


GivenConfig = Annotated[Config, PlainValidator(_config, json_schema_input_type=AnySchedule)]
OtherConfig = Annotated[
    Config | None, PlainValidator(_other_config, json_schema_input_type=AnySchedule | None)
]


class RecurringPostCreate(Input):
    """What is posted, where, and by which schedule."""

    model_config = ConfigDict(json_schema_extra=schedules_by_type)

    name: Name
    schedule_type: ScheduleType
    schedule_config: GivenConfig
    content_type: ContentType = "fixed"
    content_ids: ContentIds
    """One content, or the pool of a rotation in the order of its first round."""
    variations: Variations = Field(default_factory=list)
    """Other texts that say the same as the first content. Each becomes content of its own, a copy with this
    text, and takes its turn; networks do not refuse it as the same again then."""
    minimum_gap_days: GapDays = 0
    """For so many days a content is not chosen again. An occurrence for which none is left fails."""
    connection_ids: ConnectionIds
    misfire_policy: Misfire = "run_once"
    """What becomes of occurrences that could not go out in time: `run_once`, the latest of them does; `skip`,
    none; `catch_up`, all do, one after the other."""
    misfire_grace_minutes: Minutes = 60
    """How late one may be before that applies."""
    needs_approval: StrictBool | None = None
    """Whether somebody must approve each publication; null: as the workspace has it."""
    priority: Priority = "normal"


class RecurringPostUpdate(Input):
    """What may change; a field left out, or null, stays as it is. Null for `needs_approval` means: as the
    workspace has it. `schedule_type` and `schedule_config` go together."""

    model_config = ConfigDict(json_schema_extra=schedules_by_type)

    name: Name | None = None
    schedule_type: ScheduleType | None = None
    schedule_config: OtherConfig = None
    content_type: ContentType | None = None
    content_ids: ContentIds | None = None
    """The whole pool, its variations too. What stays in it keeps its turn."""
    variations: Variations | None = None
    """Further ones of the pool's first content."""
    minimum_gap_days: GapDays | None = None
    connection_ids: ConnectionIds | None = None
    misfire_policy: Misfire | None = None
    misfire_grace_minutes: Minutes | None = None
    needs_approval: StrictBool | None = None
    priority: Priority | None = None

    @model_validator(mode="after")
    def _schedules_as_a_whole(self) -> Self:
        if (self.schedule_type is None) != (self.schedule_config is None):
            message = "Give schedule_type and schedule_config together."
            raise PydanticCustomError("schedule_incomplete", message)
        return self

    def given(self) -> dict[str, Any]:
        """The fields that say something, by name."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        return {name: value for name, value in sent.items() if value is not None or name == "needs_approval"}


class RecurringPostPreview(Input):
    """A schedule to be looked at before anything is made of it."""

    model_config = ConfigDict(json_schema_extra=schedules_by_type)

    schedule_type: ScheduleType
    schedule_config: GivenConfig
    limit: Annotated[int, Field(ge=1, le=100), AS_NUMBER] = 10


class RecurringWarning(Output):
    """What is allowed and may yet surprise."""

    code: str
    message: str


class PreviewedOccurrence(Output):
    """One time at which a schedule would have it go out."""

    local_time: str
    """As on the clock on the wall, by the schedule."""
    at: datetime
    note: str | None
    """`gap`: the clocks leave this local time out, so it goes out by the offset of before. `overlap`: they
    have this hour twice."""


class RecurringPreviewRead(Output):
    """What a schedule comes to."""

    description: str
    occurrences: list[PreviewedOccurrence]
    warnings: list[RecurringWarning]


class PooledContentRead(Output):
    """One content of the pool and its turns."""

    content_id: UUID
    variation_of: UUID | None
    last_used_at: datetime | None
    uses: int


class RecurringPostRead(Output):
    """A recurring post as it stands."""

    id: UUID
    name: str
    description: str
    """Its schedule in words."""
    schedule_type: str
    schedule_config: Config
    content_type: str
    contents: list[PooledContentRead]
    minimum_gap_days: int
    connection_ids: list[UUID]
    platforms: list[str]
    misfire_policy: str
    misfire_grace_minutes: int
    needs_approval: bool | None
    priority: str
    mode: str
    status: str
    next_run_at: datetime | None
    """When it goes out next; null while it is paused, and when it has run to its end."""
    run_count: int
    """How many times it has gone out."""
    warnings: list[RecurringWarning]
    version: int
    created_at: datetime
