"""People, as they see themselves."""

from datetime import datetime
from functools import cache
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from lamplighter.schemas.common import Output


def _known(timezone: str) -> str:
    if timezone not in _timezones():
        raise PydanticCustomError("timezone_unknown", "Give a zone of the IANA database: Europe/Vienna.")
    return timezone


@cache
def _timezones() -> set[str]:
    from zoneinfo import available_timezones  # noqa: PLC0415  # reads a folder

    return available_timezones()


Timezone = Annotated[str, Field(max_length=50, examples=["Europe/Vienna"]), AfterValidator(_known)]


class UserRead(Output):
    """A person's own account."""

    id: UUID
    email: str
    name: str | None
    avatar_url: str | None
    timezone: str
    version: int
    created_at: datetime
