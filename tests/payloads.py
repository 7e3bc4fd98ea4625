"""Whether what is sent is what its published schema says, no less and no more."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from uuid import UUID

from jsonschema import Draft202012Validator
from sqlalchemy import select

from infra.tools import openapi
from lamplighter.domain.webhooks import LONGEST_BODY
from lamplighter.postgres.models import Event, OutboxEvent
from lamplighter.postgres.session import transaction
from lamplighter.services.fan_out import envelope
from lamplighter.services.posting import body_of


@cache
def _document() -> Any:
    return json.loads(openapi.DOCUMENT.read_text())


def _strict(part: Any) -> Any:
    """The same schemas, without room for fields that they do not name."""
    if isinstance(part, list):
        return [_strict(each) for each in part]
    if not isinstance(part, dict):
        return part
    closed = {"additionalProperties": False} if isinstance(part.get("properties"), dict) else {}
    return {name: _strict(value) for name, value in part.items()} | closed


@cache
def _schemas() -> Any:
    return _strict(_document()["components"]["schemas"])


@cache
def _validator(event_type: str) -> Draft202012Validator:
    operation = _document()["webhooks"][event_type]["post"]
    schema = operation["requestBody"]["content"]["application/json"]["schema"]
    whole = {**schema, "components": {"schemas": _schemas()}}
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def check(payload: Any) -> None:
    """Raises ValidationError where the payload is another than published; it fits into the limit."""
    _validator(payload["type"]).validate(payload)
    assert len(body_of(payload)) < LONGEST_BODY


def told(workspace_id: UUID) -> Iterator[Any]:
    """What is or would be sent of every event of the workspace, the oldest first."""
    with transaction(workspace_id) as tx:
        for table in (Event, OutboxEvent):
            for row in tx.session.scalars(select(table).order_by(table.id)):
                yield json.loads(body_of(envelope(row)))


def check_all(workspace_id: UUID) -> None:
    """Check what the workspace's events say."""
    for payload in told(workspace_id):
        check(payload)


def fields(event_type: str) -> dict[str, Any]:
    """What the published schema has at each path of the type's payload, without the words of descriptions."""
    operation = _document()["webhooks"][event_type]["post"]
    return dict(_paths("", operation["requestBody"]["content"]["application/json"]["schema"]))


def _paths(path: str, schema: Any) -> Iterator[tuple[str, Any]]:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        yield from _paths(path, _document()["components"]["schemas"][name])
    elif "properties" in schema:
        for name, part in schema["properties"].items():
            may_lack = "" if name in schema["required"] else "?"
            yield from _paths(f"{path}.{name}{may_lack}".lstrip("."), part)
    elif "items" in schema:
        yield from _paths(f"{path}[]", schema["items"])
    elif "anyOf" in schema:
        for part in schema["anyOf"]:
            if part == {"type": "null"}:
                path = f"{path} or null"
        for part in schema["anyOf"]:
            if part != {"type": "null"}:
                yield from _paths(path, part)
    else:
        words = ("const", "enum", "format", "type")
        yield path, " ".join(str(schema[word]) for word in words if word in schema)
