"""What holds on every route that the description names, so that a new one is covered by itself."""

import json
import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from infra.tools import openapi
from lamplighter.entrypoints.api import MAX_BODY_BYTES
from tests.integration.http import Answer, Http

DOCUMENT = json.loads(openapi.DOCUMENT.read_text())
PATHS = [path for path in DOCUMENT["paths"] if path.startswith("/v1/")]
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
PROBLEM = {"type", "title", "status", "detail", "instance", "code", "errors", "request_id"}
OPEN_OBJECTS = {"credentials", "adapted_versions", "settings"}
"""Fields whose own keys are the caller's to choose."""

LIKE_AN_ID = {"/v1/workspaces/{workspace_id}/recurring-posts/preview"}
"""Where another method takes the last word for an id, and finds nothing of that name."""


def with_bodies() -> Iterator[tuple[str, str]]:
    """Method and path of what takes JSON."""
    for path in PATHS:
        for method, given in DOCUMENT["paths"][path].items():
            if "requestBody" in given:
                yield method.upper(), path


BODIES = list(with_bodies())


def filled(path: str) -> str:
    """The path with ids that nobody has."""
    return re.sub(r"\{\w+\}", lambda _match: str(uuid4()), path)


def problem(answer: Answer) -> tuple[int, str]:
    """A refusal in the one shape."""
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(answer.json) == PROBLEM
    assert answer.json["request_id"] == answer.headers["request-id"]
    return answer.status, answer.json["code"]


@pytest.mark.parametrize("path", [path for path in PATHS if path not in LIKE_AN_ID])
def test_another_method_is_refused_with_those_that_there_are(http: Http, path: str):
    there = {method.upper() for method in DOCUMENT["paths"][path]}
    for method in set(METHODS) - there:
        answer = http.call(method, filled(path))
        assert problem(answer) == (405, "method_not_allowed")
        assert set(answer.headers["allow"].split(", ")) == there


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_body_is_json_of_known_fields_and_bounded(http: Http, method: str, path: str):
    def sent(raw: bytes, kind: str = "application/json") -> Answer:
        return http.call(method, filled(path), raw=raw, headers={"content-type": kind, "if-match": '"1"'})

    unknown = sent(b'{"surely_unknown": 1}')
    assert problem(unknown) == (422, "validation_failed")
    fault = {"pointer": "/surely_unknown", "code": "unknown_field", "detail": "This field is not known here."}
    assert fault in unknown.json["errors"]
    assert problem(sent(b'{"a": "' + b"x" * MAX_BODY_BYTES + b'"}')) == (413, "body_too_large")
    assert problem(sent(b'{"a": ')) == (400, "validation_failed")
    for kind in ("application/x-www-form-urlencoded", "text/xml"):
        assert problem(sent(b"a=1", kind)) == (415, "unsupported_media_type")


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_the_description_says_that_unknown_fields_are_refused(method: str, path: str):
    given = DOCUMENT["paths"][path][method.lower()]["requestBody"]["content"]["application/json"]["schema"]
    assert list(loose(given)) == []


def loose(schema: Any, name: str = "") -> Iterator[str]:
    """Objects that would take any field, by the name of the field that holds them."""
    if "$ref" in schema:
        schema = DOCUMENT["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if (
        schema.get("type") == "object"
        and schema.get("additionalProperties") is not False
        and name not in OPEN_OBJECTS
    ):
        yield name or "the body"
    for field, part in schema.get("properties", {}).items():
        yield from loose(part, field)
    items = [schema["items"]] if "items" in schema else []
    for part in (*schema.get("anyOf", ()), *items):
        yield from loose(part, name)
