"""The edge of every HTTP function: caller, limits, validation, the one error shape."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from uuid import UUID

import orjson
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.event_handler.openapi.exceptions import (
    RequestUnsupportedContentType,
    RequestValidationError,
    ResponseValidationError,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.domain.access import Caller, Member, Origin, Person
from lamplighter.domain.idempotency import Replayed
from lamplighter.domain.limits import Limit
from lamplighter.entrypoints.problem import domain_problem, occasion_of, problem, validation_faults
from lamplighter.entrypoints.visit import Visit
from lamplighter.observability import logger
from lamplighter.problems import DomainError, Kind, not_found
from lamplighter.services import delivery_wakes
from lamplighter.settings import settings

if TYPE_CHECKING:
    from lamplighter.postgres.session import Transaction
    from lamplighter.services.idempotency import Once

MAX_BODY_BYTES = 256 * 1024


class Api(APIGatewayHttpResolver):
    """One function's routes. Calling it is handling a Lambda event (HTTP API, payload 2.0)."""

    def __init__(self, name: str, *, public: bool, max_body_bytes: int) -> None:
        super().__init__(
            enable_validation=True,
            response_validation_error_http_code=HTTPStatus.INTERNAL_SERVER_ERROR,
            serializer=lambda value: orjson.dumps(value).decode(),
            json_body_deserializer=orjson.loads,
        )
        self.name = name
        self._public = public
        self._visit = Visit({})
        self._max_body_bytes = max_body_bytes
        self.use(middlewares=[_with_etag])
        self.not_found(self._no_route)
        self.exception_handler(DomainError)(self._refused)
        self.exception_handler(Replayed)(_replayed)
        self.exception_handler(RequestValidationError)(self._invalid)
        self.exception_handler(UnicodeDecodeError)(self._undecodable)
        self.exception_handler(RequestUnsupportedContentType)(self._unsupported)
        self.exception_handler(ResponseValidationError)(self._broken_answer)

    def __call__(self, event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one event; whatever happens, in the one shape and with a Request-Id."""
        self._visit = visit = Visit(event)
        try:
            self._check_size(event)
            _check_no_form(event)
            if not self._public:
                visit.authenticate()
            answer = self.resolve(event, context)
        except DomainError as error:
            answer = _built(domain_problem(error, occasion_of(event)))
        except Exception as error:
            answer = _built(self._failed(event, error))
        if answer["statusCode"] == HTTPStatus.NO_CONTENT:
            answer["body"] = ""  # nothing, and not the JSON of nothing
        delivery_wakes.send_noted()
        visit.leave(refused=answer["statusCode"] >= HTTPStatus.BAD_REQUEST)
        answer["headers"] |= visit.headers()
        answer["headers"]["Request-Id"] = occasion_of(event).request_id
        return answer

    def caller(self, workspace_id: UUID, action: str) -> Caller:
        """Who calls, within a workspace of theirs in which the action is open to them; not_found or forbidden
        else."""
        return self._visit.caller(workspace_id, action)

    def member(self, organization_id: UUID, action: str) -> Member:
        """The same within an organization."""
        return self._visit.member(organization_id, action)

    def person(self) -> Person:
        """The person who calls, about their own account; programs are refused."""
        return self._visit.person()

    def principal(self) -> Caller | Person:
        """Who calls, outside of any tenant: a key's own workspace, or a person."""
        return self._visit.principal()

    def person_if_any(self) -> Person | None:
        """The person, where the request says who is calling; wrong credentials are refused all the same."""
        return self._visit.person() if self._visit.is_named() else None

    def admit(self, caller: Caller) -> None:
        """Somebody calls whom the function knows by a token of its own kind."""
        self._visit.admit(caller)

    def origin(self) -> Origin:
        """Where the request comes from, whoever calls."""
        return self._visit.origin()

    def public_url(self) -> str:
        """Where this API is reached from outside: as configured, or as it was just called."""
        headers = self.current_event.headers
        called = f"{headers.get('x-forwarded-proto', 'https')}://{headers.get('host', '')}"
        return settings().public_url or called

    def heed(self, limit: Limit) -> None:
        """Tell the caller of this limit, and refuse the request where it is passed: for routes that are
        counted by something else than by who calls."""
        self._visit.heed(limit)

    def once(self, tx: "Transaction", *, leased: bool = False) -> "Once":
        """Heed the request's Idempotency-Key, for the caller found before. See `services.idempotency`."""
        route = self.context["_route"]
        return self._visit.once(tx, route.path, route.status_code, leased=leased)

    def _failed(self, event: Mapping[str, Any], error: Exception) -> Response[str]:
        from lamplighter.postgres.contention import gave_up_waiting  # noqa: PLC0415  # docs has no database

        told = {"function": self.name, "request_id": occasion_of(event).request_id}
        if gave_up_waiting(error):
            logger().warning("busy", exc_info=error, extra=told)
            return _busy(event)
        logger().error("unhandled", exc_info=error, extra=told)
        return _internal_error(event)

    def _check_size(self, event: Mapping[str, Any]) -> None:
        if len((event.get("body") or "").encode()) > self._max_body_bytes:
            detail = f"The body may hold {self._max_body_bytes} bytes at most."
            raise DomainError(Kind.TOO_LARGE, "body_too_large", detail)

    def _no_route(self, _error: NotFoundError) -> Response[str]:
        event, path = self.current_event.raw_event, self.current_event.path
        allowed = sorted({r.method for r in self._static_routes + self._dynamic_routes if r.rule.match(path)})
        if not allowed:
            return domain_problem(not_found(), occasion_of(event))
        detail = f"This resource answers {', '.join(allowed)} only."
        response = problem(HTTPStatus.METHOD_NOT_ALLOWED, "method_not_allowed", detail, occasion_of(event))
        response.headers["Allow"] = ", ".join(allowed)
        return response

    def _refused(self, error: DomainError) -> Response[str]:
        return domain_problem(error, occasion_of(self.current_event.raw_event))

    def _invalid(self, error: RequestValidationError) -> Response[str]:
        event, errors = self.current_event.raw_event, list(error.errors())
        if any(item["loc"] and item["loc"][0] == "path" for item in errors):
            return domain_problem(not_found(), occasion_of(event))
        faults, status = validation_faults(errors), HTTPStatus.UNPROCESSABLE_ENTITY
        if any(item["type"] == "json_invalid" for item in errors):
            status = HTTPStatus.BAD_REQUEST
        return problem(
            status, "validation_failed", "The request is not valid.", occasion_of(event), errors=faults
        )

    def _undecodable(self, _error: UnicodeDecodeError) -> Response[str]:
        fault = {"pointer": "", "code": "malformed_json", "detail": "The body is not UTF-8."}
        occasion = occasion_of(self.current_event.raw_event)
        detail = "The request is not valid."
        return problem(HTTPStatus.BAD_REQUEST, "validation_failed", detail, occasion, errors=[fault])

    def _unsupported(self, _error: RequestUnsupportedContentType) -> Response[str]:
        return domain_problem(_json_only(), occasion_of(self.current_event.raw_event))

    def _broken_answer(self, error: ResponseValidationError) -> Response[str]:
        places = [".".join(map(str, item["loc"])) for item in error.errors()]
        logger().error("answer does not match its schema", extra={"function": self.name, "places": places})
        return _internal_error(self.current_event.raw_event)


def build_api(name: str, *, public: bool = False, max_body_bytes: int = MAX_BODY_BYTES) -> Api:
    """The edge of `functions/<name>`. `public`: its routes ask who calls only where they say so."""
    return Api(name, public=public, max_body_bytes=max_body_bytes)


def _check_no_form(event: Mapping[str, Any]) -> None:
    """A form would be taken for an object of strings: curl's -d sends one unless it is told otherwise."""
    kind = event.get("headers", {}).get("content-type", "")
    if event.get("body") and kind.startswith(("application/x-www-form-urlencoded", "multipart/form-data")):
        raise _json_only()


def _json_only() -> DomainError:
    detail = "Send the body as JSON, with the header Content-Type: application/json."
    return DomainError(Kind.UNSUPPORTED, "unsupported_media_type", detail)


def _with_etag(app: Api, next_middleware: NextMiddleware) -> Response[Any]:
    """What has a version carries it as a strong ETag (RFC 9110, 8.8.3)."""
    response = next_middleware(app)
    if isinstance(response.body, dict) and isinstance(response.body.get("version"), int):
        response.headers["ETag"] = f'"{response.body["version"]}"'
    return response


def _replayed(before: Replayed) -> Response[str]:
    """The answer that was given before, marked as such."""
    response = Response(before.status, "application/json", before.body)
    response.headers["Idempotent-Replayed"] = "true"
    version = orjson.loads(before.body).get("version")
    if isinstance(version, int):
        response.headers["ETag"] = f'"{version}"'
    return response


def _internal_error(event: Mapping[str, Any]) -> Response[str]:
    detail = "Something went wrong on our side; the request_id finds it in the logs."
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "internal_error", detail, occasion_of(event))


def _busy(event: Mapping[str, Any]) -> Response[str]:
    detail = "Other requests hold what this one needs. Nothing was changed: try again."
    response = problem(HTTPStatus.SERVICE_UNAVAILABLE, "busy", detail, occasion_of(event))
    response.headers["Retry-After"] = "1"
    return response


def _built(response: Response[str]) -> dict[str, Any]:
    return {
        "statusCode": response.status_code,
        "headers": {name: str(value) for name, value in response.headers.items()},
        "body": response.body,
        "isBase64Encoded": False,
    }
