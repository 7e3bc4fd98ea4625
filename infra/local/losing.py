"""A proxy in front of a network that can lose an answer: the call arrived, and nobody is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

_PASSED = ("authorization", "content-type")


class Losing:
    """Stands in front of the server at `target` and in its place in its own answers. Calls are kept by the
    last part of their path."""

    def __init__(self, target: str) -> None:
        self.target = target
        self.url = ""
        self.calls: list[str] = []
        self._lose: tuple[str, int] = ("", 0)

    def lose(self, name: str, number: int) -> None:
        """Keep the answer to the so-many-th such call from now on back."""
        self._lose = (name, self.calls.count(name) + number)

    @contextmanager
    def running(self) -> Iterator["Losing"]:
        """Listening on loopback while the block runs."""
        handler = type("Handler", (_Handler,), {"losing": self})
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            self.url = f"http://localhost:{server.server_port}"
            thread = threading.Thread(target=server.serve_forever, daemon=True)
            thread.start()
            try:
                yield self
            finally:
                server.shutdown()
                thread.join()

    def is_lost(self, name: str) -> bool:
        """Take a call down: is it the one?"""
        self.calls.append(name)
        return self._lose == (name, self.calls.count(name))


class _Handler(BaseHTTPRequestHandler):
    losing: Losing
    protocol_version = "HTTP/1.1"

    def _pass_on(self) -> None:
        losing = self.losing
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name: self.headers[name] for name in _PASSED if name in self.headers}
        answer = urllib3.request(
            self.command, losing.target + self.path, body=body or None, headers=headers, retries=False
        )
        self.close_connection = True
        if losing.is_lost(self.path.partition("?")[0].rpartition("/")[2]):
            self.connection.shutdown(socket.SHUT_RDWR)
            return
        said = answer.data.replace(losing.target.encode(), losing.url.encode())
        self.send_response(answer.status)
        kept = {
            name: answer.headers[name] for name in ("content-type", "retry-after") if name in answer.headers
        }
        for name, value in {**kept, "content-length": str(len(said)), "connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(said)

    do_GET = do_POST = _pass_on  # noqa: N815  # the base class's words

    def log_message(self, *_: object) -> None:
        """Say nothing."""
