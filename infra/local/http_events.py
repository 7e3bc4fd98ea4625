"""API Gateway's HTTP API, payload format 2.0: a request as an event, and a handler's answer as a response."""

import base64
import json
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from infra.local.intrinsics import ACCOUNT
from infra.local.routing import Match

TEXT_TYPES = ("application/json", "application/javascript", "application/xml")
Headers = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came in; `target` is path and query, still encoded."""

    method: str
    target: str
    headers: Headers
    body: bytes
    source_ip: str

    @property
    def path(self) -> str:
        """Decoded, as routes match it and as `rawPath` carries it (HTTP APIs decode it, for all its name)."""
        return unquote(urlsplit(self.target).path)


@dataclass(frozen=True, slots=True)
class Response:
    """A response; a header may occur more than once."""

    status: int
    headers: Headers
    body: bytes


def event(request: Request, match: Match) -> dict[str, Any]:
    """The event for the function behind a route."""
    headers = _joined(request.headers)
    cookies = headers.pop("cookie", None)
    query = urlsplit(request.target).query
    body, is_base64 = _body(request.body, headers.get("content-type", ""))
    shown: dict[str, Any] = {
        "version": "2.0",
        "routeKey": match.route_key,
        "rawPath": request.path,
        "rawQueryString": query,
        "headers": headers | _forwarded(request, headers),
        "requestContext": _context(request, match, headers),
        "isBase64Encoded": is_base64,
    }
    if body is not None:
        shown["body"] = body
    if cookies is not None:
        shown["cookies"] = [cookie.strip() for cookie in cookies.replace(",", ";").split(";")]
    if query:
        shown["queryStringParameters"] = _joined(parse_qsl(query, keep_blank_values=True), lower=False)
    if match.path_parameters:
        shown["pathParameters"] = match.path_parameters
    return shown


def new_request_id() -> str:
    """As API Gateway's look."""
    return uuid.uuid4().hex[:15] + "="


def _forwarded(request: Request, headers: Mapping[str, str]) -> dict[str, str]:
    """The headers that AWS adds."""
    return {
        "x-amzn-trace-id": f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}",
        "x-forwarded-for": request.source_ip,
        "x-forwarded-port": headers.get("host", "").partition(":")[2] or "80",
        "x-forwarded-proto": "http",
    }


def _context(request: Request, match: Match, headers: Mapping[str, str]) -> dict[str, Any]:
    now = time.time()
    return {
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": headers.get("host", ""),
        "domainPrefix": "local",
        "http": {
            "method": request.method,
            "path": request.path,
            "protocol": "HTTP/1.1",
            "sourceIp": request.source_ip,
            "userAgent": headers.get("user-agent", ""),
        },
        "requestId": new_request_id(),
        "routeKey": match.route_key,
        "stage": "$default",
        "time": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "timeEpoch": int(now * 1000),
    }


def response(result: object) -> Response:
    """What a handler's answer means: with statusCode a whole response, otherwise a JSON body with 200.

    Raises ValueError for what API Gateway cannot make a response of.
    """
    if not isinstance(result, dict) or "statusCode" not in result:
        text = result if isinstance(result, str) else json.dumps(result)
        return Response(200, [("content-type", "application/json")], text.encode())
    headers = {str(name).lower(): str(value) for name, value in (result.get("headers") or {}).items()}
    headers.setdefault("content-type", "text/plain; charset=utf-8")
    body = result.get("body") or ""
    if not isinstance(body, str):
        message = f"the body of a response is text, not {type(body).__name__}"
        raise ValueError(message)  # noqa: TRY004  # one kind of error for all that is wrong with an answer
    content = base64.b64decode(body, validate=True) if result.get("isBase64Encoded") else body.encode()
    cookies = [("set-cookie", cookie) for cookie in result.get("cookies") or []]
    return Response(HTTPStatus(int(result["statusCode"])).value, [*headers.items(), *cookies], content)


def message(status: int, text: str) -> Response:
    """What the gateway itself says."""
    return Response(status, [("content-type", "application/json")], json.dumps({"message": text}).encode())


def with_cors(answer: Response, request: Request, cors: Mapping[str, Any]) -> Response:
    """The gateway's CORS headers in place of the function's own."""
    kept = [(name, value) for name, value in answer.headers if not name.startswith("access-control-")]
    return Response(answer.status, [*kept, *_cors_headers(request, cors)], answer.body)


def preflight(request: Request, cors: Mapping[str, Any]) -> Response | None:
    """The gateway's own answer to a browser's question, if this is one."""
    asked = {name.lower() for name, _ in request.headers}
    if request.method != "OPTIONS" or not {"origin", "access-control-request-method"} <= asked:
        return None
    allowed = _cors_headers(request, cors)
    for name, key in (("methods", "AllowMethods"), ("headers", "AllowHeaders")):
        if allowed and cors.get(key):
            allowed.append((f"access-control-allow-{name}", ",".join(cors[key])))
    if allowed and "MaxAge" in cors:
        allowed.append(("access-control-max-age", str(cors["MaxAge"])))
    return Response(204, allowed, b"")


def _cors_headers(request: Request, cors: Mapping[str, Any]) -> list[tuple[str, str]]:
    origin = _joined(request.headers).get("origin")
    origins = cors.get("AllowOrigins") or []
    if origin is None or not {"*", origin}.intersection(origins):
        return []
    found = [("access-control-allow-origin", "*" if "*" in origins else origin)]
    if cors.get("AllowCredentials"):
        found.append(("access-control-allow-credentials", "true"))
    if cors.get("ExposeHeaders"):
        found.append(("access-control-expose-headers", ",".join(cors["ExposeHeaders"])))
    return found


def _joined(pairs: Iterable[tuple[str, str]], *, lower: bool = True) -> dict[str, str]:
    """One value per name: what occurs more than once is joined with commas."""
    joined: dict[str, str] = {}
    for given, value in pairs:
        name = given.lower() if lower else given
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _body(body: bytes, content_type: str) -> tuple[str | None, bool]:
    """Text for the types that API Gateway takes for text (and for what says nothing but is), else base64."""
    if not body:
        return None, False
    kind = content_type.partition(";")[0].strip().lower()
    if not kind or kind.startswith("text/") or kind in TEXT_TYPES:
        try:
            return body.decode(), False
        except UnicodeDecodeError:
            pass
    return base64.b64encode(body).decode(), True
