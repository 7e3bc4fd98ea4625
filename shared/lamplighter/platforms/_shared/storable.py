"""What of a network's answer can be stored: bounded, and without what no column takes (a NUL).

Networks are strangers: what they answer with is checked here before it becomes a post's id or an account.
"""

import re
from collections.abc import Mapping
from typing import Any
from unicodedata import category
from urllib.parse import urlsplit

from lamplighter.domain.outcomes import Published, Unknown
from lamplighter.platforms.base import Account, ConnectFailed, Credentials

_LONGEST_ID = 512
_LONGEST_NAME = 255
_LONGEST_URL = 2048
_LONGEST_TOKEN = 8192
_LONGEST_LIST = 100
_UNFIT = frozenset({"Cc", "Cs"})
_VISIBLE = re.compile(r"[\x21-\x7e]+")


def plain(text: str) -> str:
    """The text without control characters."""
    return "".join(character for character in text if category(character) not in _UNFIT)


def identifier(value: object, longest: int = _LONGEST_ID) -> str | None:
    """An id that the network gave to something, as text; None where it is none that can be used."""
    if type(value) is int:
        value = str(value)
    fits = isinstance(value, str) and len(value) <= longest and _VISIBLE.fullmatch(value)
    return str(value) if fits else None


def web_address(value: object) -> str:
    """An http or https address that a person can be shown; empty where it is none."""
    if not isinstance(value, str) or len(value) > _LONGEST_URL or plain(value) != value or " " in value:
        return ""
    try:
        parts = urlsplit(value)
    except ValueError:
        return ""
    return value if parts.scheme in ("http", "https") and parts.hostname else ""


def published(remote_id: object, *urls: object) -> Published | None:
    """A post that the network has, shown at the first address that is one; None without a usable id.

    What cannot be shown was published all the same.
    """
    known = identifier(remote_id)
    if known is None:
        return None
    return Published(known, next(filter(None, map(web_address, urls)), ""))


def unreadable(network: str) -> Unknown:
    """A success that does not say what it made."""
    return Unknown("unreadable_answer", f"{network} accepted the call, but its answer names no post.")


def storable(account: Account, network: str) -> Account:
    """The account; raises ConnectFailed where a server has named what cannot be stored."""
    fits = (
        isinstance(account.channel_id, str)
        and identifier(account.channel_id, _LONGEST_NAME)
        and _is_name(account.username)
        and len(account.base_url) <= _LONGEST_NAME
        and web_address(account.base_url)
    )
    if not fits:
        raise not_as_expected(network)
    return account


def token_pair(said: Mapping[str, Any], network: str) -> Credentials:
    """The two tokens of a session in the AT Protocol's words; raises ConnectFailed."""
    access, refresh = (identifier(said.get(name), _LONGEST_TOKEN) for name in ("accessJwt", "refreshJwt"))
    if access is None or refresh is None:
        raise not_as_expected(network)
    return Credentials(access, refresh)


def short_list(values: object) -> list[str]:
    """Of a list, what are short words; empty where it is none."""
    if not isinstance(values, list):
        return []
    return [
        word for word in values[:_LONGEST_LIST] if isinstance(word, str) and identifier(word, _LONGEST_NAME)
    ]


def not_as_expected(network: str) -> ConnectFailed:
    """For an answer that is not this network's."""
    message = f"The server did not answer as a {network} server does."
    return ConnectFailed("unreadable_answer", message, transient=True)


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST_NAME and plain(value) == value
