"""The networks that can be posted to, each imported when it is first needed."""

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from lamplighter.platforms.base import Connector
from lamplighter.settings import settings

if TYPE_CHECKING:
    from lamplighter.platforms import bluesky, mastodon, sandbox

    _CHECKED: list[Connector] = [bluesky, mastodon, sandbox]

PLATFORMS: Final = {
    "sandbox": "lamplighter.platforms.sandbox",
    "bluesky": "lamplighter.platforms.bluesky",
    "mastodon": "lamplighter.platforms.mastodon",
}


def connector(platform: str) -> Connector:
    """The network's module, which is a Connector; KeyError for one that is not listed."""
    return cast("Connector", import_module(PLATFORMS[platform]))


def default_base_url(platform: str) -> str | None:
    """Where accounts of the network are opened if the user names no server; None: the user must."""
    return {"sandbox": settings().sandbox_url, "bluesky": "https://bsky.social"}.get(platform)
