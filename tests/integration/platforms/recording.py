"""Exchanges with a real server as JSON files: taken down by a proxy, played back to check requests."""

import hashlib
import http.client
import json
import re
from collections.abc import Iterator
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
    """Answers as the real server did, as long as each request is the one that was recorded."""

    def __init__(self, name: str) -> None:
        self.content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
        self.peer = Peer(self._answer)
        self.differences: list[tuple[Any, Any]] = []
        self._exchanges: Iterator[dict[str, Any]] = iter(self.content["exchanges"])

    def _answer(self, request: Request) -> Answer:
        exchange = next(self._exchanges, None)
        if exchange is None or exchange["request"] != _described(request):
            self.differences.append((_described(request), exchange and exchange["request"]))
            return Answer(418)
        answer = exchange["answer"]
        body = json.dumps(answer["json"]).replace(_SERVER, self.peer.url).encode()
        return Answer(answer["status"], body=body, headers=answer["headers"])

    def finished(self) -> bool:
        return not self.differences and next(self._exchanges, None) is None


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
