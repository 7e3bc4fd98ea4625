"""Queue slots: the weekly times of a plan, what becomes of each, and queues that are spread anew."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StrictBool, model_validator
from pydantic_core import PydanticCustomError

from lamplighter.domain.slots import WEEKDAYS
from lamplighter.schemas.common import AS_NUMBER, Input, Output

MOST_MOVED = 100
"""How many posts of a queue are spread anew at a time."""

Zone = Annotated[str, Field(min_length=1, max_length=50, examples=["Europe/Vienna"])]
"""Its name in the IANA database."""
LocalTime = Annotated[str, Field(pattern="^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["09:00"])]


def _in_order(times: list[str]) -> list[str]:
    return sorted(set(times))


Times = Annotated[list[LocalTime], Field(max_length=48), AfterValidator(_in_order)]


def _one_at_least(schema: dict[str, Any]) -> None:
    schema["anyOf"] = [{"properties": {day: {"minItems": 1}}, "required": [day]} for day in WEEKDAYS]


class Weekly(Input):
    """Local times by weekday: Monday, Tuesday, and so on."""

    model_config = ConfigDict(json_schema_extra=_one_at_least)

    mo: Times = Field(default_factory=list)
    tu: Times = Field(default_factory=list)
    we: Times = Field(default_factory=list)
    th: Times = Field(default_factory=list)
    fr: Times = Field(default_factory=list)
    sa: Times = Field(default_factory=list)
    su: Times = Field(default_factory=list)

    @model_validator(mode="after")
    def _has_a_time(self) -> Self:
        if not any(getattr(self, day) for day in WEEKDAYS):
            raise PydanticCustomError("slots_missing", "Give a time on one day of the week at least.")
        return self


class QuietHours(Input):
    """Nothing from `start` on until `end`, which is on the next day where it is the earlier one."""

    start: LocalTime
    end: LocalTime

    @model_validator(mode="after")
    def _lasts(self) -> Self:
        if self.start == self.end:
            raise PydanticCustomError("quiet_hours_empty", "Let them end at another time than they start.")
        return self


Quiet = Annotated[list[QuietHours], Field(max_length=10)]
Gap = Annotated[int, Field(ge=0, le=24 * 60), AS_NUMBER]
Cap = Annotated[int, Field(ge=1, le=1000), AS_NUMBER]


class SlotPlanCreate(Input):
    """The times of a queue, all of them local ones of `timezone`."""

    connection_id: UUID | None = None
    """The account that it is for; null: every account that has no plan of its own."""
    timezone: Zone
    weekly: Weekly
    quiet_hours: Quiet = Field(default_factory=list)
    """On every day. A slot that falls into them is left out."""
    min_gap_minutes: Gap = 0
    """A slot is not free if the account has a post less than so long before or after it."""
    daily_cap: Cap | None = None
    """A slot is not free if the account has so many posts on its local day; null: no limit."""


class SlotPlanUpdate(Input):
    """What may change. A field left out stays as it is, one that is given is replaced as a whole; null for
    `daily_cap` means no limit. What is scheduled already stays where it is: a reshuffle moves it."""

    timezone: Zone | None = None
    weekly: Weekly | None = None
    quiet_hours: Quiet | None = None
    min_gap_minutes: Gap | None = None
    daily_cap: Cap | None = None

    def columns(self) -> dict[str, Any]:
        """What the row is to hold of the fields that were given, without a null that means nothing."""
        given = self.model_dump(mode="json", exclude_unset=True)
        return {name: value for name, value in given.items() if value is not None or name == "daily_cap"}


class SlotPlanRead(Output):
    """The times of a queue."""

    id: UUID
    connection_id: UUID | None
    """Null: it is the workspace's."""
    timezone: str
    weekly: Weekly
    quiet_hours: list[QuietHours]
    min_gap_minutes: int
    daily_cap: int | None
    version: int
    created_at: datetime


class SlotUse(Output):
    """A post, or one that a recurring post is going to make, that stands in a slot's way."""

    connection_id: UUID
    at: datetime
    publication_id: UUID | None
    """Null: there is no publication yet, or none that the key may see."""
    recurring_post_id: UUID | None
    """Where it is an occurrence of one, as far as the key may see it."""


class SlotRead(Output):
    """One time at which all the given accounts could post."""

    at: datetime
    local_time: Annotated[str, Field(examples=["2026-11-23T09:00:00"])]
    """The same by the zone of the first account's plan."""
    status: str
    """free, or why it is not: taken, too_close (to another post), day_full."""
    occupied_by: list[SlotUse]
    """What stands in its way: too close to it, or on its day where that is full."""


class SlotList(Output):
    """The slots to come, up to the last of as many free ones as were asked for."""

    items: list[SlotRead]
    searched_until: datetime
    """Nothing later was looked at."""


def _given_where_it_counts(schema: dict[str, Any]) -> None:
    given = {"publication_ids": {"minItems": 1}}
    others = {"order": {"enum": ["priority", "kept"]}, "publication_ids": {"maxItems": 0}}
    schema["anyOf"] = [
        {"properties": others},
        {"properties": {"order": {"const": "given"}, **given}, "required": ["order", "publication_ids"]},
    ]


class SlotReshuffle(Input):
    """Spread the queued posts of a plan's accounts anew over its free slots, the first one first."""

    model_config = ConfigDict(json_schema_extra=_given_where_it_counts)

    slot_plan_id: UUID
    order: Annotated[str, Field(pattern="^(priority|kept|given)$")] = "priority"
    """priority: by priority, then as they were made; kept: as they stand, so that gaps close; given: those of
    `publication_ids` and nothing else, in that order."""
    publication_ids: Annotated[list[UUID], Field(max_length=MOST_MOVED)] = Field(default_factory=list)
    leave_approved: StrictBool = False
    """What is approved stays where it is, as any other time would have to be approved again."""
    dry_run: StrictBool = True
    """Nothing is moved; the answer says what would be."""

    @model_validator(mode="after")
    def _names_them(self) -> Self:
        if (self.order == "given") is not bool(self.publication_ids):
            message = "Name publication_ids with the order `given`, and with no other."
            raise PydanticCustomError("publication_ids_mismatch", message)
        if len(set(self.publication_ids)) != len(self.publication_ids):
            raise PydanticCustomError("duplicate_ids", "Name each publication once.")
        return self


class SlotMove(Output):
    """A post that goes into another slot."""

    publication_id: UUID
    was_at: datetime
    moves_to: datetime
    approval_status: str | None
    """As it was before."""
    loses_approval: bool
    """It was approved, and is asked about again: an approval is of a time too."""


class SlotReshuffled(Output):
    """What was moved, or would be."""

    slot_plan_id: UUID
    dry_run: bool
    moves: list[SlotMove]
    unmoved: int
    """How many keep the slot that they have."""
    left_out: int
    """How many queued posts are beyond what is moved at a time: they stay, and keep their slots."""
