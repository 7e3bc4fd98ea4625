"""Which schemas a document's paths, webhooks and answers lead to."""

from collections.abc import Iterator
from typing import Any

type Json = dict[str, Any]


def reachable(part: Any, schemas: Json) -> set[str]:
    """The schemas that the document's paths, webhooks and answers lead to."""
    found: set[str] = set()
    waiting = [part["paths"], part["webhooks"], part["components"]["responses"]]
    while waiting:
        for name in references(waiting.pop()):
            if name not in found:
                found.add(name)
                waiting.append(schemas[name])
    return found


def references(part: Any) -> Iterator[str]:
    """The names of the schemas that a part of the document points to."""
    if isinstance(part, dict):
        target = part.get("$ref", "")
        if isinstance(target, str) and target.startswith("#/components/schemas/"):
            yield target.rpartition("/")[2]
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)
