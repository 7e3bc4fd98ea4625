"""Exchanges with a real server as JSON files: taken down by a proxy, played back to check requests."""

import hashlib
import http.client
import json
import re
from itertools import takewhile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.integration.platforms.wire import Answer, Peer, Request

FOLDER = Path(__file__).parent / "recorded"
_JWT = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_SERVER = "{server}"
_KEPT_REQUEST_HEADERS = ("authorization", "content-type")
_KEPT_ANSWER_HEADERS = ("content-type", "ratelimit-limit", "ratelimit-reset", "retry-after")


class Recorder:
    """Passes requests on to a real server and takes the exchanges down, without tokens and passwords."""

    def __init__(self, target: str, passwords: tuple[str, ...]) -> None:
        self.target = target
        self.exchanges: list[dict[str, Any]] = []
        self.peer = Peer(self._pass_on)
        self._names = dict.fromkeys(passwords, "app-password")

    def _pass_on(self, request: Request) -> Answer:
        address = urlsplit(self.target)
        assert address.hostname
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        headers = {name: value for name, value in request.headers.items() if name != "host"}
        connection.request(request.method, request.path, request.body or None, headers)
        received = connection.getresponse()
        body = received.read()
        kept = {name: value for name in _KEPT_ANSWER_HEADERS if (value := received.getheader(name))}
        connection.close()
        self.exchanges.append(
            {
                "request": json.loads(
                    self._without_secrets(json.dumps(_described(request), ensure_ascii=False))
                ),
                "answer": {
                    "status": received.status,
                    "headers": kept,
                    "json": json.loads(self._without_secrets(body.decode().replace(self.target, _SERVER))),
                },
            }
        )
        return Answer(
            received.status, body=body.replace(self.target.encode(), self.peer.url.encode()), headers=kept
        )

    def _without_secrets(self, text: str) -> str:
        for secret in _JWT.findall(text):
            self._names.setdefault(secret, f"token-{len(self._names)}")
        for secret, name in self._names.items():
            text = text.replace(secret, name)
        return text

    def save(self, name: str, about: dict[str, Any]) -> None:
        content = {**about, "exchanges": self.exchanges}
        (FOLDER / f"{name}.json").write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n")


class Replay:
    """Answers as the real server did, as long as each request is the one that was recorded.

    Reads of one kind that follow each other may be sent together, so they come in any order.
    """

    def __init__(self, name: str) -> None:
        self.content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
        self.peer = Peer(self._answer)
        self.differences: list[tuple[Any, Any]] = []
        self._left: list[dict[str, Any]] = list(self.content["exchanges"])

    def _answer(self, request: Request) -> Answer:
        came = _described(request)
        exchange = next((each for each in self._next() if each["request"] == came), None)
        if exchange is None:
            self.differences.append((came, [each["request"] for each in self._next()]))
            return Answer(418)
        self._left.remove(exchange)
        answer = exchange["answer"]
        body = json.dumps(answer["json"]).replace(_SERVER, self.peer.url).encode()
        return Answer(answer["status"], body=body, headers=answer["headers"])

    def _next(self) -> list[dict[str, Any]]:
        """What may come now: the first of what is left, and with a read all others that follow it."""
        kinds = [_kind(each["request"]) for each in self._left]
        together = takewhile(lambda kind: kind == kinds[0], kinds)
        count = len(list(together)) if kinds and kinds[0][0] == "GET" else 1
        return self._left[:count]

    def finished(self) -> bool:
        return not self.differences and not self._left


def _kind(described: dict[str, Any]) -> tuple[str, str]:
    return described["method"], described["path"].partition("?")[0]


def _described(request: Request) -> dict[str, Any]:
    described: dict[str, Any] = {
        "method": request.method,
        "path": request.path,
        "headers": {name: request.headers[name] for name in _KEPT_REQUEST_HEADERS if name in request.headers},
    }
    if request.headers.get("content-type") == "application/json":
        described["json"] = request.json
    elif request.body:
        described["sha256"] = hashlib.sha256(request.body).hexdigest()
    return described
