"""Every route in the code is reached through API Gateway, and every route of the gateway leads to code."""

import importlib
from pathlib import Path
from typing import Any

import pytest

from infra.local import template as templates
from infra.local.routing import Route, resolve
from infra.local.template import Function

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = templates.load(ROOT / "template.yaml")
GATEWAY = TEMPLATE.routes()
HTTP_FUNCTIONS = [function for function in TEMPLATE.functions() if function.routes]


def code_routes(function: Function) -> list[tuple[str, str]]:
    """(method, path) of each route of the handler, its parameters filled in."""
    app: Any = importlib.import_module(f"functions.{function.name}.handler").app
    return [(route.method, example(route.path)) for route in app._static_routes + app._dynamic_routes]


def example(path: str) -> str:
    """A path that a caller might send for /things/<thing_id>."""
    return "/".join("x1" if segment.startswith("<") else segment for segment in path.split("/"))


@pytest.mark.parametrize("function", HTTP_FUNCTIONS, ids=lambda function: function.name)
def test_the_gateway_leads_every_route_of_the_code_to_its_function(function: Function):
    routes = code_routes(function)
    assert routes
    for method, path in routes:
        match = resolve(GATEWAY, method, path)
        assert match, (method, path)
        assert match.logical_id == function.logical_id, (method, path)


@pytest.mark.parametrize("function", HTTP_FUNCTIONS, ids=lambda function: function.name)
def test_every_route_of_the_gateway_leads_to_code(function: Function):
    matches = [resolve(GATEWAY, method, path) for method, path in code_routes(function)]
    assert {route.key for route in function.routes} == {match.route_key for match in matches if match}


def test_routes_are_distinct():
    keys = [route.key for route in GATEWAY]
    assert len(keys) == len(set(keys))


def test_what_no_prefix_takes_goes_to_docs():
    for path in ("/", "/v1", "/v1/things", "/v1/workspaces/x1/things", "/v1/workspaces/x1/y/z", "/sandboxes"):
        assert resolve(GATEWAY, "GET", path) == ("$default", "DocsFunction", {}), path


def test_a_longer_literal_beats_a_variable():
    routes = [
        Route("ANY", "/a/{b}", "Variable"),
        Route("ANY", "/a/c", "Literal"),
        Route("ANY", "/a/{p+}", "Greedy"),
    ]
    for path, expected in (("/a/c", "Literal"), ("/a/d", "Variable"), ("/a/c/d", "Greedy")):
        match = resolve(routes, "GET", path)
        assert match
        assert match.logical_id == expected
