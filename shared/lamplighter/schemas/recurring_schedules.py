"""When a recurring post goes out: one shape of schedule for each type, checked field by field."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from lamplighter.domain.vocabulary import SCHEDULE_TYPES
from lamplighter.schemas.common import AS_NUMBER, Input, Text

ScheduleType = Annotated[str, Field(pattern="^(" + "|".join(SCHEDULE_TYPES) + ")$", examples=["weekly"])]

_LOCAL = r"^(19[7-9]\d|20\d\d|21\d\d)-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d$"
_LOCAL_TIME = re.compile(_LOCAL, re.ASCII)


def _local(given: object) -> datetime:
    """As on the clock on the wall; an offset would contradict the zone."""
    if isinstance(given, str) and _LOCAL_TIME.match(given):
        try:
            return datetime.fromisoformat(given)
        except ValueError:
            pass  # such as 30 February
    message = "Give a local time without an offset, such as 2026-11-22T09:00, between 1970 and 2199."
    raise PydanticCustomError("local_time_expected", message)


def _distinct[Item](items: list[Item]) -> list[Item]:
    if len(set(items)) != len(items):
        raise PydanticCustomError("given_twice", "Give each of them once.")
    return items


_ONCE_EACH = {"uniqueItems": True}
LocalTime = Annotated[
    datetime,
    BeforeValidator(_local),
    PlainSerializer(lambda local: local.isoformat(timespec="minutes"), return_type=str),
    WithJsonSchema({"type": "string", "pattern": _LOCAL, "examples": ["2026-11-22T09:00"]}),
]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$", examples=["09:00"])]
Times = Annotated[
    list[ClockTime],
    Field(min_length=1, max_length=24, json_schema_extra=_ONCE_EACH),
    AfterValidator(_distinct),
]
Weekday = Literal["mo", "tu", "we", "th", "fr", "sa", "su"]
Weekdays = Annotated[
    list[Weekday], Field(min_length=1, max_length=7, json_schema_extra=_ONCE_EACH), AfterValidator(_distinct)
]
Interval = Annotated[int, Field(ge=1, le=1000), AS_NUMBER]
Day = Annotated[
    int,
    Field(ge=-31, le=31, json_schema_extra={"not": {"const": 0}}),
    AS_NUMBER,
]


class _Schedule(Input):
    """What every schedule may say."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "properties": {"ends_at": {"type": "string"}, "count": {"type": "integer"}},
                "required": ["ends_at", "count"],
            }
        }
    )

    timezone: Annotated[Text, Field(min_length=1, max_length=50, examples=["Europe/Berlin"])]
    """Its IANA zone: all local times are that zone's, through every change of the clocks."""
    starts_at: LocalTime | None = None
    """From when on, in local time, and where intervals are counted from; null: now. Of an rrule its
    DTSTART."""
    ends_at: LocalTime | None = None
    """Until when, in local time; null: for ever."""
    count: Annotated[int, Field(ge=1, le=10_000), AS_NUMBER] | None = None
    """How many times in all, those left out by `exdates` counted; null: for ever. Not with `ends_at`."""
    exdates: Annotated[list[LocalTime], Field(max_length=500)] = Field(default_factory=list)
    """Local times that are left out."""
    on_gap: Literal["shift", "skip"] = "shift"
    """What becomes of a local time that a clock change leaves out: it goes out by the offset of before, or
    not at all that day."""

    @model_validator(mode="after")
    def _ends_one_way(self) -> Self:
        if self.ends_at is not None and self.count is not None:
            raise PydanticCustomError("ends_twice", "Give ends_at or count, not both.")
        return self


class DailySchedule(_Schedule):
    """Every day, or every so many days, at these times."""

    times: Times
    interval: Interval = 1
    weekdays_only: StrictBool = False
    """Monday to Friday."""


class WeeklySchedule(_Schedule):
    """On these days of the week, or of every so many weeks, at these times."""

    weekdays: Weekdays
    times: Times
    interval: Interval = 1


class Nth(Input):
    """Such as the second Tuesday of a month; -1 is the last one."""

    week: Literal[1, 2, 3, 4, 5, -1]
    weekday: Weekday


class MonthlySchedule(_Schedule):
    """On these days of the month, -1 being its last one, or on such as its second Tuesday, at these times."""

    model_config = ConfigDict(
        json_schema_extra={
            **_Schedule.model_config["json_schema_extra"],  # type: ignore[dict-item]  # it is a mapping
            "anyOf": [
                {
                    "properties": {"days": {"not": {"type": "null"}}, "nth": {"type": "null"}},
                    "required": ["days"],
                },
                {
                    "properties": {"days": {"type": "null"}, "nth": {"not": {"type": "null"}}},
                    "required": ["nth"],
                },
            ],
        }
    )

    days: (
        Annotated[
            list[Day],
            Field(min_length=1, max_length=31, json_schema_extra=_ONCE_EACH),
            AfterValidator(_distinct),
        ]
        | None
    ) = None
    nth: Nth | None = None
    times: Times
    interval: Interval = 1
    missing_day: Literal["skip", "last"] = "skip"
    """What becomes of a day that a month does not have: it is left out, or the month's last day stands in."""

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if (self.days is None) == (self.nth is None):
            raise PydanticCustomError("days_or_nth", "Give days or nth, one of them.")
        if self.days is not None and 0 in self.days:
            raise PydanticCustomError("no_day_zero", "A month has no day 0; its last one is -1.")
        return self


class CronSchedule(_Schedule):
    """By a cron expression: minute, hour, day of the month, month, day of the week."""

    expression: Annotated[Text, Field(min_length=1, max_length=200, examples=["30 9 * * mon-fri"])]


class RruleSchedule(_Schedule):
    """By a recurrence rule of RFC 5545. `starts_at` is its DTSTART, which is an occurrence only where the
    rule has it."""

    rrule: Annotated[
        Text, Field(min_length=1, max_length=500, examples=["FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"])
    ]


REF = "#/components/schemas/"
SCHEDULES: Mapping[str, type[_Schedule]] = {
    "daily": DailySchedule,
    "weekly": WeeklySchedule,
    "monthly": MonthlySchedule,
    "cron": CronSchedule,
    "rrule": RruleSchedule,
}


def config_of(schedule_type: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The config as it is stored: every field that is not null, local times as ISO 8601. Raises pydantic's
    ValidationError, which a validator that calls this hands on with its own place before each fault's."""
    config = SCHEDULES[schedule_type].model_validate(given)
    return config.model_dump(mode="json", exclude_none=True)


AnySchedule = DailySchedule | WeeklySchedule | MonthlySchedule | CronSchedule | RruleSchedule


def schedules_by_type(schema: dict[str, Any]) -> None:
    """Says in a body's schema which shape of `schedule_config` goes with which `schedule_type`."""
    given = ["schedule_type", "schedule_config"]
    choices: list[dict[str, Any]] = [
        {
            "properties": {
                "schedule_type": {"const": name},
                "schedule_config": {"$ref": REF + model.__name__},
            },
            "required": given,
        }
        for name, model in SCHEDULES.items()
    ]
    if not set(given) <= set(schema.get("required", [])):
        choices.append({"properties": {name: {"type": "null"} for name in given}})
    schema["anyOf"] = choices
