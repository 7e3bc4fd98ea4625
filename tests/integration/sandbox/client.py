"""A caller of the sandbox network, its function called in-process as API Gateway would."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from functions.sandbox.handler import handler
from infra.local import template as templates
from infra.local.http_events import Request, event, response
from infra.local.routing import resolve
from lamplighter.services.sandbox import account_of

ROUTES = templates.load(Path(__file__).resolve().parents[3] / "template.yaml").routes()
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x03\x08\x02\x00\x00\x00"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Client:
    """One account, or nobody when the token is None."""

    token: str | None

    @property
    def account(self) -> str:
        return account_of(self.token or "")

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """A body that is bytes goes as it is, anything else as JSON."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"host": "sandbox.test", "content-type": "application/json", **headers}
        if self.token is not None:
            sent["authorization"] = f"Bearer {self.token}"
        named = [(name.replace("_", "-"), value) for name, value in sent.items()]
        request = Request(method, path, named, content, "127.0.0.1")
        match = resolve(ROUTES, method, request.path)
        assert match
        assert match.logical_id == "SandboxFunction"
        given = response(handler(event(request, match), None))  # type: ignore[arg-type]  # it reads no context
        return Answer(given.status, dict(given.headers), given.body)

    def post(self, text: str = "Good evening", *, key: str | None = None, **fields: Any) -> Answer:
        headers = {"idempotency_key": key} if key else {}
        return self.call("POST", "/sandbox/api/posts", {"handle": "ada", "text": text, **fields}, **headers)

    def upload(self, data: bytes = PNG) -> Answer:
        return self.call("POST", "/sandbox/api/media", data, content_type="application/octet-stream")

    def switch_on(self, **fault: Any) -> Answer:
        return self.call("PUT", "/sandbox/api/faults", fault)

    def texts(self) -> list[str]:
        """What the network holds of this account, newest first."""
        return [post["text"] for post in self.call("GET", "/sandbox/api/posts").json["posts"]]

    def outcomes(self) -> list[tuple[str, int]]:
        """What the network recorded of this account's calls, oldest first."""
        calls = self.call("GET", "/sandbox/api/calls").json["calls"]
        return [(call["outcome"], call["status"]) for call in reversed(calls)]

    def page(self, **query: str) -> Answer:
        return self.call("GET", "/sandbox?" + urlencode(query))
