"""Wake-ups: messages that may be lost or doubled harmlessly, because the dispatch row is the truth."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any
from uuid import UUID

from lamplighter.clients import queues
from lamplighter.observability import logger
from lamplighter.settings import settings

GROUP = 160
"""As many as go out at once: ten to a call, on sixteen threads."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Work on a platform row, good as long as its dispatch row carries `fence`: what a message says."""

    workspace_id: UUID
    publication_platform_id: UUID
    fence: int
    lane: int = 0
    """The queue it goes by: an index into vocabulary.LANES."""


@dataclass(frozen=True, slots=True)
class Wake:
    """A claim and when its message should arrive."""

    claim: Claim
    due_at: datetime

    def message(self, now: datetime) -> queues.Message:
        """Delayed to the second below `due_at`; the worker waits for the rest."""
        seconds = int(max(0.0, (self.due_at - now).total_seconds()))
        body = {
            "workspace_id": str(self.claim.workspace_id),
            "publication_platform_id": str(self.claim.publication_platform_id),
            "fence": self.claim.fence,
            "lane": self.claim.lane,
        }
        return queues.Message(body=body, delay_seconds=seconds, group=str(self.claim.workspace_id))


def is_near(due_at: datetime, now: datetime) -> bool:
    """Whether whoever commits this work wakes it too, because the next tick may come too late."""
    return due_at <= now + timedelta(seconds=settings().look_ahead_seconds)


def grace_after(due_at: datetime, now: datetime) -> datetime:
    """Until when a woken post is left alone before a tick wakes it again."""
    return max(due_at, now) + timedelta(seconds=settings().dispatch_grace_seconds)


def send(wakes: Sequence[Wake], now: datetime, since: float) -> list[Wake]:
    """Send after the commit; `now` was the database's clock when time.monotonic() was `since`.

    Delays count from when each group is sent, so that a long list's end is not late. Returns what did not
    go out: the ticks sweep it once its grace is over.
    """
    unsent: list[Wake] = []
    for lane, url in enumerate(queue_urls()):
        for group in batched((wake for wake in wakes if wake.claim.lane == lane), GROUP, strict=False):
            passed = now + timedelta(seconds=time.monotonic() - since)
            failed = queues.send(url, [wake.message(passed) for wake in group])
            unsent += [group[index] for index in failed]
    if unsent:
        logger().warning("wake-ups not sent", extra={"failed": len(unsent), "of": len(wakes)})
    return unsent


def queue_urls() -> tuple[str, ...]:
    """The queue of each of vocabulary.LANES."""
    return settings().publish_queue_url, settings().publish_slow_queue_url


def parsed(body: dict[str, Any]) -> Claim:
    """The claim that a queue message carries; raises KeyError or ValueError on anything else."""
    ids = (UUID(body["workspace_id"]), UUID(body["publication_platform_id"]))
    return Claim(*ids, int(body["fence"]), int(body.get("lane", 0)))
