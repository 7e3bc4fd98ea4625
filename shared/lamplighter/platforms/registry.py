"""The networks that can be posted to, each imported when it is first needed."""

from importlib import import_module
from typing import TYPE_CHECKING, Final, cast

from lamplighter.platforms.base import Connector
from lamplighter.settings import settings

if TYPE_CHECKING:
    from lamplighter.platforms import bluesky, linkedin, mastodon, sandbox, telegram, threads

    _CHECKED: list[Connector] = [bluesky, linkedin, mastodon, sandbox, telegram, threads]

PLATFORMS: Final = {
    "sandbox": "lamplighter.platforms.sandbox",
    "bluesky": "lamplighter.platforms.bluesky",
    "mastodon": "lamplighter.platforms.mastodon",
    "threads": "lamplighter.platforms.threads",
    "linkedin": "lamplighter.platforms.linkedin",
    "telegram": "lamplighter.platforms.telegram",
}


_SERVERS: Final = {
    "bluesky": "https://bsky.social",
    "threads": "https://graph.threads.net",
    "linkedin": "https://api.linkedin.com",
    "telegram": "https://api.telegram.org",
}


def connector(platform: str) -> Connector:
    """The network's module, which is a Connector; KeyError for one that is not listed."""
    return cast("Connector", import_module(PLATFORMS[platform]))


def default_base_url(platform: str) -> str | None:
    """Where accounts of the network are opened if the user names no server; None: the user must."""
    return settings().sandbox_url if platform == "sandbox" else _SERVERS.get(platform)
