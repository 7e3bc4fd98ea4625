"""E-mail addresses as bodies give them."""

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from lamplighter.domain.emails import MAX_LENGTH, NoAddress, normalised


def _address(given: str) -> str:
    try:
        return normalised(given)
    except NoAddress as error:
        raise PydanticCustomError("email_invalid", "{why}", {"why": str(error)}) from None


Email = Annotated[
    str,
    Field(
        min_length=3,
        max_length=MAX_LENGTH,
        examples=["ada@example.com"],
        json_schema_extra={"format": "email"},
    ),
    AfterValidator(_address),
]
"""In the one spelling that is stored: lower case, the domain in ASCII."""
