"""A network that records every accepted call, so that tests can count posts on the far side."""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FakeNetwork:
    """Speaks the sandbox network's API. `remembers`: whether it honours idempotency keys."""

    remembers: bool = True
    accepted: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    """What each call that posts brought as its bearer token."""
    calls: int = 0
    changes: int = 0
    """Calls that edit or remove a post."""
    before: Callable[[], None] = lambda: None
    """Called when a post arrives, before it is accepted."""
    answers: list[Callable[["_Handler"], None]] = field(default_factory=list)
    """What happens to the next calls after they were accepted, instead of an answer."""
    refusals: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    """Status and headers for the next calls, which are not accepted."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __enter__(self) -> "FakeNetwork":
        handler = type("Bound", (_Handler,), {"network": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def address(self) -> str:
        """host:port, as EGRESS_ALLOW wants it."""
        return f"127.0.0.1:{self._server.server_address[1]}"

    @property
    def texts(self) -> list[str]:
        """What is on the network."""
        return [post["text"] for post in self.accepted]

    def accept(self, body: dict[str, Any], key: str | None) -> dict[str, Any]:
        """Keep the post, unless its key was seen before."""
        with self._lock:
            known = next((post for post in self.accepted if self.remembers and post["key"] == key), None)
            if known is None:
                number = len(self.accepted) + 1
                url = f"http://{self.address}/posts/{number}"
                known = {"id": str(number), "url": url, "text": body["text"], "key": key}
                known["reply_to"] = body.get("reply_to")
                self.accepted.append(known)
            return known


class _Handler(BaseHTTPRequestHandler):
    network: FakeNetwork
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:  # named by http.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        network = self.network
        network.calls += 1
        network.tokens.append(self.headers.get("Authorization", "").removeprefix("Bearer "))
        network.before()
        if network.refusals:
            status, headers = network.refusals.pop(0)
            self.answer(status, {"detail": "refused"}, headers)
            return
        post = network.accept(body, self.headers.get("Idempotency-Key"))
        if network.answers:
            network.answers.pop(0)(self)
            return
        self.answer(201, {"id": post["id"], "url": post["url"]}, {})

    def do_PUT(self) -> None:  # named by http.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._change(lambda post: post.update(text=body["text"]))

    def do_DELETE(self) -> None:  # named by http.server
        self._change(self.network.accepted.remove)

    def _change(self, change: Callable[[dict[str, Any]], None]) -> None:
        """Of a post that is there; trouble as for a new one."""
        network, wanted = self.network, self.path.rpartition("/")[2]
        network.changes += 1
        if network.refusals:
            status, headers = network.refusals.pop(0)
            self.answer(status, {"detail": "refused"}, headers)
            return
        post = next((post for post in network.accepted if post["id"] == wanted), None)
        if post is None:
            self.answer(404, {"detail": "no such post"}, {})
            return
        change(post)
        if network.answers:
            network.answers.pop(0)(self)
            return
        self.answer(200, {"id": post["id"], "url": post["url"]}, {})

    def answer(self, status: int, content: Any, headers: dict[str, str]) -> None:
        """An HTTP answer with a JSON body."""
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": len(data),
            **headers,
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
        """Nothing."""


def cut(handler: _Handler) -> None:
    """Hang up without an answer: accepted, and nobody knows."""
    handler.close_connection = True
    handler.connection.close()


def bad_gateway(handler: _Handler) -> None:
    """A 502 although the post was accepted."""
    handler.answer(502, b"<html>bad gateway</html>", {})


def garbage(handler: _Handler) -> None:
    """A 200 that no one can read."""
    handler.answer(200, b"\xff\xfe not json", {})
