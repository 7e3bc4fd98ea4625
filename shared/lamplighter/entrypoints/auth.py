"""Who is calling: the bearer key of an HTTP request."""

from collections.abc import Mapping

from lamplighter.domain.access import Caller
from lamplighter.problems import DomainError, Kind
from lamplighter.services import api_keys


def authenticated(headers: Mapping[str, str]) -> Caller:
    """The caller behind `Authorization: Bearer lmp_...`; one answer for a missing, wrong, expired or
    revoked key."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and api_keys.is_well_formed(key.strip()):
        caller = api_keys.caller(api_keys.hashes(key.strip()))
        if caller is not None:
            return caller
    detail = "Send a valid API key: Authorization: Bearer lmp_live_..."
    raise DomainError(Kind.UNAUTHENTICATED, "unauthenticated", detail)
