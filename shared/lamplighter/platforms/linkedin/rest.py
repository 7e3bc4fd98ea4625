"""Calls to LinkedIn's versioned API, and what its errors prove."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

from lamplighter.domain.outcomes import Duplicate, NotSent, Outcome, Rejected, TokenExpired
from lamplighter.egress import API, Purpose, Response
from lamplighter.platforms._shared.answers import failure, quoted
from lamplighter.platforms.base import Account
from lamplighter.platforms.transport import Failed, call, json_object

NAME = "LinkedIn"
VERSION: Final = "202607"
"""A version lives a year, then every call is answered 426: this one is to be replaced before July 2027."""
PROCESSING_SECONDS = 5.0
"""After how long an image that is being processed is asked for again."""
_RETIRED_SECONDS = 900.0


def rest(
    method: str,
    account: Account,
    path: str,
    *,
    json: Any = None,
    restli_method: str | None = None,
    purpose: Purpose = API,
) -> Response | Failed:
    """One call in the page's name."""
    headers: Mapping[str, str] = {"LinkedIn-Version": VERSION, "X-Restli-Protocol-Version": "2.0.0"}
    if restli_method:
        headers = {**headers, "X-RestLi-Method": restli_method}
    url, token = f"{account.base_url}/rest/{path}", account.credentials.access_token
    return call(method, url, token=token, json=json, headers=headers, purpose=purpose)


def refusal(  # noqa: PLR0911  # one return per kind of error
    response: Response, account: Account, *secrets: str | None
) -> Outcome:
    """The outcome of a call that was answered, but not with what it asked for."""
    said = json_object(response)
    words = quoted(said.get("message"), account.credentials.access_token, *secrets)
    lower = words.lower()
    match response.status:
        case HTTPStatus.UNAUTHORIZED:
            # A page's token is renewed by a person's consent only.
            return TokenExpired(
                f"LinkedIn no longer accepts this page's token. {words}".strip(), revoked=True
            )
        case HTTPStatus.FORBIDDEN if "resource is forbidden" in lower:  # at times for a moment only
            return NotSent("forbidden", f"LinkedIn refused for now. {words}")
        case HTTPStatus.UPGRADE_REQUIRED:
            message = "LinkedIn no longer speaks the version of its API that is called here."
            return NotSent("version_retired", message, _RETIRED_SECONDS)
        case HTTPStatus.UNPROCESSABLE_ENTITY if _is_duplicate(said, lower):
            return Duplicate(f"LinkedIn has such a post of the page's already. {words}".strip())
        case HTTPStatus.BAD_REQUEST | HTTPStatus.UNPROCESSABLE_ENTITY if "processing" in lower:
            return NotSent("media_processing", words, PROCESSING_SECONDS)
    outcome = failure(response, NAME, words)
    if isinstance(outcome, Rejected) and response.status == HTTPStatus.FORBIDDEN:
        return Rejected("no_permission", f"The page's token may not do this. {words}".strip())
    return outcome


def _is_duplicate(said: Mapping[str, Any], words: str) -> bool:
    codes = (said.get("code"), said.get("errorDetailType"))
    return "DUPLICATE_POST" in codes or "duplicate_post" in words or "is a duplicate of" in words
