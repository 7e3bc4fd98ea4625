"""One running stack of the fixture template for all these tests."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.local import ports
from infra.local.stack import Stack

TEMPLATE = Path(__file__).parent / "template.yaml"


@dataclass(frozen=True, slots=True)
class Answer:
    """A response over the wire."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def json(self) -> Any:
        """The body's value."""
        return json.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name), None)


@dataclass(frozen=True, slots=True)
class Client:
    """Raw HTTP against the gateway."""

    port: int

    def __call__(
        self, method: str, target: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, target, body, headers or {})
            response = connection.getresponse()
            return Answer(response.status, response.getheaders(), response.read())
        finally:
            connection.close()


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    environ = {"LAMPLIGHTER_LOOK_AHEAD_SECONDS": "7"}
    directory = tmp_path_factory.mktemp("stack")
    with Stack(
        template_path=TEMPLATE, directory=directory, use_ports=ports.all_free(), environ=environ
    ) as stack:
        yield stack


@pytest.fixture
def call(stack: Stack) -> Client:
    return Client(stack.ports["gateway"])
