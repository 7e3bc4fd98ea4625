"""One request: who it comes from, in which tenant, and under which idempotency key.

What needs the database is imported where it is needed: `docs` answers without one.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any
from uuid import UUID

from lamplighter.domain.access import Caller, Member, Origin, Person, Principal
from lamplighter.domain.idempotency import Request, key_of
from lamplighter.domain.limits import Limit
from lamplighter.observability import logger
from lamplighter.problems import DomainError, Kind, not_found

if TYPE_CHECKING:
    from lamplighter.postgres.session import Transaction
    from lamplighter.services.authentication import Authenticated
    from lamplighter.services.idempotency import Once


class Visit:
    """What is known of the request under way."""

    def __init__(self, event: Mapping[str, Any]) -> None:
        self._event = event
        self._found: Authenticated | None = None
        self._limit: Limit | None = None
        self._principal: Principal | None = None
        self._tenant: dict[str, Any] = {}
        self._leased: Request | None = None

    def authenticate(self) -> "Authenticated":
        """Who it is; raises unauthenticated, or rate_limited."""
        if self._found is None:
            from lamplighter.entrypoints.auth import authenticated  # noqa: PLC0415

            self._found = authenticated(self._event)
            self.heed(self._found.limit)
        return self._found

    def heed(self, limit: Limit) -> None:
        """See `Api.heed`."""
        self._limit = limit
        limit.must_allow()

    def is_named(self) -> bool:
        """Whether the request says who is calling, truly or not."""
        return "authorization" in self._event.get("headers", {})

    def origin(self) -> Origin:
        """Where it comes from."""
        from lamplighter.entrypoints.auth import origin_of  # noqa: PLC0415

        return origin_of(self._event)

    def caller(self, workspace_id: UUID, action: str) -> Caller:
        """See `Api.caller`."""
        caller = self.authenticate().caller
        if caller is None or caller.workspace_id != workspace_id:
            raise not_found()
        self._settle(caller, {"workspace_id": workspace_id})
        return _allowed(caller, action)

    def member(self, organization_id: UUID, action: str) -> Member:
        """See `Api.member`."""
        member = self.authenticate().member
        if member is None or member.organization_id != organization_id:
            raise not_found()
        self._settle(member, {"organization_id": organization_id})
        return _allowed(member, action)

    def person(self) -> Person:
        """See `Api.person`."""
        person = self.authenticate().person
        if person is None:
            detail = "This is for people: send an access token, not an API key."
            raise DomainError(Kind.FORBIDDEN, "people_only", detail)
        self._settle(person, {"user_id": person.id})
        return person

    def principal(self) -> Caller | Person:
        """See `Api.principal`."""
        found = self.authenticate()
        return found.caller if found.caller is not None and found.person is None else self.person()

    def admit(self, caller: Caller) -> None:
        """See `Api.admit`."""
        self._settle(caller, {"workspace_id": caller.workspace_id})

    def once(self, tx: "Transaction", route: str, status: int, *, leased: bool) -> "Once":
        """See `Api.once`."""
        from lamplighter.services import idempotency  # noqa: PLC0415

        request = self._request(route, status)
        once = idempotency.begun(tx, request, leased=leased)
        self._leased = request if leased else None
        return once

    def leave(self, *, refused: bool) -> None:
        """What was claimed for longer than a transaction and had no effect is given back."""
        if self._leased is None or not refused:
            return
        from lamplighter.postgres.session import transaction  # noqa: PLC0415
        from lamplighter.services import idempotency  # noqa: PLC0415

        try:
            with transaction(**self._tenant) as tx:
                idempotency.give_back(tx, self._leased)
        except Exception as error:  # the answer stands, and the lease ends by itself
            logger().warning("a claim was not given back", exc_info=error)

    def headers(self) -> dict[str, str]:
        """How much more may be asked (draft-ietf-httpapi-ratelimit-headers-10)."""
        limit = self._limit
        if limit is None:
            return {}
        return {
            "RateLimit-Policy": f'"{limit.policy}";q={limit.quota};w={limit.window_s}',
            "RateLimit": f'"{limit.policy}";r={limit.remaining};t={limit.reset_s}',
        }

    def _settle(self, principal: Principal, tenant: dict[str, UUID]) -> None:
        self._principal, self._tenant = principal, tenant

    def _request(self, route: str, status: int) -> Request | None:
        header = self._event.get("headers", {}).get("idempotency-key")
        if header is None:
            return None
        assert self._principal is not None  # noqa: S101  # a route asks for its caller first
        (scope_id,) = self._tenant.values()
        method = self._event["requestContext"]["http"]["method"]
        asked = (self._event["rawPath"], self._event.get("rawQueryString", ""), self._event.get("body") or "")
        fingerprint = sha256("\0".join(asked).encode()).digest()
        return Request(scope_id, self._principal.id, method, route, key_of(header), fingerprint, status)


def _allowed[Who: Principal](principal: Who, action: str) -> Who:
    if principal.may(action):
        return principal
    whose = "Your role does not allow" if principal.kind == "user" else "This key lacks the permission"
    raise DomainError(Kind.FORBIDDEN, "permission_missing", f"{whose} {action}.")
