"""The edge of the sandbox network: its accounts, the record of every call, and faults turned into answers."""

import base64
import binascii
import time
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.entrypoints.api import Api
from lamplighter.entrypoints.pages import SAFE_HEADERS
from lamplighter.entrypoints.pages import sandbox as pages
from lamplighter.entrypoints.problem import occasion_of, problem
from lamplighter.observability import logger
from lamplighter.postgres.models.sandbox import SandboxMedia, SandboxPost
from lamplighter.postgres.session import Transaction, transaction
from lamplighter.problems import DomainError, Kind, invalid, not_found
from lamplighter.schemas.sandbox import SandboxFeed, SandboxPostAccepted
from lamplighter.services import sandbox, sandbox_calls, sandbox_faults
from lamplighter.settings import settings

NETWORK = ("/sandbox/api/posts", "/sandbox/api/media")
"""The routes of the network itself, whose calls are recorded; the others are its control room."""

ACCOUNT = r"^[0-9a-f]{24}$"
_BODY_BYTES = 6 * 1024 * 1024
"""Lambda's own limit; an image of 4 MB arrives here as 5.6 MB of base64."""

POST_ANSWERS: dict[int, OpenAPIResponse] = {
    201: {"description": "Posted", "content": {"application/json": {"model": SandboxPostAccepted}}},
    200: {
        "description": "Posted before, with the same key",
        "content": {"application/json": {"model": SandboxPostAccepted}},
    },
}
MEDIA_UPLOAD = {
    "requestBody": {
        "required": True,
        "description": f"The image itself, {sandbox.LIMITS.images.max_bytes} bytes at most.",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}
MEDIA_ANSWER: dict[int, OpenAPIResponse] = {
    200: {
        "description": "The image",
        "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}},
    }
}

_FAULT_ANSWERS = {
    "reject": (HTTPStatus.UNPROCESSABLE_ENTITY, "rejected", "The network refuses this content."),
    "rate_limit": (HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", "Too many posts; wait for Retry-After."),
    "duplicate": (HTTPStatus.CONFLICT, "duplicate_content", "The account has posted just this already."),
    "unauthorized": (HTTPStatus.UNAUTHORIZED, "token_expired", "This token is not valid any more."),
    "error_before": (HTTPStatus.INTERNAL_SERVER_ERROR, "network_error", "Something went wrong."),
    # Word for word the one above: nobody can tell from the answer that this one stored the post.
    "error_after": (HTTPStatus.INTERNAL_SERVER_ERROR, "network_error", "Something went wrong."),
}
_GARBAGE = "<html><body>The upstream server is busy, please try ag"


class FaultMet(Exception):  # noqa: N818  # not an error of ours: the answer that was asked for
    """The network misbehaves as it was told to."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class SandboxApi(Api):
    """The network's routes: this deployment's tokens open its accounts, and each call is written down."""

    def __init__(self, name: str) -> None:
        super().__init__(name, public=True, max_body_bytes=_BODY_BYTES)
        self.exception_handler(FaultMet)(self._misbehaved)

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one event; if it was a call to the network, record it, accepted or not."""
        began, call = time.perf_counter(), _call_of(event)
        self.context["call"] = call
        answer = super().__call__(event, context)
        if event["rawPath"].startswith(NETWORK):
            _record(call, event, answer["statusCode"], began)
        return answer

    def resolve(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """The caller first: a call that is refused for something else is recorded under its account too."""
        self.call.account = _account_of(event.get("headers", {})) or sandbox_calls.NOBODY
        return super().resolve(event, context)

    @property
    def call(self) -> sandbox_calls.Call:
        """What will be recorded of the call in hand."""
        call: sandbox_calls.Call = self.context["call"]
        return call

    def account(self) -> str:
        """The account that the bearer token opens; unauthenticated without a genuine one."""
        if self.call.account == sandbox_calls.NOBODY:
            detail = "Send a token that this deployment issued: Authorization: Bearer sbx_..."
            raise DomainError(Kind.UNAUTHENTICATED, "unauthenticated", detail)
        return self.call.account

    def viewed(self, account: str | None) -> str | None:
        """The account a person may look at: one they can name, or on one's own machine everyone's (None)."""
        if account is None and settings().environment != "local":
            raise DomainError(Kind.FORBIDDEN, "account_required", "Name an account: ?account=<its id>.")
        return account

    def accepted(self, posted: sandbox.Posted) -> Response[SandboxPostAccepted]:
        """The answer to a post, after the delay and with the fault that were switched on."""
        body = self.edited(posted, "replayed" if posted.replayed else "accepted")
        status = HTTPStatus.OK if posted.replayed else HTTPStatus.CREATED
        return Response(status_code=status.value, content_type="application/json", body=body)

    def edited(self, posted: sandbox.Posted, outcome: str = "edited") -> SandboxPostAccepted:
        """The answer to an edit, likewise."""
        post = self.done(posted, outcome)
        url = sandbox.post_url(self.base(), post)
        return SandboxPostAccepted(
            id=post.id, url=url, accepted_at=post.accepted_at, replayed=posted.replayed
        )

    def done(self, posted: sandbox.Posted, outcome: str) -> SandboxPost:
        """The post that a call left behind, after the delay; unless a fault is the answer."""
        self.call.outcome = posted.fault or outcome
        self.call.post_id = posted.post.id if posted.post else None
        time.sleep(posted.latency_ms / 1000)
        if posted.post is None or posted.fault not in (None, "slow"):
            raise FaultMet(str(posted.fault))
        return posted.post

    def base(self) -> str:
        """Where this network is reached: as configured, or as it was just called."""
        headers = self.current_event.headers
        return (
            settings().sandbox_url
            or f"{headers.get('x-forwarded-proto', 'https')}://{headers.get('host', '')}"
        )

    def body_bytes(self) -> bytes:
        """The body as it was sent."""
        body = self.current_event.body or ""
        if not self.current_event.is_base64_encoded:
            return body.encode()
        try:
            return base64.b64decode(body, validate=True)
        except binascii.Error:
            raise invalid("", "malformed_body", "The body did not arrive whole.") from None

    def uuid(self, text: str) -> UUID:
        """An id out of the path of a route that is not validated; not_found if it is none."""
        try:
            return UUID(text)
        except ValueError:
            raise not_found() from None

    def image(self, image: SandboxMedia) -> Response[bytes]:
        """A stored image as nothing but an image, whatever its bytes might also mean."""
        headers = {
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Disposition": "inline",
            "Cross-Origin-Resource-Policy": "cross-origin",
            "Cache-Control": "public, max-age=31536000, immutable",
            **SAFE_HEADERS,
        }
        return Response(status_code=200, content_type=image.mime, body=image.bytes, headers=headers)

    def feed(self, tx: Transaction, account: str | None) -> SandboxFeed:
        """What the page of an account shows now; with None, of everyone."""
        total, fault = (
            sandbox.count(tx, account),
            sandbox_faults.fault_of(tx, account or sandbox_faults.EVERYONE),
        )
        return SandboxFeed(
            posts_html=pages.posts_html(sandbox.recent(tx, account, self.base())),
            calls_html=pages.calls_html(sandbox_calls.listed(tx, account)),
            summary="1 post" if total == 1 else f"{total} posts",
            fault_words=pages.fault_words(fault),
            fault_on=bool(fault.fault or fault.latency_ms) and fault.remaining != 0,
        )

    def page(self, tx: Transaction, account: str | None) -> Response[str]:
        """The page of an account, of everyone on one's own machine, or else one that asks whose."""
        if account is None and settings().environment != "local":
            return pages.closed_page()
        return pages.network_page(account, self.feed(tx, account))

    def _misbehaved(self, met: FaultMet) -> Response[Any]:
        if met.fault == "garbage_after":
            return Response(status_code=200, content_type="text/html", body=_GARBAGE)
        status, code, detail = _FAULT_ANSWERS[met.fault]
        response: Response[Any] = problem(status, code, detail, occasion_of(self.current_event.raw_event))
        if met.fault == "rate_limit":
            response.headers["Retry-After"] = "2"
        return response


def _record(call: sandbox_calls.Call, event: Mapping[str, Any], status: int, began: float) -> None:
    """What was answered stands, even if it cannot be written down: the post may be there already."""
    method, route = event["requestContext"]["http"]["method"], event["rawPath"][:200]
    try:
        with transaction() as tx:
            seconds = time.perf_counter() - began  # after tx.now: no call seems later than its post
            sandbox_calls.record(tx, call, method, route, status, seconds)
    except Exception:
        logger().exception("call not recorded", extra={"function": "sandbox", "status": status})


def _call_of(event: Mapping[str, Any]) -> sandbox_calls.Call:
    key = event.get("headers", {}).get("idempotency-key")
    return sandbox_calls.Call(idempotency_key=key[:255] if key else None)


def _account_of(headers: Mapping[str, str]) -> str | None:
    """The account whose token the headers bear, if any."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return sandbox.opened(token.strip()) if scheme.lower() == "bearer" else None
