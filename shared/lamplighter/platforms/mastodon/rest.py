"""Calls to an instance, and what its errors prove."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from lamplighter.domain.outcomes import NotSent, Outcome, Rejected, TokenExpired
from lamplighter.egress import API, Purpose, Response
from lamplighter.platforms._shared.answers import failure, quoted
from lamplighter.platforms.base import Account
from lamplighter.platforms.transport import Failed, call, json_object

NAME = "Mastodon"
MEDIA_SECONDS = 2.0
"""How long a picture that is still being processed is given before it is asked for again."""


def rest(
    method: str,
    account: Account,
    path: str,
    *,
    json: Any = None,
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    purpose: Purpose = API,
) -> Response | Failed:
    """One call in the account's name. English is asked for, as one refusal is told apart by its words."""
    spoken = {"Accept-Language": "en", **(headers or {})}
    token = account.credentials.access_token
    url = f"{account.base_url}/api/{path}"
    return call(method, url, token=token, json=json, body=body, headers=spoken, purpose=purpose)


def refusal(response: Response, account: Account) -> Outcome:
    """The outcome of a call that was answered, but not with what it asked for."""
    words = quoted(json_object(response).get("error"), account.credentials.access_token)
    if response.status == HTTPStatus.UNPROCESSABLE_ENTITY and "not finished processing" in words:
        return NotSent("media_processing", words, MEDIA_SECONDS)
    outcome = failure(response, NAME, words)
    if isinstance(outcome, TokenExpired):  # its tokens do not expire: refused means withdrawn
        return TokenExpired(outcome.message, revoked=True)
    if isinstance(outcome, Rejected) and response.status == HTTPStatus.FORBIDDEN and "scope" in words:
        message = (
            "The token may not do this: connect again with read:statuses, write:statuses and write:media. "
            f"{words}"
        )
        return TokenExpired(message, revoked=True)
    return outcome
