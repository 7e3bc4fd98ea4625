"""A route's transaction sees the tenant of whoever calls, which their credentials prove and no path says."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HANDLERS = sorted((Path(__file__).resolve().parents[2] / "functions").glob("*/handler.py"))


def routes(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    """The functions that HTTP requests reach."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and any(
            "app." in ast.unparse(each) for each in node.decorator_list
        ):
            yield node


def from_the_request(route: ast.FunctionDef) -> list[str]:
    """The transactions of a route whose tenant is one of its parameters."""
    given = {argument.arg for argument in (*route.args.args, *route.args.kwonlyargs)}
    calls = [node for node in ast.walk(route) if isinstance(node, ast.Call)]
    return [
        ast.unparse(call)
        for call in calls
        if ast.unparse(call.func) == "transaction"
        for value in (*call.args, *(keyword.value for keyword in call.keywords))
        if isinstance(value, ast.Name) and value.id in given
    ]


@pytest.mark.parametrize("handler", HANDLERS, ids=lambda path: path.parent.name)
def test_no_transaction_takes_its_tenant_from_the_path(handler: Path):
    found = [each for route in routes(ast.parse(handler.read_text())) for each in from_the_request(route)]
    assert found == [], "use caller.workspace_id, member.organization_id or person.id"


def test_a_tenant_from_the_path_is_noticed():
    source = """
@app.get(ROUTE)
def read(workspace_id, content_id):
    caller = app.caller(workspace_id, "content:read")
    with transaction(workspace_id) as tx, transaction(organization_id=workspace_id):
        return 1
"""
    [route] = routes(ast.parse(source))
    assert from_the_request(route) == [
        "transaction(workspace_id)",
        "transaction(organization_id=workspace_id)",
    ]
