"""Posts for LinkedIn, and what becomes of them."""

from datetime import UTC, datetime, timedelta
from typing import Any

from lamplighter.domain.outcomes import (
    Published,
    Waiting,
)
from lamplighter.ids import new_id
from lamplighter.platforms import linkedin
from lamplighter.platforms.base import Account, Json, Media, Post, Remote
from lamplighter.platforms.linkedin.reconciling import SETTLE
from tests.integration.platforms.pictures import png

TEXT = "The lamps (all of them) are lit #evening"
IMAGE = Media(png(), "image/png", "A lamp", 2, 1)


def post(*media: Media, text: str = TEXT, **more: Any) -> Post:
    return Post(new_id(), datetime.now(UTC), text, media, "en", **more)


def comment(on: str, text: str = "Come (and see)") -> Post:
    return post(text=text, kind="comment", root=Remote(on), parent=Remote(on))


def ready(account: Account, wanted: Post) -> Json:
    """What is frozen after as many waits as it takes."""
    frozen = linkedin.prepare(account, wanted, None)
    for _ in range(10):
        if not isinstance(frozen, Waiting):
            break
        frozen = linkedin.prepare(account, wanted, frozen.kept)
    assert isinstance(frozen, dict)
    return frozen


def out(account: Account, wanted: Post) -> Published:
    outcome = linkedin.publish(account, ready(account, wanted))
    assert isinstance(outcome, Published)
    return outcome


def aged(prepared: Json, by: timedelta = SETTLE) -> Json:
    return {**prepared, "armed_at": (datetime.now(UTC) - by).isoformat()}
