"""Calls to the Bot API, and what its errors prove. The token is a part of the address."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote

from lamplighter.domain.outcomes import NotSent, Outcome, RateLimited, Rejected, TokenExpired
from lamplighter.egress import API, Purpose, Response
from lamplighter.platforms._shared.answers import failure, quoted
from lamplighter.platforms._shared.standing import parent_gone, post_gone
from lamplighter.platforms.base import Account
from lamplighter.platforms.transport import Failed, call, json_object

NAME = "Telegram"
TOKEN: Final = re.compile(r"([0-9]{1,20}):[A-Za-z0-9_-]{20,100}")
"""The bot's id, and what opens it."""
_LONGEST_WAIT = 86_400.0
_SAID: Final = (
    ("message is too long", Rejected("text_too_long", "Telegram finds the text too long.")),
    ("caption is too long", Rejected("text_too_long", "Telegram finds the caption too long.")),
    ("chat not found", Rejected("chat_not_found", "Telegram does not find the chat.")),
    (
        "group chat was upgraded",
        Rejected("chat_moved", "The group has become a supergroup: connect it anew."),
    ),
    ("message to be replied not found", parent_gone(NAME)),
    ("message to reply not found", parent_gone(NAME)),
    ("replied message not found", parent_gone(NAME)),
    ("message to edit not found", post_gone(NAME)),
    ("message can't be edited", Rejected("too_late", "Telegram lets this post no longer be changed.")),
    ("message can't be deleted", Rejected("too_late", "Telegram lets this post no longer be removed.")),
    ("failed to get http url content", NotSent("media_not_fetched", "Telegram did not get the image.")),
    ("wrong file identifier", NotSent("media_not_fetched", "Telegram did not get the image.")),
    ("webpage_curl_failed", NotSent("media_not_fetched", "Telegram did not get the image.")),
    ("webpage_media_empty", NotSent("media_not_fetched", "Telegram did not get the image.")),
    (
        "photo_invalid_dimensions",
        Rejected("media_refused", "Telegram finds an image too large or too narrow."),
    ),
)
"""Of a 400, by what its description holds: Telegram has no codes of its own."""


def bot(
    account: Account, method: str, fields: Mapping[str, Any], *, purpose: Purpose = API
) -> Response | Failed:
    """One call of the bot's. Nothing that is made of the address goes into a message or a log line."""
    token = quote(account.credentials.access_token, safe=":")
    return call("POST", f"{account.base_url}/bot{token}/{method}", json=dict(fields), purpose=purpose)


def result(response: Response) -> Any:
    """What the call made; None where it was refused or says nothing."""
    said = json_object(response)
    return said.get("result") if response.status == HTTPStatus.OK and said.get("ok") is True else None


def description(response: Response) -> str:
    """What Telegram says of a refusal, in lower case, for comparing."""
    words = json_object(response).get("description")
    return words.lower() if isinstance(words, str) else ""


def refusal(response: Response, account: Account) -> Outcome:
    """The outcome of a call that was answered, but not with what it asked for."""
    token = account.credentials.access_token
    words = quoted(json_object(response).get("description"), token, token.rpartition(":")[2])
    match response.status:
        case HTTPStatus.BAD_REQUEST:
            return _of_words(response) or Rejected("refused", f"Telegram refused. {words}".strip())
        case HTTPStatus.UNAUTHORIZED:
            return TokenExpired(f"Telegram no longer accepts the bot's token. {words}".strip(), revoked=True)
        case HTTPStatus.FORBIDDEN:
            message = f"The bot may not post there: make it an administrator of the chat. {words}"
            return Rejected("no_permission", message.strip())
    outcome = failure(response, NAME, words)
    if isinstance(outcome, RateLimited):
        return RateLimited(outcome.message, _wait(response) or outcome.retry_after)
    return outcome


def _of_words(response: Response) -> Outcome | None:
    if _parameters(response).get("migrate_to_chat_id"):
        return Rejected("chat_moved", "The group has become a supergroup: connect it anew.")
    said = description(response)
    return next((outcome for words, outcome in _SAID if words in said), None)


def _wait(response: Response) -> float | None:
    wait = _parameters(response).get("retry_after")
    if isinstance(wait, bool) or not isinstance(wait, int | float):
        return None
    return min(max(float(wait), 0.0), _LONGEST_WAIT)


def _parameters(response: Response) -> Mapping[str, Any]:
    found = json_object(response).get("parameters")
    return found if isinstance(found, dict) else {}
