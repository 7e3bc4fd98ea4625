"""A post for Threads, and what becomes of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from lamplighter.domain.outcomes import (
    Waiting,
)
from lamplighter.ids import new_id
from lamplighter.platforms import threads
from lamplighter.platforms.base import Account, Json, Media, Post
from lamplighter.platforms.threads.reconciling import SETTLE

TEXT = "The lamps are lit"
IMAGE = Media(b"", "image/png", "A lamp", 10, 10, "https://media.example/1.png?sig=presigned")


def post(*media: Media, text: str = TEXT, **more: Any) -> Post:
    return Post(new_id(), datetime.now(UTC), text, media, "en", **more)


def ready(account: Account, wanted: Post) -> Json:
    """What is frozen after as many waits as it takes."""
    frozen = threads.prepare(account, wanted, None)
    for _ in range(10):
        if not isinstance(frozen, Waiting):
            break
        frozen = threads.prepare(account, wanted, frozen.kept)
    assert isinstance(frozen, dict)
    return frozen


def aged(prepared: Json, by: timedelta = SETTLE) -> Json:
    return {**prepared, "armed_at": (datetime.now(UTC) - by).isoformat()}
