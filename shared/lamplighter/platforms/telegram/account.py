"""Opening a chat with the token of a bot that may post there."""

from collections.abc import Mapping
from typing import Any

from lamplighter.egress import CONNECT, Response
from lamplighter.platforms._shared.answers import while_connecting
from lamplighter.platforms._shared.credentials import required
from lamplighter.platforms._shared.storable import identifier, not_as_expected, plain, storable
from lamplighter.platforms.base import Account, ConnectFailed, Credentials
from lamplighter.platforms.telegram.bot import NAME, TOKEN, bot, refusal, result

_LONGEST_NAME = 255


def connect(base_url: str, fields: Mapping[str, str]) -> Account:
    """Ask what chat it is, and whether the bot may post in it."""
    token, chat_id = required(fields, "bot_token", "chat_id")
    shape = TOKEN.fullmatch(token)
    if shape is None:
        message = (
            "A bot's token is a number, a colon and some thirty letters and digits, as BotFather gave it."
        )
        raise ConnectFailed("token_invalid", message)
    asking = Account("telegram", chat_id, "", base_url, Credentials(token))
    chat = _answer(asking, "getChat", {"chat_id": chat_id})
    known = identifier(chat.get("id"), _LONGEST_NAME)
    if known is None:
        raise not_as_expected(NAME)
    member = _answer(asking, "getChatMember", {"chat_id": known, "user_id": int(shape[1])})
    if not _may_post(chat, member):
        message = "The bot may not post there: make it an administrator of the chat who may post."
        raise ConnectFailed("no_permission", message)
    return storable(Account("telegram", known, _name(chat) or known, base_url, asking.credentials), NAME)


def refresh(account: Account) -> Credentials:  # noqa: ARG001  # the Protocol's form
    """A bot's token does not expire: one that is refused was revoked."""
    message = "Telegram no longer accepts the bot's token: connect the chat again with its new one."
    raise ConnectFailed("reconnect_required", message)


def _answer(account: Account, method: str, fields: Mapping[str, Any]) -> Mapping[str, Any]:
    answer = bot(account, method, fields, purpose=CONNECT)
    if not isinstance(answer, Response):
        raise while_connecting(answer)
    made = result(answer)
    if isinstance(made, dict):
        return made
    raise while_connecting(refusal(answer, account))


def _may_post(chat: Mapping[str, Any], member: Mapping[str, Any]) -> bool:
    """In channels only administrators post; elsewhere every member who is not muted."""
    match chat.get("type"), member.get("status"):
        case _, "creator":
            return True
        case "channel", "administrator":
            return member.get("can_post_messages") is True
        case "channel", _:
            return False
        case _, "administrator" | "member":
            return True
        case _, "restricted":
            return member.get("can_send_messages") is True
    return False


def _name(chat: Mapping[str, Any]) -> str:
    username, title = identifier(chat.get("username"), _LONGEST_NAME), chat.get("title")
    if username:
        return f"@{username}"[:_LONGEST_NAME]
    return plain(title)[:_LONGEST_NAME] if isinstance(title, str) else ""
