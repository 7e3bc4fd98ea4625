"""Opening an account with a token of its instance, and the limits that the instance announces."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from lamplighter.egress import CONNECT, Response
from lamplighter.platforms._shared.answers import while_connecting
from lamplighter.platforms._shared.credentials import required
from lamplighter.platforms._shared.storable import identifier, not_as_expected, short_list, storable
from lamplighter.platforms.base import Account, ConnectFailed, Credentials
from lamplighter.platforms.mastodon.rest import NAME, refusal, rest
from lamplighter.platforms.transport import json_object


def connect(base_url: str, fields: Mapping[str, str]) -> Account:
    """Ask the instance whose token it is (scope read:accounts or profile) and what it allows."""
    [token] = required(fields, "access_token")
    unnamed = Account("mastodon", "", "", base_url, Credentials(token))
    person = _answer(unnamed, "v1/accounts/verify_credentials")
    user = identifier(person.get("username"))
    if user is None:
        raise not_as_expected(NAME)
    instance = _answer(unnamed, "v2/instance", optional=True)
    host = identifier(instance.get("domain")) or urlsplit(base_url).netloc
    account = replace(
        unnamed,
        channel_id=identifier(person.get("id")) or "",
        username=f"{user}@{host}",
        limits=to_limits(instance.get("configuration")),
    )
    return storable(account, NAME)


def refresh(account: Account) -> Credentials:  # noqa: ARG001  # the Protocol's form
    """Mastodon's tokens do not expire: one that is refused was withdrawn."""
    message = "Mastodon no longer accepts this account's token: connect the account again."
    raise ConnectFailed("reconnect_required", message)


def to_limits(configuration: Any) -> dict[str, Any]:
    """The announced limits under the names of `domain.networks`; what is missing or odd is left out."""
    statuses, media = _part(configuration, "statuses"), _part(configuration, "media_attachments")
    numbers = {
        "text_max": statuses.get("max_characters"),
        "link_length": statuses.get("characters_reserved_per_url"),
        "image_count": statuses.get("max_media_attachments"),
        "image_bytes": media.get("image_size_limit"),
        "image_pixels": media.get("image_matrix_limit"),
        "alt_max": media.get("description_limit"),
    }
    limits: dict[str, Any] = {
        name: number for name, number in numbers.items() if type(number) is int and number > 0
    }
    if isinstance(media.get("supported_mime_types"), list):
        mimes = short_list(media["supported_mime_types"])
        limits["image_mimes"] = sorted(mime for mime in mimes if mime.startswith("image/"))
    return limits


def _part(configuration: Any, name: str) -> dict[str, Any]:
    part = configuration.get(name) if isinstance(configuration, dict) else None
    return part if isinstance(part, dict) else {}


def _answer(account: Account, path: str, *, optional: bool = False) -> dict[str, Any]:
    answer = rest("GET", account, path, purpose=CONNECT)
    if not isinstance(answer, Response):
        raise while_connecting(answer)
    if answer.status == HTTPStatus.OK:
        return json_object(answer)
    if optional and answer.status == HTTPStatus.NOT_FOUND:
        return {}
    raise while_connecting(refusal(answer, account))
