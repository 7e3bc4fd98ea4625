"""People, as they see themselves."""

from datetime import datetime
from functools import cache
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from lamplighter.schemas.common import Input, Link, Name, Output
from lamplighter.schemas.emails import Email


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


class UserUpdate(Input):
    """What may change; a field left out stays as it is, and null empties `avatar_url`."""

    name: Name | None = None
    avatar_url: Link | None = None
    """Shown to those who work with you; nothing here ever fetches it."""
    timezone: Timezone | None = None


class EmailChange(Input):
    """A new address is asked for; a mail with a link goes there."""

    email: Email
    password: Annotated[str, Field(min_length=1, max_length=1000)] | None = None
    """Your password; null for an account that has none."""


class EmailProof(Input):
    """The token out of that mail."""

    token: Annotated[str, Field(min_length=1, max_length=200)]


class SessionRead(Output):
    """A device where you are signed in."""

    id: UUID
    user_agent: str | None
    address: str | None
    created_at: datetime
    last_used_at: datetime
    expires_at: datetime
    current: bool
    """Whether this request comes from it."""
