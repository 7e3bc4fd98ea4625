"""An account on a scripted instance, a post for it, and the answers that an instance gives."""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from lamplighter.domain.outcomes import Published
from lamplighter.platforms.base import Account, Credentials, Json, Media, Post
from tests.integration.platforms.pictures import png
from tests.integration.platforms.wire import Answer, Request

NOW = datetime.now(UTC)
INTENT = UUID("01993d4e-0000-7000-8000-000000000001")
IMAGE = Media(png(), "image/png", "A lamp", 2, 1)
TEXT = "The lamps are lit"
URL = "https://social.example/@ada/9"
STATUS = {"id": "9", "url": URL, "created_at": NOW.isoformat(), "media_attachments": []}
PUBLISHED = Published("9", URL)


def account(base_url: str) -> Account:
    return Account("mastodon", "1", "ada@social.example", base_url, Credentials("token"))


def post(*media: Media, text: str = TEXT) -> Post:
    return Post(INTENT, NOW, text, media, "en")


def prepared(age: timedelta = timedelta(0), **changes: Any) -> Json:
    status = {"status": TEXT}
    return {
        "idempotency_key": str(INTENT),
        "armed_at": (datetime.now(UTC) - age).isoformat(),
        "status": status,
        "processing": [],
    } | changes


def routes(answers: Mapping[str, Iterable[Answer]]) -> Callable[[Request], Answer]:
    """Each route's answers, one after the other; the last one stays."""
    left = {route: list(each) for route, each in answers.items()}

    def script(request: Request) -> Answer:
        path = request.path.partition("?")[0]
        queue = left[f"{request.method} {path.removeprefix('/api')}"]
        return queue.pop(0) if len(queue) > 1 else queue[0]

    return script
