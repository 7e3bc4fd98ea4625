"""What people write, and when they want it out."""

from datetime import datetime, timedelta
from random import Random
from typing import Any

from lamplighter.schemas.content import AdaptedVersion, ContentCreate
from tests.simulation.networks import NETWORKS
from tests.simulation.steps import Steps
from tests.simulation.tenants import Tenant


class Writing:
    """Draws from the seed what somebody says."""

    def __init__(self, random: Random, steps: Steps) -> None:
        self.random, self.steps = random, steps
        self.number = 0

    def text(self) -> str:
        """Words that nobody has said before."""
        self.number += 1
        return f"Lamp {self.number}"

    def words(self, tenant: Tenant, targets: list[Any]) -> dict[str, Any]:
        """A content that fits the targets: text, segments, adapted words, pictures."""
        kinds = _kinds([NETWORKS[each.platform] for each in targets])
        segments = []
        if kinds and self.random.random() < 0.3:
            segments = [(self.random.choice(kinds), self.text()) for _ in range(self.random.randint(1, 3))]
        adapted = {targets[0].platform: self.text()} if self.random.random() < 0.2 else {}
        media = [tenant.picture] if self.random.random() < 0.25 else []
        return {"text": self.text(), "segments": tuple(segments), "adapted": adapted, "media": media}

    def when(self) -> datetime | str:
        """Now, or soon."""
        if self.random.random() < 0.25:
            return "now"
        ahead = self.random.expovariate(1 / 600) + 5
        return self.steps.clock + timedelta(seconds=round(ahead, 3))

    def late(self) -> dict[str, Any]:
        """What to do if it is late."""
        policy = self.random.choice(("send", "send", "send", "skip", "ask"))
        return {"late_policy": policy} | (
            {} if policy == "send" else {"late_after_minutes": self.random.randint(1, 60)}
        )


def body_of(words: dict[str, Any]) -> ContentCreate:
    """The schema knows the real networks' names only, so what is adapted is put in behind its back."""
    segments = [{"kind": kind, "text": text} for kind, text in words["segments"]]
    media = [{"media_id": media_id} for media_id in words["media"]]
    body = ContentCreate.model_validate({"text": words["text"], "segments": segments, "media": media})
    adapted = {platform: AdaptedVersion(text=text) for platform, text in words["adapted"].items()}
    return body.model_copy(update={"adapted_versions": adapted})


def _kinds(networks: list[Any]) -> list[str]:
    kinds = []
    if all(each.threads for each in networks):
        kinds.append("thread")
    if all(each.comments for each in networks):
        kinds.append("comment")
    return kinds
