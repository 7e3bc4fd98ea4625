"""Who is calling: the bearer key or access token of an HTTP request."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from lamplighter.domain.access import Origin
from lamplighter.problems import DomainError, Kind
from lamplighter.services import authentication
from lamplighter.services.api_keys import is_well_formed
from lamplighter.services.authentication import Authenticated, Place

type Event = Mapping[str, Any]

_HEX = "[0-9a-fA-F]"
_ID = f"({_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}})"
_WORKSPACE = re.compile(f"/v1/workspaces/{_ID}(?:/|$)")
_ORGANIZATION = re.compile(f"/v1/organizations/{_ID}(?:/|$)")
_AGENT_LENGTH = 255


def authenticated(event: Event) -> Authenticated:
    """Who is behind `Authorization: Bearer ...`; one answer for missing, wrong, expired or revoked."""
    found = _found(event)
    if found is None:
        detail = "Send a valid API key or access token: Authorization: Bearer lmp_live_..."
        raise DomainError(Kind.UNAUTHENTICATED, "unauthenticated", detail)
    return found


def origin_of(event: Event) -> Origin:
    """Where the request came from, as the gateway tells it."""
    context = event.get("requestContext", {})
    http = context.get("http", {})
    agent = http.get("userAgent", "")[:_AGENT_LENGTH].replace("\0", "")
    return Origin(http.get("sourceIp", ""), agent, context.get("requestId", ""))


def _found(event: Event) -> Authenticated | None:
    scheme, _, given = event.get("headers", {}).get("authorization", "").partition(" ")
    if scheme.lower() != "bearer":
        return None
    credential, place, origin = given.strip(), _place(event.get("rawPath", "")), origin_of(event)
    if is_well_formed(credential):
        return authentication.program(credential, place, origin)
    if credential.count(".") == 2:  # noqa: PLR2004  # header, payload and signature of a JWT
        return _person(credential, place, origin)
    return None


def _person(token: str, place: Place, origin: Origin) -> Authenticated | None:
    from lamplighter.services.access_tokens import InvalidToken, opened  # noqa: PLC0415  # programs need none

    try:
        access = opened(token)
    except InvalidToken:
        return None
    return authentication.person(access, place, origin)


def _place(path: str) -> Place:
    workspace, organization = _WORKSPACE.match(path), _ORGANIZATION.match(path)
    return Place(UUID(workspace[1]) if workspace else None, UUID(organization[1]) if organization else None)
