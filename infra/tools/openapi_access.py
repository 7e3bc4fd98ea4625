"""Who may call an operation, out of what its handler asks the edge for."""

import inspect
import re
from typing import Any

from infra.tools import openapi_words as words
from lamplighter.domain.roles import BY_NAME

_ASKS = re.compile(r"\bapp\.(caller|member|person)\((?:\w+, \"([a-z_]+:[a-z]+)\")?\)")


def asked(function: Any) -> tuple[str, str | None] | None:
    """What the handler asks first: for a `caller` or a `member` with an action, or for the `person`."""
    match = _ASKS.search(inspect.getsource(function))
    return None if match is None else (match[1], match[2])


def action(function: Any) -> str | None:
    """The action of the table in docs/access.md that the handler needs, where it is about a tenant."""
    found = asked(function)
    return None if found is None else found[1]


def security(function: Any, tag: str, path: str) -> words.Security | None:
    """The schemes that open it; None for what people and programs may call alike."""
    if path in words.OPEN_PATHS or function.__name__ in words.OPEN_OPERATIONS:
        return []
    if function.__name__ in words.SECURITY_OF_OPERATIONS:
        return words.SECURITY_OF_OPERATIONS[function.__name__]
    found = asked(function)
    if found is None:
        return words.SECURITY_OF.get(tag)
    needed = found[1]
    return words.PEOPLE if needed is None or BY_NAME[needed].key is None else None
