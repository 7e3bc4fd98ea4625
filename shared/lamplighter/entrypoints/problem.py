"""The one error shape: RFC 9457 problem+json."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from aws_lambda_powertools.event_handler import Response

from lamplighter.problems import DomainError, Fault, Kind

CONTENT_TYPE = "application/problem+json"
TYPE_BASE = "https://lamplighter.dev/problems/"
MAX_ERRORS = 50
"""More help nobody, and a small request must not make a large answer."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a problem names of its request: the path, and the id that finds it in the logs."""

    instance: str
    request_id: str


def occasion_of(event: Mapping[str, Any]) -> Occasion:
    """The occasion of an HTTP API event; empty strings where it is none."""
    return Occasion(event.get("rawPath", ""), event.get("requestContext", {}).get("requestId", ""))


STATUS_OF = {
    Kind.UNAUTHENTICATED: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.GONE: HTTPStatus.GONE,
    Kind.STALE: HTTPStatus.PRECONDITION_FAILED,
    Kind.PRECONDITION_REQUIRED: HTTPStatus.PRECONDITION_REQUIRED,
    Kind.INVALID: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Kind.UNSUPPORTED: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Kind.UPSTREAM: HTTPStatus.BAD_GATEWAY,
    Kind.RATE_LIMITED: HTTPStatus.TOO_MANY_REQUESTS,
}


def problem(  # the members of RFC 9457 plus ours, each named at the call
    status: HTTPStatus,
    code: str,
    detail: str,
    occasion: Occasion,
    *,
    errors: Sequence[dict[str, str]] = (),
    members: Mapping[str, str] | None = None,
) -> Response[str]:
    """A problem document. `errors` name a JSON `pointer` into the body, or a `parameter` of the query; the
    first fifty are shown. `members` extend it, as RFC 9457 allows."""
    if len(errors) > MAX_ERRORS:
        detail = f"{detail} It has {len(errors)} errors; these are the first {MAX_ERRORS}."
    body: dict[str, Any] = {
        "type": TYPE_BASE + code.replace("_", "-"),
        "title": status.phrase,
        "status": status.value,
        "detail": detail,
        "instance": occasion.instance,
        "code": code,
        "errors": list(errors[:MAX_ERRORS]),
        "request_id": occasion.request_id,
        **(members or {}),
    }
    return Response(status_code=status.value, content_type=CONTENT_TYPE, body=orjson.dumps(body).decode())


def domain_problem(error: DomainError, occasion: Occasion) -> Response[str]:
    """A service's refusal in the one shape."""
    response = problem(
        STATUS_OF[error.kind],
        error.code,
        error.detail,
        occasion,
        errors=[_fault(fault) for fault in error.errors],
        members=error.members,
    )
    if error.kind is Kind.UNAUTHENTICATED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if error.retry_after_s is not None:
        response.headers["Retry-After"] = str(error.retry_after_s)
    return response


def _fault(fault: Fault) -> dict[str, str]:
    return {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}


# What pydantic calls a mistake, in the words of this API; any other type stands as it is.
_CODES = {
    "extra_forbidden": "unknown_field",
    "json_invalid": "malformed_json",
    "timezone_aware": "time_without_offset",
}
_DETAILS = {
    "extra_forbidden": "This field is not known here.",
    "missing": "This field is required.",
    "timezone_aware": "Give the time with its offset from UTC, such as 2026-11-22T09:00:00+01:00.",
    "json_invalid": "The body is not valid JSON.",
}


def validation_faults(errors: Iterable[Any]) -> list[dict[str, str]]:
    """pydantic's error list as ours. Inputs are left out: they may hold a secret."""
    return [_validation_fault(error) for error in errors]


def _validation_fault(error: dict[str, Any]) -> dict[str, str]:
    kind, (where, *path) = error["type"], error["loc"] or ("body",)
    place = {"pointer": _pointer(path)} if where == "body" else {"parameter": str(path[0] if path else where)}
    if kind == "json_invalid":
        place = {"pointer": ""}
    message = _DETAILS.get(
        kind, str(error.get("msg", "This value is not valid.")).removeprefix("Value error, ")
    )
    return {**place, "code": error.get("ctx", {}).get("code", _CODES.get(kind, kind)), "detail": message}


def _pointer(path: Sequence[Any]) -> str:
    """RFC 6901."""
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)
