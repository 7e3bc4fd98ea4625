"""Opening an account with a token of its instance, and the limits that the instance announces."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from lamplighter.egress import Response
from lamplighter.platforms._shared.answers import while_connecting
from lamplighter.platforms._shared.credentials import required
from lamplighter.platforms.base import Account, ConnectFailed, Credentials
from lamplighter.platforms.mastodon.rest import refusal, rest
from lamplighter.platforms.transport import json_object

_NO_SERVER = "The server did not answer as a Mastodon server does."


def connect(base_url: str, fields: Mapping[str, str]) -> Account:
    """Ask the instance whose token it is (scope read:accounts or profile) and what it allows."""
    [token] = required(fields, "access_token")
    unnamed = Account("mastodon", "", "", base_url, Credentials(token))
    person = _answer(unnamed, "v1/accounts/verify_credentials")
    if not person.get("id") or not person.get("username"):
        raise ConnectFailed("unclear_answer", _NO_SERVER, transient=True)
    instance = _answer(unnamed, "v2/instance", optional=True)
    host = instance.get("domain") or urlsplit(base_url).netloc
    return replace(
        unnamed,
        channel_id=str(person["id"]),
        username=f"{person['username']}@{host}",
        limits=to_limits(instance.get("configuration")),
    )


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
    mimes = media.get("supported_mime_types")
    if isinstance(mimes, list):
        limits["image_mimes"] = sorted(str(mime) for mime in mimes if str(mime).startswith("image/"))
    return limits


def _part(configuration: Any, name: str) -> dict[str, Any]:
    part = configuration.get(name) if isinstance(configuration, dict) else None
    return part if isinstance(part, dict) else {}


def _answer(account: Account, path: str, *, optional: bool = False) -> dict[str, Any]:
    answer = rest("GET", account, path)
    if not isinstance(answer, Response):
        raise while_connecting(answer)
    if answer.status == HTTPStatus.OK:
        return json_object(answer)
    if optional and answer.status == HTTPStatus.NOT_FOUND:
        return {}
    raise while_connecting(refusal(answer, account))
