"""Pages of other origins may not call unless the deployment names them; the gateway tells their browsers."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from http.client import HTTPConnection
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.local import template as templates
from infra.local.gateway import Gateway
from infra.local.ports import free
from infra.local.stack import Stack
from infra.tools import openapi
from tests.integration.http import NAME_OF, Answer, Http, handler_of, lambda_context, logged_in

TEMPLATE = Path(__file__).resolve().parents[3] / "template.yaml"
DOCUMENT = json.loads(openapi.DOCUMENT.read_text())
OPERATIONS = [(method, given) for item in DOCUMENT["paths"].values() for method, given in item.items()]
OURS, OTHER = "https://app.example.com", "https://other.example.com"
ASKS = {"Access-Control-Request-Method": "PATCH", "Access-Control-Request-Headers": "authorization,if-match"}
SAFELISTED = {"cache-control", "content-language", "content-length", "content-type", "expires", "pragma"}
"""What a page may read of an answer without being told so: the Fetch standard's list."""
OF_BROWSERS = {"date", "server", "connection", "keep-alive"}

type Call = Callable[..., Answer]


def invoke(logical_id: str, event: object, _patience: float) -> Any:
    """The function's own answer."""
    name = NAME_OF[logical_id]
    with logged_in(name):
        result = handler_of(name)(event, lambda_context())
    return SimpleNamespace(result=result, error=None)


def served(parameters: Mapping[str, str], closing: ExitStack) -> Call:
    """The gateway as the template describes it with these parameters."""
    template, port = templates.load(TEMPLATE, parameters), free()
    gateway = Gateway(port, template.routes(), invoke, template.cors())
    closing.callback(gateway.close)

    def call(method: str, path: str, headers: Mapping[str, str], body: Any = None) -> Answer:
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), dict(headers))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    return call


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def allowing(closing: ExitStack, http: Http) -> Call:
    """A deployment that names a page's origin."""
    return served({"CorsOrigins": f"https://staging.example.com,{OURS}"}, closing)


def allowed(answer: Answer) -> set[str]:
    return {name for name in answer.headers if name.startswith("access-control-")}


def listed(answer: Answer, name: str) -> set[str]:
    return {word.strip().lower() for word in answer.headers[f"access-control-{name}"].split(",")}


def test_no_page_may_call_unless_the_deployment_says_so(closing: ExitStack, http: Http):
    call = served({}, closing)
    path = f"/v1/workspaces/{http.workspace_id}"
    for origin in (OURS, "null", "http://localhost:3000"):
        asked = call("OPTIONS", path, {"Origin": origin, **ASKS})
        assert (asked.status, allowed(asked)) == (204, set())
        answer = call("GET", path, {"Origin": origin, "Authorization": f"Bearer {http.key}"})
        assert (answer.status, allowed(answer)) == (200, set())


def test_the_gateway_tells_a_named_origins_browser_what_it_may_send(allowing: Call, http: Http):
    answer = allowing("OPTIONS", f"/v1/workspaces/{http.workspace_id}", {"Origin": OURS, **ASKS})
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["access-control-allow-origin"] == OURS
    assert answer.headers["access-control-max-age"] == "3600"
    assert (
        "access-control-allow-credentials" not in answer.headers
    )  # keys travel in a header, never in a cookie
    refused = allowing("OPTIONS", f"/v1/workspaces/{http.workspace_id}", {"Origin": OTHER, **ASKS})
    assert (refused.status, allowed(refused)) == (204, set())


def test_what_the_api_takes_a_page_may_send(allowing: Call):
    answer = allowing("OPTIONS", "/v1/workspaces", {"Origin": OURS, **ASKS})
    methods = {method for method, _ in OPERATIONS}
    assert methods <= listed(answer, "allow-methods")
    parameters = [each for _, given in OPERATIONS for each in given.get("parameters", [])]
    sent = {each["name"].lower() for each in parameters if each["in"] == "header"}
    assert sent == {"if-match", "if-none-match", "idempotency-key"}
    assert {*sent, "authorization", "content-type"} <= listed(answer, "allow-headers")


def test_a_question_that_is_no_browsers_reaches_the_function(allowing: Call, http: Http):
    answer = allowing(
        "OPTIONS", f"/v1/workspaces/{http.workspace_id}", {"Authorization": f"Bearer {http.key}"}
    )
    assert (answer.status, answer.json["code"]) == (405, "method_not_allowed")


def test_whatever_the_answer_a_named_page_may_read_it_whole(allowing: Call, http: Http):
    path = f"/v1/workspaces/{http.workspace_id}/content"
    headers = {"Origin": OURS, "Authorization": f"Bearer {http.key}", "Content-Type": "application/json"}
    once = {**headers, "Idempotency-Key": "a"}
    answers = [
        allowing("POST", path, once, {"text": "x"}),
        allowing("POST", path, once, {"text": "x"}),
        allowing("GET", path, headers),
        allowing("GET", f"{path}/nothing", headers),
        allowing("GET", path, {**headers, "Authorization": "Bearer nonsense"}),
        allowing("GET", f"/v1/workspaces/{http.workspace_id}/audit-log/export", headers),
    ]
    assert [answer.status for answer in answers] == [201, 201, 200, 404, 401, 200]
    for answer in answers:
        assert answer.headers["access-control-allow-origin"] == OURS
        readable = listed(answer, "expose-headers") | SAFELISTED | OF_BROWSERS | allowed(answer)
        assert set(answer.headers) - readable <= {"www-authenticate", "content-disposition"}
    assert answers[1].headers["idempotent-replayed"] == "true"


def test_every_header_that_the_description_promises_can_be_read(allowing: Call, http: Http):
    path = f"/v1/workspaces/{http.workspace_id}"
    answer = allowing("GET", path, {"Origin": OURS, "Authorization": f"Bearer {http.key}"})
    promised = {name.lower() for name in DOCUMENT["components"]["headers"]}
    for _, given in OPERATIONS:
        promised |= {name.lower() for each in given["responses"].values() for name in each.get("headers", {})}
    assert promised | {"retry-after", "idempotent-replayed"} <= listed(answer, "expose-headers") | {
        "cache-control"
    }


def test_a_developers_own_page_is_named_in_the_environment(tmp_path: Path):
    environ = {"LAMPLIGHTER_CORS_ORIGINS": "http://localhost:3000"}
    cors = Stack(directory=tmp_path, use_ports={}, environ=environ).template.cors()
    assert cors
    assert cors["AllowOrigins"] == ["http://localhost:3000"]
