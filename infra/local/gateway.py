"""API Gateway's HTTP API on loopback."""

import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from infra.local import http_events
from infra.local.http_events import Request, Response
from infra.local.pools import Invocation, ThrottledError
from infra.local.routing import Route, resolve

BODY_LIMIT = 10 * 1024 * 1024
LAMBDA_LIMIT = 6 * 1024 * 1024
"""An event this large is more than Lambda takes; the request's body in base64 counts."""
INTEGRATION_SECONDS = 30.0

Invoke = Callable[[str, object, float], Invocation]


class Gateway:
    """Serves the routes: each request becomes an event for the function behind its route."""

    def __init__(
        self,
        port: int,
        routes: Sequence[Route],
        invoke: Invoke,
        cors: Mapping[str, Any] | None,
        integration_seconds: float = INTEGRATION_SECONDS,
    ) -> None:
        self._routes = routes
        self._invoke = invoke
        self._cors = cors
        self._integration_seconds = integration_seconds
        handler = type("Handler", (_Handler,), {"answer": staticmethod(self.answer)})
        self._server = _Server(("127.0.0.1", port), handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="gateway", daemon=True).start()

    def close(self) -> None:
        """Take no more requests."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Response:
        """The response to one request."""
        if self._cors is None:
            return self._routed(request)
        return http_events.preflight(request, self._cors) or http_events.with_cors(
            self._routed(request), request, self._cors
        )

    def _routed(self, request: Request) -> Response:
        match = resolve(self._routes, request.method, request.path)
        if match is None:
            return http_events.message(404, "Not Found")
        event = http_events.event(request, match)
        if len(event.get("body", "")) > LAMBDA_LIMIT:
            return http_events.message(413, "Request Entity Too Large")
        invocation = self._in_time(match.logical_id, event)
        if invocation is None:
            return http_events.message(503, "Service Unavailable")
        if invocation.error is None:
            try:
                return http_events.response(invocation.result)
            except ValueError:
                pass  # an answer that is no response is the function's error, too
        return http_events.message(500, "Internal Server Error")

    def _in_time(self, logical_id: str, event: object) -> Invocation | None:
        """The invocation; None when it takes longer than a caller is kept waiting (it runs on by itself)."""
        outcome: queue.SimpleQueue[Invocation | None] = queue.SimpleQueue()

        def run() -> None:
            try:
                outcome.put(self._invoke(logical_id, event, self._integration_seconds))
            except ThrottledError:
                outcome.put(None)

        threading.Thread(target=run, daemon=True).start()
        try:
            return outcome.get(timeout=self._integration_seconds)
        except queue.Empty:
            return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


class _Handler(BaseHTTPRequestHandler):
    answer: Callable[[Request], Response]
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # a response leaves in one piece

    def respond(self) -> None:
        """Read the request, answer it."""
        body = self.body()
        if body is None:
            self.close_connection = True
            self.send(http_events.message(413, "Request Entity Too Large"))
        else:
            headers = list(self.headers.items())
            self.send(self.answer(Request(self.command, self.path, headers, body, self.client_address[0])))

    def body(self) -> bytes | None:
        """The request's body; None if it is too large (it is read all the same, or nobody would listen)."""
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            body = bytearray()
            while (size := int(self.rfile.readline().partition(b";")[0], 16)) and len(body) <= BODY_LIMIT:
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return bytes(body) if len(body) <= BODY_LIMIT else None
        length = int(self.headers.get("content-length") or 0)
        if length <= BODY_LIMIT:
            return self.rfile.read(length)
        while length > 0 and (read := self.rfile.read(min(length, BODY_LIMIT))):
            length -= len(read)
        return None

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = respond  # noqa: N815  # named by http.server

    def send(self, response: Response) -> None:
        """Write the response."""
        self.send_response(response.status)
        for name, value in response.headers:
            if name != "content-length":
                self.send_header(name, value)
        self.send_header("content-length", str(len(response.body)))
        if self.close_connection:
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(response.body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # named by http.server
        """Nothing: functions log for themselves."""
