"""API Gateway's HTTP API on loopback."""

import queue
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from infra.local import http_events
from infra.local.access_log import AccessLog
from infra.local.http_events import Request, Response
from infra.local.loopback import LoopbackHandler, LoopbackServer
from infra.local.pools import Invocation, ThrottledError
from infra.local.routing import Match, Route, resolve

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
        *,
        access_log: AccessLog | None = None,
        integration_seconds: float = INTEGRATION_SECONDS,
    ) -> None:
        self._routes = routes
        self._invoke = invoke
        self._cors = cors
        self._access_log = access_log
        self._integration_seconds = integration_seconds
        handler = type("Handler", (_Handler,), {"answer": staticmethod(self.answer)})
        self._server = LoopbackServer(port, handler)
        self._server.serve_in_background()
        self.close = self._server.close

    def answer(self, request: Request) -> Response:
        """The response to one request."""
        if self._cors is None:
            return self._routed(request)
        return http_events.preflight(request, self._cors) or http_events.with_cors(
            self._routed(request), request, self._cors
        )

    def _routed(self, request: Request) -> Response:
        began_at, began = time.time(), time.perf_counter()
        match = resolve(self._routes, request.method, request.path)
        if match is None:
            response, request_id = http_events.message(404, "Not Found"), http_events.new_request_id()
        else:
            event = http_events.event(request, match)
            response, request_id = self._integrated(match, event), event["requestContext"]["requestId"]
        if self._access_log is not None:
            self._access_log.note(
                {
                    "requestTimeEpoch": round(began_at * 1000),
                    "requestId": request_id,
                    "routeKey": "-" if match is None else match.route_key,
                    "status": response.status,
                    "responseLatency": round((time.perf_counter() - began) * 1000),
                    "identity.sourceIp": request.source_ip,
                }
            )
        return response

    def _integrated(self, match: Match, event: Mapping[str, Any]) -> Response:
        """The response of the function behind the route."""
        if len(event.get("body", "")) > LAMBDA_LIMIT:
            return http_events.message(413, "Request Entity Too Large")
        invocation = self._in_time(match.logical_id, event)
        if invocation is None:
            return http_events.message(503, "Service Unavailable")
        if invocation.error is None:
            try:
                return http_events.response(invocation.result)
            except (AttributeError, TypeError, ValueError):
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


class _Handler(LoopbackHandler):
    answer: Callable[[Request], Response]

    def respond(self) -> None:
        """Read the request, answer it."""
        body = self.body(BODY_LIMIT)
        if body is None:
            response = http_events.message(413, "Request Entity Too Large")
        else:
            headers = list(self.headers.items())
            request = Request(self.command, self.path, headers, body, self.client_address[0])
            response = self.answer(request)
        headers = [(name, value) for name, value in response.headers if name != "content-length"]
        self.send(response.status, headers, response.body)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = respond  # noqa: N815  # named by http.server
