"""Every operation of the API with a request that its handler would take, made from the API's description."""

import re
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from infra.tools import openapi, openapi_words

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    name: str
    method: str
    path: str
    given: Json
    document: Json

    @property
    def takes_people_or_programs(self) -> bool:
        """Whether an access token or an API key is what opens it."""
        security = self.given.get("security", self.document["security"])
        return security in (openapi_words.PRINCIPALS, openapi_words.PEOPLE)

    def target(self, **ids: object) -> str:
        """The path with these ids, random ones in the place of all others, and the query that it needs."""
        path = re.sub(r"\{(\w+)\}", lambda match: str(ids.get(match[1], uuid4())), self.path)
        needed = [each for each in self.given.get("parameters", []) if each["in"] == "query"]
        query = {each["name"]: self._sample(each["schema"]) for each in needed if each["required"]}
        return f"{path}?{urlencode(query, doseq=True)}" if query else path

    def headers(self) -> dict[str, str]:
        """If-Match where it is needed: of the first version."""
        names = {each["name"] for each in self.given.get("parameters", []) if each.get("required")}
        return {"if-match": '"1"'} if "If-Match" in names else {}

    def body(self) -> Any:
        """The description's example, or the least that it asks for; None where it takes none."""
        content = self.given.get("requestBody", {}).get("content", {}).get("application/json")
        return None if content is None else self._sample(content["schema"])

    def _sample(self, schema: Json) -> Any:
        if "$ref" in schema:
            return self._sample(self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]])
        for choices in ("anyOf", "oneOf", "allOf"):
            if choices in schema and "properties" not in schema:
                return self._sample(schema[choices][0])
        if schema.get("examples"):
            return deepcopy(schema["examples"][0])
        if schema.get("type") == "object":
            return {name: self._sample(schema["properties"][name]) for name in schema.get("required", [])}
        if schema.get("type") == "array":
            return [self._sample(schema["items"])] if schema.get("minItems") else []
        return _scalar(schema)


def _scalar(schema: Json) -> Any:
    made = {"uuid": str(uuid4()), "email": "ada@example.com", "date-time": "2026-11-22T09:00:00Z"}
    if schema.get("format") in made:
        return made[schema["format"]]
    known = [*schema.get("enum", []), *(schema[name] for name in ("const", "default") if name in schema)]
    if known:
        return known[0]
    return schema.get("minimum", 1) if schema.get("type") == "integer" else "x" * schema.get("minLength", 1)


def operations() -> Iterator[Operation]:
    """All of them, as the code describes itself now."""
    document = openapi.document()
    for path, item in document["paths"].items():
        for method, given in item.items():
            yield Operation(given["operationId"], method.upper(), path, given, document)
