"""What the API's schemas share: strictness, times, pages."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", re.ASCII)


class Input(BaseModel):
    """A request body: unknown fields are refused, so that a typo never passes for a default."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class Output(BaseModel):
    """An answer, read from a row's attributes."""

    model_config = ConfigDict(
        from_attributes=True, frozen=True, populate_by_name=True, use_attribute_docstrings=True
    )


def _storable(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("forbidden_character", "The character U+0000 cannot be stored.")
    return text


def _written_out(given: object) -> object:
    """Numbers would be guessed to be seconds or milliseconds, and words to be dates."""
    if isinstance(given, datetime) or (isinstance(given, str) and _TIMESTAMP.match(given)):
        return given
    raise PydanticCustomError("time_expected", "Give a time such as 2026-11-22T09:00:00+01:00.")


def _no_word(number: Any) -> Any:
    """Neither "1" nor true, which pydantic would take as well."""
    if isinstance(number, bool | str):
        raise PydanticCustomError("int_type", "Give a whole number.")
    return number


def _in_utc(time: datetime) -> datetime:
    try:
        return time.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("out_of_range", "This time lies outside the calendar.") from None


Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[str, Field(min_length=1, max_length=255), AfterValidator(_storable)]
_LINK = r'^https://[^\x00-\x20\x7f-\xa0\ufeff\s"<>\\`{|}]+$'
"""What Python and JavaScript do not both take for white space is named."""
Link = Annotated[str, Field(max_length=512, pattern=_LINK), AfterValidator(_storable)]
Time = Annotated[AwareDatetime, BeforeValidator(_written_out), AfterValidator(_in_utc)]
"""With an offset on the way in, UTC from there on."""
AS_NUMBER = BeforeValidator(_no_word)
"""For a whole number of a body. It stands after the bounds, which it would else hide from the schema."""


def text_or_media(schema: dict[str, Any]) -> None:
    """Says in a post's schema that one of both must be there."""
    schema["anyOf"] = [
        {"properties": {"text": {"minLength": 1}}, "required": ["text"]},
        {"properties": {"media": {"minItems": 1}}, "required": ["media"]},
    ]


class Page[Item](Output):
    """One page of a list, newest first. `next_cursor` asks for the following one."""

    items: list[Item]
    has_more: bool
    next_cursor: str | None = None


Ids = Annotated[list[UUID], Field(min_length=1, max_length=50)]
