"""Calls in the AT Protocol's way, and what its errors prove."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from lamplighter.domain.outcomes import Outcome, TokenExpired
from lamplighter.egress import API, Purpose, Response
from lamplighter.platforms._shared.answers import failure, quoted
from lamplighter.platforms.base import Account
from lamplighter.platforms.transport import Failed, call, json_object

NAME = "Bluesky"

_CLOSED = (
    "AccountTakedown",
    "AccountDeactivated",
    "AccountSuspended",
)  # no set: a list in its place has no hash


def xrpc(
    method: str,
    server: str,
    name: str,
    *,
    token: str | None = None,
    query: Mapping[str, str] | None = None,
    json: Any = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    purpose: Purpose = API,
) -> Response | Failed:
    """One call of the named method at a server."""
    url = f"{server}/xrpc/{name}" + (f"?{urlencode(query)}" if query else "")
    return call(method, url, token=token, json=json, body=body, headers=headers, purpose=purpose)


def refusal(response: Response, account: Account) -> Outcome:
    """The outcome of a call that was answered, but not with what it asked for."""
    said = json_object(response)
    words = quoted(said.get("message"), account.credentials.access_token, account.credentials.refresh_token)
    if HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        # A token that cannot be verified gets 400 too; whether the session is lost, its refresh will tell.
        if said.get("error") in ("ExpiredToken", "InvalidToken"):
            return TokenExpired(f"Bluesky asks for a fresh token. {words}".strip())
        if said.get("error") in _CLOSED:
            return TokenExpired(f"Bluesky has closed this account. {words}".strip(), revoked=True)
    return failure(response, NAME, words)
