"""JSON of the caller's own shape, kept within what every reader of it can show again."""

from collections.abc import Iterator
from math import isfinite
from typing import Annotated, Any, Final

import orjson
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError

MAX_DEPTH: Final = 20
MAX_BYTES: Final = 16_000
_INTEGERS: Final = range(-(2**63), 2**63)


def _kept(value: dict[str, Any]) -> dict[str, Any]:
    for part in _parts(value):
        _check(part)
    size = len(orjson.dumps(value))
    if size > MAX_BYTES:
        message = "This has {size} bytes as JSON; {limit} fit."
        raise PydanticCustomError("too_large", message, {"size": size, "limit": MAX_BYTES})
    return value


def _parts(value: Any, depth: int = 1) -> Iterator[Any]:
    """Every key and every value that holds no others."""
    if not isinstance(value, dict | list):
        yield value
        return
    if depth > MAX_DEPTH:
        raise PydanticCustomError("too_deep", "This nests deeper than {limit} levels.", {"limit": MAX_DEPTH})
    if isinstance(value, dict):
        yield from value
    for part in value.values() if isinstance(value, dict) else value:
        yield from _parts(part, depth + 1)


def _check(part: Any) -> None:
    if isinstance(part, str) and "\0" in part:
        raise PydanticCustomError("forbidden_character", "The character U+0000 cannot be stored.")
    if isinstance(part, float) and not isfinite(part):
        raise PydanticCustomError("number_out_of_range", "Numbers must be finite.")
    # 1e300 is whole, too: the database keeps it with all its digits.
    if isinstance(part, int | float) and part == int(part) and int(part) not in _INTEGERS:
        raise PydanticCustomError("number_out_of_range", "Whole numbers must fit into 64 bits.")


FreeJson = Annotated[dict[str, Any], AfterValidator(_kept)]
