"""What of the API takes ids, found in its OpenAPI document, and how to call it."""

import json
import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from infra.tools import openapi

DOCUMENT = json.loads(openapi.DOCUMENT.read_text())
ANY_CALLER = [{scheme: []} for scheme in ("api_key", "access_token")]

INSTEAD: dict[str, Any] = {
    "update_workspace_member": {"role": "viewer"},
    "create_webhook": {"url": "https://93.184.215.14/hooks"},
    "update_webhook": {"url": "https://93.184.215.14/hooks"},
    "replay_webhook": {"dry_run": False},
}
"""Fields of examples that are not for every caller or place: a key cannot make an approver, a test looks no
name up, and a dry run changes nothing."""

type Json = dict[str, Any]
type Place = tuple[str | int, ...]
"""Where in a body: ("media", 0, "media_id")."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A method of a path and the places of ids in its requests."""

    name: str
    method: str
    path: str
    schemes: tuple[str, ...]
    """How its callers may prove who they are; nothing for one that is open to everybody."""
    path_ids: tuple[str, ...]
    query_ids: tuple[str, ...]
    needed_ids: tuple[str, ...]
    """Those of the query that it cannot do without."""
    body_ids: tuple[Place, ...]
    takes_version: bool
    confirms: bool
    """Whether the id is sent once more, as one deletes what cannot be brought back."""
    lists: str | None
    """What the ids of its items are called, where it has pages; "entry" where they have no address."""
    schema: Json | None

    def target(self, ids: Json, query: Json | None = None) -> str:
        """The path with its ids filled in."""
        path = re.sub(r"\{(\w+)\}", lambda match: str(ids[match[1]]), self.path)
        return path + "".join(f"?{name}={value}" for name, value in (query or {}).items())

    def body(self, make: Callable[[str], str]) -> Any:
        """The document's example, or the least that it asks for, with ids that `make` gives for their names;
        None where it takes no body."""
        if self.schema is None:
            return None
        examples = _resolved(self.schema).get("examples") or [_sample(self.schema, (), make)]
        body = {**deepcopy(examples[0]), **INSTEAD.get(self.name, {})}
        for place in self.body_ids:
            if _has(body, place):
                _put(body, place, make(id_name(place)))
        return body

    def body_with(self, body: Any, place: Place, value: str, make: Callable[[str], str]) -> Any:
        """The body with one more id, or another one, in its place."""
        changed = deepcopy(body)
        assert self.schema is not None
        _grow(changed, self.schema, place, make)
        _put(changed, place, value)
        return changed


def operations() -> list[Operation]:
    """Every operation that takes an id anywhere, or a cursor, which holds one."""
    found = [
        _operation(method, path, given)
        for path, item in DOCUMENT["paths"].items()
        for method, given in item.items()
    ]
    takes_ids = (each for each in found if each.path_ids or each.query_ids or each.body_ids)
    return [*takes_ids, *(each for each in found if not each.path_ids and each.lists is not None)]


def id_name(place: Place) -> str:
    """What is named there: ("connection_ids", 0) is a connection_id."""
    name = next(step for step in reversed(place) if isinstance(step, str))
    return name.removesuffix("s") if name.endswith("_ids") else name


def _operation(method: str, path: str, given: Json) -> Operation:
    parameters = given.get("parameters", [])
    content = given.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema")
    security = given.get("security", DOCUMENT["security"])
    return Operation(
        name=given["operationId"],
        method=method.upper(),
        path=path,
        schemes=tuple(scheme for choice in security for scheme in choice),
        path_ids=tuple(re.findall(r"\{(\w+)\}", path)),
        query_ids=tuple(p["name"] for p in parameters if p["in"] == "query" and _is_id(p)),
        needed_ids=tuple(p["name"] for p in parameters if p["in"] == "query" and _is_id(p) and p["required"]),
        body_ids=tuple(dict.fromkeys(_places(schema, ()))) if schema else (),
        takes_version=any(p["name"] == "If-Match" for p in parameters),
        confirms=any(p["name"] == "confirm" for p in parameters),
        lists=_item(path) if any(p["name"] == "cursor" for p in parameters) else None,
        schema=schema,
    )


def _item(path: str) -> str:
    below = [re.fullmatch(re.escape(path) + r"/\{(\w+)\}", other) for other in DOCUMENT["paths"]]
    return next((match[1] for match in below if match), "entry")


def _is_id(parameter: Json) -> bool:
    return parameter["name"].endswith("_id")


def _resolved(schema: Json) -> Json:
    if "$ref" in schema:
        found: Json = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        return found
    return schema


def _parts(schema: Json) -> Iterator[tuple[str | int | None, Json]]:
    """What a value of the schema is made of, by step; None: the value itself."""
    schema = _resolved(schema)
    for choices in ("anyOf", "oneOf", "allOf"):
        yield from ((None, choice) for choice in schema.get(choices, []))
    yield from schema.get("properties", {}).items()
    for part in schema.get("patternProperties", {}).values():
        yield schema["propertyNames"]["examples"][0], part
    if "items" in schema:
        yield 0, schema["items"]


def _places(schema: Json, place: Place) -> Iterator[Place]:
    if _resolved(schema).get("format") == "uuid":
        yield place
    for step, part in _parts(schema):
        yield from _places(part, place if step is None else (*place, step))


def _has(value: Any, place: Place) -> bool:
    for step in place:
        known = value if isinstance(value, dict) else range(len(value or ()))
        if step not in known:
            return False
        value = value[step]
    return True


def _put(value: Any, place: Place, given: str) -> None:
    *way, last = place
    for step in way:
        value = value[step]
    if isinstance(value, list):
        value[:] = [given]
    else:
        value[last] = given


def _grow(value: Any, schema: Json, place: Place, make: Callable[[str], str]) -> None:
    """Add what is missing on the way to the place, with as little in it as the schema asks for."""
    for index, step in enumerate(place[:-1]):
        schema = _part(schema, step)
        if not _has(value, (step,)) or value[step] is None:
            sample = _sample(schema, place[: index + 1], make)
            if isinstance(value, list):
                value.append(sample)
            else:
                value[step] = sample
        value = value[step]


def _part(schema: Json, step: str | int) -> Json:
    for key, part in _parts(schema):
        if key == step:
            return part
        if key is None and any(place[:1] == (step,) for place in _places(part, ())):
            return _part(part, step)
    raise KeyError(step)


def _sample(schema: Json, place: Place, make: Callable[[str], str]) -> Any:
    schema = _resolved(schema)
    if schema.get("format") == "uuid":
        return make(id_name(place))
    if "anyOf" in schema and "properties" not in schema:
        return _sample(schema["anyOf"][0], place, make)
    if schema.get("type") == "object":
        required = schema.get("required", [])
        return {name: _sample(schema["properties"][name], (*place, name), make) for name in required}
    if schema.get("type") == "array":
        return []
    known = [*schema.get("enum", []), *schema.get("examples", [])]
    return known[0] if known else schema.get("const", schema.get("default", schema.get("minimum", "x")))
