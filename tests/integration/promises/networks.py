"""Networks that keep what they accept, and fail when told to; each answers for all that routes.py speaks,
so that a scenario can name any of them.
"""

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

type Answer = tuple[int, Any]
CUT: Answer = (0, None)
"""No answer at all: accepted, and nobody hears of it."""
RESET: Answer = (-1, None)
SILENCE: Answer = (-2, None)
HALF: Answer = (-3, None)
"""A success whose body ends in the middle."""
GARBAGE: Answer = (200, b"\xff\xfe not json")


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    query: dict[str, str]
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def token(self) -> str:
        """What it came with to be let in."""
        return str(self.headers.get("Authorization", "")).removeprefix("Bearer ")


@dataclass
class Network:
    """What is on the network, and every call that it accepted."""

    posts: dict[str, dict[str, Any]] = field(default_factory=dict)
    accepted: list[dict[str, Any]] = field(default_factory=list)
    """Every post that came into being, also those that were removed since."""
    refusals: list[Answer] = field(default_factory=list)
    """What the next calls that would change something are answered, and nothing is done."""
    losses: list[Answer] = field(default_factory=list)
    """What the next such calls are answered although they were done."""
    afterwards: list[Answer] = field(default_factory=list)
    """What the next such calls are refused with, once an answer was lost."""
    expired: set[str] = field(default_factory=set)
    """Tokens that Bluesky no longer takes."""
    remembers: bool = True
    """Whether it honours keys."""
    processing: int = 0
    """How often it says of a picture that it is still in the works."""
    before: Callable[[Asked], None] = lambda _asked: None
    """Called when something that would post arrives, or a picture for it."""
    calls: int = 0
    containers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What Threads publishes, each once."""
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    """A network gives no number twice."""
    _keys: dict[str, str] = field(default_factory=dict)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def __enter__(self) -> "Network":
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
    def url(self) -> str:
        return f"http://{self.address}"

    @property
    def texts(self) -> list[str]:
        """What was accepted, in order."""
        return [post["text"] for post in self.accepted]

    def made(self, id_: str) -> dict[str, Any]:
        """The post of this number, also if it was removed."""
        return next(post for post in self.accepted if post["id"] == id_)

    def forget(self) -> None:
        """As new, but for its numbers."""
        self.processing = 0
        for each in (
            self.posts,
            self.accepted,
            self.refusals,
            self.losses,
            self.afterwards,
            self.expired,
            self._keys,
        ):
            each.clear()

    def answered(self, asked: Asked) -> Answer:
        """What the network does and says."""
        from tests.integration.promises.routes import ROUTES  # noqa: PLC0415  # which name this class

        route = next((r for r in ROUTES if r.method == asked.method and r.path.fullmatch(asked.path)), None)
        if route is None:
            return 404, {"error": f"no such thing: {asked.method} {asked.path}"}
        if route.changes or route.is_upload:
            self.calls += 1
            self.before(asked)
            if asked.token in self.expired:
                return 400, {"error": "ExpiredToken", "message": "Token has expired"}
        if not route.changes:
            return route.act(self, asked)
        with self._lock:
            if self.refusals:
                return self.refusals.pop(0)
            answer = route.act(self, asked)
            return self._lost() if self.losses and answer[0] < 300 else answer

    def _lost(self) -> Answer:
        self.refusals, self.afterwards = self.afterwards, []
        return self.losses.pop(0)

    def accept(self, text: str, key: str | None, **more: Any) -> str:
        """The id of the post, a new one unless its key is known."""
        if self.remembers and key is not None and key in self._keys:
            return self._keys[key]
        id_ = str(next(self._numbers))
        post = {"id": id_, "text": text, "key": key, "at": ahead(), **more}
        self.accepted.append(post)
        self.posts[id_] = post
        if key is not None:
            self._keys[key] = id_
        return id_


def ahead() -> str:
    """Of a clock that is later than any that a scenario is moved to."""
    return (datetime.now(UTC) + timedelta(days=2)).isoformat()


class _Handler(BaseHTTPRequestHandler):
    network: Network
    protocol_version = "HTTP/1.1"

    def _serve(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, said = self.network.answered(Asked(self.command, parts.path, query, self.headers, body))
        if status <= 0:
            self._broken(status)
            return
        headers = said.pop("headers", {}) if isinstance(said, dict) else {}
        data = said if isinstance(said, bytes) else json.dumps(said).encode()
        self.send_response(status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": len(data),
            **headers,
        }.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data)

    def _broken(self, how: int) -> None:
        self.close_connection = True
        if how == RESET[0]:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
        elif how == SILENCE[0]:
            self.connection.recv(1)  # until the other side gives up
        elif how == HALF[0]:
            self.wfile.write(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"id": "1')

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815  # named by http.server

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
        """Nothing."""
