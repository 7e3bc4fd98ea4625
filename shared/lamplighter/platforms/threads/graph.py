"""Calls to the Threads API, and what its errors prove."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from lamplighter.domain.outcomes import (
    Duplicate,
    NotSent,
    Outcome,
    RateLimited,
    Rejected,
    TokenExpired,
    Unknown,
)
from lamplighter.egress import API, Purpose, Response
from lamplighter.platforms._shared.answers import failure, quoted
from lamplighter.platforms._shared.waiting import seconds_to_wait
from lamplighter.platforms.base import Account
from lamplighter.platforms.transport import Failed, call, json_object

NAME = "Threads"
_VERSION = "v1.0"
PROCESSING_SECONDS = 10.0
"""After how long a container that is in the works is asked for again."""
_CAP_SECONDS = 3600.0
_SESSION_CODES = frozenset({102, 190})
_PERMISSION_CODES = frozenset({3, 10, *range(200, 300)})
_RATE_CODES = frozenset({4, 17, 32, 613, *range(80_000, 80_015)})
_CAP_CODES = frozenset({9, 2_207_042})
_TRANSIENT_CODES = frozenset({1, 2})
_DUPLICATE_CODE = 506
_RESTRICTED_CODES = frozenset({368, 2_207_050, 2_207_051, 4_279_013})
_EXPIRED_CODES = frozenset({2_207_008, 2_207_020})
_UNREADY_CODE = 2_207_027


def graph(
    method: str,
    account: Account,
    path: str,
    params: Mapping[str, str] | None = None,
    *,
    purpose: Purpose = API,
) -> Response | Failed:
    """One call in the account's name. What a POST says goes in its body; the token is never in an address."""
    url, body, headers = f"{account.base_url}/{_VERSION}/{path}", None, {}
    if params and method == "POST":
        body = urlencode(params).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
    elif params:
        url = f"{url}?{urlencode(params)}"
    token = account.credentials.access_token
    return call(method, url, token=token, body=body, headers=headers, purpose=purpose)


def refusal(response: Response, account: Account, *secrets: str | None) -> Outcome:
    """The outcome of a call that was answered, but not with what it asked for.

    Meta's codes say more than the status; one of a 5xx proves as little as the status does.
    """
    said = json_object(response).get("error")
    error: Mapping[str, Any] = said if isinstance(said, dict) else {"message": said}
    words = quoted(
        error.get("error_user_msg") or error.get("message"), account.credentials.access_token, *secrets
    )
    codes = {code for code in (error.get("code"), error.get("error_subcode")) if type(code) is int}
    if HTTPStatus.BAD_REQUEST <= response.status < HTTPStatus.INTERNAL_SERVER_ERROR:
        told = _of_codes(codes, words, error.get("is_transient") is True, seconds_to_wait(response.headers))
        if told is not None:
            return told
    return failure(response, NAME, words)


def is_gone(response: Response) -> bool:
    """Whether the thing that was asked for is not there, or the token may not know of it."""
    error = json_object(response).get("error")
    codes = (error.get("code"), error.get("error_subcode")) if isinstance(error, dict) else ()
    return response.status == HTTPStatus.NOT_FOUND or codes == (100, 33)


def _of_codes(  # noqa: PLR0911  # one return per kind of error
    codes: set[int], words: str, transient: bool, wait: float | None
) -> Outcome | None:
    """What Meta's codes prove; None where they say no more than the status."""
    if codes & _SESSION_CODES:
        return TokenExpired(f"Threads no longer accepts this account's token. {words}".strip())
    if codes & _CAP_CODES:
        return RateLimited(f"The account has posted as much as Threads allows. {words}".strip(), _CAP_SECONDS)
    if codes & _RATE_CODES:
        return RateLimited(f"Threads takes no more calls for now. {words}".strip(), wait)
    if codes & _RESTRICTED_CODES:
        return Rejected("account_restricted", f"Threads restricts this account. {words}".strip())
    if codes & _EXPIRED_CODES:
        return NotSent("container_expired", f"Threads has forgotten the prepared post. {words}".strip())
    if _UNREADY_CODE in codes:
        return NotSent("media_processing", f"Threads still works on it. {words}".strip(), PROCESSING_SECONDS)
    if _DUPLICATE_CODE in codes:
        return Duplicate(f"Threads has such a post of this account's already. {words}".strip())
    if codes & _PERMISSION_CODES:
        return Rejected("no_permission", f"The account's token may not do this. {words}".strip())
    if codes & _TRANSIENT_CODES or transient:
        return Unknown("unclear_answer", f"Threads has trouble of its own. {words}".strip())
    return None
