"""HTTP requests for handlers called in-process, routed by the template as API Gateway would."""

import importlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from sqlalchemy import make_url

from infra.local import template as templates
from infra.local.http_events import Request, event, response
from infra.local.routing import resolve
from infra.local.template import Function
from lamplighter.settings import settings
from tests.logins import as_login

TEMPLATE = templates.load(Path(__file__).resolve().parents[2] / "template.yaml")
ROUTES = TEMPLATE.routes()
NAME_OF = {function.logical_id: function.name for function in TEMPLATE.functions()}
APP = "lamplighter_app"


def _login(function: Function) -> str:
    """The database login that the template gives a function."""
    secret = TEMPLATE.document["Resources"].get(function.environment["DATABASE_SECRET_ID"].get("Ref"), {})
    made = secret.get("Properties", {}).get("GenerateSecretString", {})
    return str(json.loads(made.get("SecretStringTemplate", "{}")).get("username", APP))


LOGIN_OF = {function.name: _login(function) for function in TEMPLATE.functions()}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; `json` is None for a body that is none."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def lambda_context(seconds: float = 20) -> Any:
    """As much of Lambda's context as handlers use."""
    return SimpleNamespace(
        function_name="test",
        aws_request_id="test",
        memory_limit_in_mb=512,
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:test",
        get_remaining_time_in_millis=lambda: int(seconds * 1000),
    )


def handler_of(function: str) -> Callable[[Any, Any], Any]:
    """The Lambda handler of functions/<function>."""
    found: Callable[[Any, Any], Any] = importlib.import_module(f"functions.{function}.handler").handler
    return found


@contextmanager
def logged_in(function: str) -> Iterator[None]:
    """Inside, the database that the application reaches is reached with the function's own login."""
    url = make_url(settings().database_url)
    if url.username != APP or LOGIN_OF[function] == APP:
        yield
        return
    with as_login(LOGIN_OF[function]):
        yield


@dataclass(frozen=True, slots=True)
class Http:
    """A caller with (or without) a key, at home in one workspace."""

    workspace_id: str
    key: str | None

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        raw: bytes = b"",
    ) -> Answer:
        """`path` beginning with /v1 or /sandbox stands as it is, any other is below the workspace."""
        is_whole = path.startswith(("/v1/", "/sandbox/"))
        target = path if is_whole else f"/v1/workspaces/{self.workspace_id}{path}"
        sent = {"content-type": "application/json", **(headers or {})}
        if self.key is not None:
            sent.setdefault("authorization", f"Bearer {self.key}")
        content = json.dumps(body).encode() if body is not None else raw
        request = Request(method, target, list(sent.items()), content, "127.0.0.1")
        match = resolve(ROUTES, method, request.path)
        assert match, target
        function = NAME_OF[match.logical_id]
        with logged_in(function):
            result = handler_of(function)(event(request, match), lambda_context())
        answer = response(result)
        return Answer(answer.status, dict(answer.headers), answer.body)

    def get(self, path: str, **headers: str) -> Answer:
        return self.call("GET", path, headers=headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.call("POST", path, body, headers=headers)
