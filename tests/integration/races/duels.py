"""A worker that sends and a person who changes their mind, let loose on each other at nearly the same moment.

Who begins first is moved, race by race, to where neither has the better chance; around it chance decides.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.postgres.models import Dispatch, PublicationPlatform
from lamplighter.postgres.session import transaction
from tests.integration.http import Answer
from tests.integration.promises.networks import Network
from tests.integration.publishing.conftest import Desk

SPREAD = 0.006
"""Seconds around the critical moment within which a race begins."""
STEP = 0.0007
AT_ONCE = 3
"""More than so many rounds a post never needs, once somebody has changed it."""


@dataclass(frozen=True)
class Post:
    """What is raced for."""

    text: str
    content: str
    publication: str
    platform: str
    fingerprint: str | None
    messages: list[dict[str, Any]]


@dataclass
class Racetrack:
    """A tenant with one account; `lead` is how long the worker has been at it when the person begins."""

    desk: Desk
    network: Network
    rng: random.Random
    connection: str
    lead: float = 0.01
    won: dict[str, int] = field(default_factory=lambda: {"person": 0, "worker": 0})

    def post(self, number: int, **more: Any) -> Post:
        """A new one that is due now."""
        text = f"Race {number} {self.rng.randbytes(4).hex()}"
        content = self.desk.content(text)
        made = self.desk.publication(self.connection, content_id=content, **more)
        assert made.status == 201, made.json
        platform = made.json["platforms"][0]["id"]
        row = self._row(platform)
        return Post(text, content, made.json["id"], platform, row.fingerprint, self._due(platform))

    def seen_again(self, post: Post) -> Post:
        """With its message as it is now."""
        return replace(post, messages=self._due(post.platform))

    def run(self, post: Post, change: Callable[[], Answer]) -> Answer:
        """Worker and person at once, and then whatever is still due; what the person was told."""
        answers: list[Answer] = []
        lead = self.lead + self.rng.uniform(-SPREAD, SPREAD)
        gate = threading.Barrier(2)

        def work() -> None:
            gate.wait()
            time.sleep(max(0.0, -lead))
            self.desk.work(post.messages)

        def decide() -> None:
            gate.wait()
            time.sleep(max(0.0, lead))
            answers.append(change())

        threads = [threading.Thread(target=work), threading.Thread(target=decide)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for _ in range(AT_ONCE):
            self.desk.work(self._due(post.platform))
        return answers[0]

    def ended(self, *, person_won: bool) -> None:
        """Who won is given a harder start next time."""
        self.won["person" if person_won else "worker"] += 1
        self.lead += STEP if person_won else -STEP

    def sent(self, post: Post) -> list[str]:
        """What of the post is on the network, in all the words it ever had."""
        return [text for text in self.network.texts if text.startswith(post.text)]

    def state(self, post: Post) -> tuple[str, str | None]:
        """Status and approval, as the API says."""
        said = self.desk.http.get(f"/publications/{post.publication}").json
        return said["status"], said["approval_status"]

    def is_rewritten(self, post: Post) -> bool:
        """Whether the change of words came while the post was still waiting: only then does its row know."""
        return self._row(post.platform).fingerprint != post.fingerprint

    def _row(self, platform: str) -> PublicationPlatform:
        with transaction(UUID(self.desk.http.workspace_id)) as tx:
            return tx.session.get_one(PublicationPlatform, UUID(platform))

    def _due(self, platform: str) -> list[dict[str, Any]]:
        """The message of the work that is due now, if there is any."""
        with transaction(UUID(self.desk.http.workspace_id)) as tx:
            mine = Dispatch.publication_platform_id == UUID(platform)
            rows = tx.session.scalars(select(Dispatch).where(mine, Dispatch.due_at <= tx.now)).all()
        return [
            {
                "workspace_id": str(row.workspace_id),
                "publication_platform_id": str(row.publication_platform_id),
                "fence": row.fence,
                "lane": row.lane,
            }
            for row in rows
        ]
