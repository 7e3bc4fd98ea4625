"""The API's description is what the code says, valid, and whole."""

import copy
import importlib
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from infra.tools import openapi, openapi_words
from infra.tools.openapi_examples import EXAMPLES
from lamplighter.entrypoints.problem import Occasion, problem, validation_faults

DOCUMENT = openapi.document()
OPERATIONS = [
    (f"{method.upper()} {path}", operation)
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]

PROVEN_BY_BODY = {"log_in", "refresh", "complete_oidc_login"}
"""Open to who has no token yet, and refused all the same to who proves nothing."""


def schema_validator(name: str) -> Draft202012Validator:
    resource = Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
    registry = Registry().with_resource("urn:openapi", resource)
    return Draft202012Validator({"$ref": f"urn:openapi#/components/schemas/{name}"}, registry=registry)


def test_the_committed_files_are_what_the_code_says():
    stale = [path.name for path, text in openapi.files().items() if path.read_text() != text]
    assert stale == [], "run `make openapi`"


def test_both_files_are_one_document():
    one, other = (json.loads(path.read_text()) for path in (openapi.DOCUMENT, openapi.SHIPPED))
    assert one == other


def test_the_document_is_valid():
    validate(copy.deepcopy(DOCUMENT))


def test_it_is_the_same_each_time():
    assert openapi.files() == openapi.files()


def test_every_public_route_of_every_function_is_in_it():
    described = {name for name, _ in OPERATIONS}
    for name in openapi.http_functions():
        app = importlib.import_module(f"functions.{name}.handler").app
        for route in app._static_routes + app._dynamic_routes:
            shown = f"{route.method} {route.openapi_path}"
            assert (shown in described) is route.include_in_schema, shown


@pytest.mark.parametrize(("name", "operation"), OPERATIONS, ids=lambda value: str(value)[:60])
def test_an_operation_says_what_a_caller_must_know(name: str, operation: dict[str, Any]):
    assert operation["summary"]
    assert operation["tags"][0] in openapi_words.TAGS
    for status, response in operation["responses"].items():
        if int(status) >= 400:
            assert response == {"$ref": f"#/components/responses/{status}"}, name
        elif status not in ("204", "302", "304"):
            assert response["content"], name
    assert "500" in operation["responses"]
    proves = operation.get("security") != [] or operation["operationId"] in PROVEN_BY_BODY
    assert ("401" in operation["responses"]) is proves


def test_nothing_of_another_error_shape_is_left():
    assert openapi.POWERTOOLS_OWN.isdisjoint(DOCUMENT["components"]["schemas"])
    contents = [answer["content"] for answer in DOCUMENT["components"]["responses"].values()]
    assert {kind for content in contents for kind in content} == {"application/problem+json"}


def test_problems_are_what_the_code_answers():
    errors = validation_faults([{"type": "missing", "loc": ("body", "text"), "msg": ""}])
    errors += validation_faults([{"type": "int_parsing", "loc": ("query", "limit"), "msg": "not a number"}])
    answer = problem(
        openapi_words.HTTPStatus(422), "validation_failed", "no", Occasion("/v1", "r"), errors=errors
    )
    assert answer.body
    schema_validator("Problem").validate(json.loads(answer.body))


@pytest.mark.parametrize("status", DOCUMENT["components"]["responses"])
def test_the_example_of_a_problem_is_one(status: str):
    example = DOCUMENT["components"]["responses"][status]["content"]["application/problem+json"]["example"]
    schema_validator("Problem").validate(example)
    assert example["status"] == int(status)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_body_is_valid(name: str):
    schema_validator(name).validate(EXAMPLES[name])


def test_two_schemas_of_one_name_are_refused():
    schemas: dict[str, Any] = {"Thing": {"type": "string"}}
    openapi.add(schemas, {"Thing": {"type": "string"}})
    with pytest.raises(openapi.NameClashError, match="Thing"):
        openapi.add(schemas, {"Thing": {"type": "integer"}})


def test_two_operations_of_one_name_are_refused():
    with pytest.raises(openapi.NameClashError, match="list_things"):
        openapi.check_operations({f"/{name}": {"get": {"operationId": "list_things"}} for name in "ab"})


@pytest.mark.parametrize(
    ("operation", "status"),
    [
        ("POST /v1/organizations/{organization_id}/workspaces", "409"),
        ("POST /v1/workspaces/{workspace_id}/media/{media_id}/complete", "409"),
        ("POST /v1/workspaces/{workspace_id}/publications/{publication_id}/cancel", "409"),
        ("POST /v1/workspaces/{workspace_id}/connections", "502"),
        ("POST /sandbox/api/posts", "429"),
    ],
)
def test_what_only_the_services_refuse_is_described_too(operation: str, status: str):
    assert status in dict(OPERATIONS)[operation]["responses"]


DECISIONS = {"approve_publication", "reject_publication"}
"""Actions about what was read, and nothing else."""


def test_a_change_needs_if_match_and_an_action_may_go_without():
    for name, operation in OPERATIONS:
        is_action = name.startswith("POST") and operation["operationId"] not in DECISIONS
        for given in operation.get("parameters", []):
            if given["name"] == "If-Match":
                assert given["required"] is not is_action, name
                assert ("428" in operation["responses"]) is given["required"], name
                assert given["schema"]["pattern"]


def test_what_is_read_links_to_what_its_etag_allows_to_change():
    read = dict(OPERATIONS)["GET /v1/workspaces/{workspace_id}/publications/{publication_id}"]
    link = read["responses"]["200"]["links"]["cancel_publication"]
    assert link["parameters"]["If-Match"] == "$response.header.ETag"


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("ContentCreate", {"text": ""}),
        ("ContentCreate", {"text": "x", "adapted_versions": {"nowhere": {"text": "x"}}}),
        ("MediaCreate", {"byte_size": 0}),
        ("PublicationCreate", {**EXAMPLES["PublicationCreate"], "late_policy": "skip"}),
        ("PublicationCreate", {**EXAMPLES["PublicationCreate"], "connection_ids": ["a", "a"]}),
        ("ConnectionCreate", {"platform": "mastodon", "credentials": {"access_token": "x"}}),
        ("UserUpdate", {"avatar_url": "http://example.com/lamp.png"}),
        ("SandboxPostCreate", {"handle": "ada"}),
        ("SandboxFaultSwitch", {"fault": "slow"}),
        ("SandboxFaultSwitch", {"remaining": 1}),
    ],
)
def test_a_schema_refuses_what_the_code_refuses(name: str, body: dict[str, Any]):
    assert not schema_validator(name).is_valid(body)
