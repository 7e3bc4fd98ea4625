"""Messages for Telegram, and what becomes of them."""

from datetime import UTC, datetime
from typing import Any

from lamplighter.domain.outcomes import (
    Published,
)
from lamplighter.ids import new_id
from lamplighter.platforms import telegram
from lamplighter.platforms.base import Account, Json, Media, Post, Remote
from tests.integration.platforms.fake_telegram import TOKEN

TEXT = "The lamps *are* lit_ <b>"
SECRET = TOKEN.partition(":")[2]
FIELDS = {"bot_token": TOKEN, "chat_id": "@lamps_daily"}


def image(number: int = 1) -> Media:
    return Media(b"", "image/png", "A lamp", 10, 10, f"https://media.example/{number}.png")


def post(*media: Media, text: str = TEXT, **more: Any) -> Post:
    return Post(new_id(), datetime.now(UTC), text, media, "en", **more)


def ready(account: Account, wanted: Post) -> Json:
    frozen = telegram.prepare(account, wanted, None)
    assert isinstance(frozen, dict)
    return frozen


def out(account: Account, wanted: Post) -> Remote:
    frozen = ready(account, wanted)
    outcome = telegram.publish(account, frozen)
    assert isinstance(outcome, Published)
    return Remote(outcome.remote_id, outcome.reference, frozen)
