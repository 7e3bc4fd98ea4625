"""What is killed: each way a post can take, told as steps that a process of its own plays."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from tests.integration.promises.networks import CUT, Answer, Network
from tests.integration.promises.stage import SOON, Names, Stage

type Step = dict[str, Any]

TO_THE_END: Step = {"drive": 0}
ONE_ROUND: Step = {"drive": 1}
SPAWN: Step = {"spawn": 0}
"""Ticks of the recurring posts, and their messages, until all is made."""
ONE_SPAWN: Step = {"spawn": 1}
UNTIL_DUE: Step = {"drive": 0, "until": SOON.total_seconds() + 300}


def call(method: str, path: str, body: Any = None) -> Step:
    """A call of the API; {name} in the path and $name in the body stand for what was made before."""
    return {"call": [method, path, body]}


def queue(name: str, of: str = "PUBLISH_QUEUE_URL") -> Step:
    """From here on the publish queue, or another one, is there, or "gone"."""
    return {"queue": name, "of": of}


@dataclass(frozen=True)
class Trouble:
    """What the network does to each run."""

    refusals: tuple[Answer, ...] = ()
    losses: tuple[Answer, ...] = ()
    afterwards: tuple[Answer, ...] = ()
    processing: int = 0
    expired: bool = False

    def befall(self, network: Network, names: Names) -> None:
        """From now on."""
        network.refusals += self.refusals
        network.losses += self.losses
        network.afterwards += self.afterwards
        network.processing = self.processing
        if self.expired:
            network.expired.add(f"a.1.{names['who']}")


@dataclass(frozen=True)
class Scenario:
    """`set_up` makes what stands before the steps."""

    name: str
    steps: list[Step] = field(default_factory=lambda: [TO_THE_END])
    set_up: Callable[[Stage], Names] = Stage.scheduled
    trouble: Trouble = Trouble()
    platform: str = "sandbox"
    status: str = "published"
    posts: int = 1
    """How many came into being on the network."""
    publications: int = 1
    """Of how many of ours."""
    left: int | None = None
    """How many are there in the end, if some were removed."""
    says: str = ""
    """What the first post ends with then."""


def _with(**more: Any) -> Callable[[Stage], Names]:
    return partial(Stage.scheduled, **more)


THREAD = ("thread", "thread")
RATE_LIMIT: Answer = (429, {"headers": {"Retry-After": "2"}, "detail": "Slow down", "error": "Slow down"})
REFUSED: Answer = (422, {"detail": "No", "error": "No"})
LOST = Trouble(losses=(CUT,))
PUBLICATION = "/publications/{publication}"
PLATFORM = PUBLICATION + "/platforms/{platform}"
NOW = {"content_id": "$content", "connection_ids": ["$connection"], "scheduled_at": "now"}
REMOVAL = [TO_THE_END, call("POST", PLATFORM + "/remove"), TO_THE_END]
EDIT = [
    TO_THE_END,
    call("PATCH", "/content/{content}", {"text": "$text, mended"}),
    call("POST", PLATFORM + "/edit"),
    TO_THE_END,
]
NOBODYS = {"workspace_id": "$workspace", "publication_platform_id": "$connection", "fence": 1, "lane": 0}

EVERY_NETWORK = [
    Scenario("plain text"),
    Scenario("with a picture", set_up=_with(picture=True)),
    Scenario("a thread of three", set_up=_with(parts=THREAD), posts=3),
    Scenario("with a comment", set_up=_with(parts=("comment",)), posts=2),
    Scenario("after a rate limit", trouble=Trouble(refusals=(RATE_LIMIT,))),
    Scenario("a lost answer", trouble=LOST),
    Scenario("removed", REMOVAL, status="removed", left=0),
    Scenario("edited", EDIT, says="mended"),
]

SANDBOX = [
    Scenario("a picture in the works", set_up=_with(picture=True), trouble=Trouble(processing=1)),
    Scenario("a lost answer within a thread", set_up=_with(parts=THREAD), trouble=LOST, posts=3),
    Scenario("created for now", [call("POST", "/publications", NOW), TO_THE_END], Stage.drafted),
    Scenario("sent at once", [call("POST", PUBLICATION + "/publish-now"), TO_THE_END]),
    Scenario("moved", [call("PATCH", PUBLICATION, {"scheduled_at": "$later"}), TO_THE_END]),
    Scenario("cancelled", [call("POST", PUBLICATION + "/cancel"), TO_THE_END], status="cancelled", posts=0),
    Scenario(
        "approved late",
        [UNTIL_DUE, call("POST", PUBLICATION + "/approval/approve", {}) | {"as": "approver"}, TO_THE_END],
        Stage.pending,
    ),
    Scenario(
        "never approved",
        set_up=_with(needs_approval=True, late_policy="skip", late_after_minutes=1),
        status="missed",
        posts=0,
    ),
    Scenario(
        "tried again by a person",
        [TO_THE_END, call("POST", PLATFORM + "/retry"), TO_THE_END],
        trouble=Trouble(refusals=(REFUSED,)),
    ),
    Scenario("a test", set_up=_with(mode="test")),
    Scenario("the queue is away", [queue("gone"), ONE_ROUND, queue("there"), TO_THE_END]),
    Scenario("a message of nobody's", [{"deliver": NOBODYS}, TO_THE_END]),
    Scenario("the circuit is open", set_up=partial(Stage.gated, closed_until=timedelta(minutes=1))),
    Scenario("by the slow lane", set_up=partial(Stage.gated, slow_until=timedelta(minutes=5))),
]

BLUESKY = [
    Scenario("a fresh token", trouble=Trouble(expired=True)),
    Scenario("a mention", set_up=_with(say="@friend.test")),
    Scenario(
        "a thread from where a person found it",
        [ONE_ROUND, {"behind": "UPDATE publication_attempts SET reference = NULL"}, TO_THE_END],
        _with(parts=THREAD),
        posts=3,
    ),
]

MASTODON = [
    Scenario("a picture in the works", set_up=_with(picture=True), trouble=Trouble(processing=1)),
    Scenario(
        "found when its key is forgotten",
        [ONE_ROUND, {"late": 4000}, TO_THE_END],
        trouble=LOST,
    ),
    Scenario("found when its repeat is refused", trouble=Trouble(losses=(CUT,), afterwards=(REFUSED,))),
]

TEXTS = [Scenario("plain text"), Scenario("after a rate limit", trouble=Trouble(refusals=(RATE_LIMIT,)))]
_FILL = "FILL_QUEUE_URL"
RECURRING = [
    Scenario("a recurring post", [SPAWN, TO_THE_END], Stage.recurring),
    Scenario(
        "a recurring post that is due at once",
        [SPAWN, TO_THE_END],
        partial(Stage.recurring, soon=timedelta(minutes=2)),
    ),
    Scenario(
        "a recurring post of which nobody hears",
        [queue("gone", _FILL), ONE_SPAWN, queue("there", _FILL), SPAWN, TO_THE_END],
        Stage.recurring,
    ),
    Scenario(
        "a recurring post made in parts",
        [{"batch": 1}, SPAWN, TO_THE_END],
        partial(Stage.recurring, count=2),
        posts=2,
        publications=2,
    ),
    Scenario(
        "a recurring post that was never approved",
        [SPAWN, TO_THE_END],
        partial(Stage.recurring, needs_approval=True, misfire_policy="skip", misfire_grace_minutes=1),
        status="missed",
        posts=0,
    ),
    Scenario(
        "a recurring post that is late",
        [SPAWN, {"late": 3600}, TO_THE_END],
        partial(Stage.recurring, misfire_policy="catch_up", count=2),
        posts=2,
        publications=2,
    ),
]
THREADED = Scenario("a thread of three", set_up=_with(parts=THREAD), posts=3)
CLASS = {
    "sandbox": "sandbox",
    "bluesky": "A",
    "mastodon": "B",
    "threads": "C",
    "linkedin": "D",
    "telegram": "E",
}
_EDITS = {"sandbox", "mastodon"}


def _on(platform: str, *scenarios: Scenario) -> list[Scenario]:
    mine = [each for each in scenarios if each.name != "edited" or platform in _EDITS]
    return [Scenario(**{**each.__dict__, "platform": platform}) for each in mine]


SCENARIOS = [
    *_on("sandbox", *EVERY_NETWORK, *SANDBOX, *RECURRING),
    *_on("bluesky", *EVERY_NETWORK, *BLUESKY),
    *_on("mastodon", *EVERY_NETWORK, *MASTODON),
    *_on("threads", *TEXTS, Scenario("a lost answer", trouble=LOST), THREADED),
    *_on("linkedin", *TEXTS, Scenario("a lost answer", trouble=LOST)),
    *_on("telegram", *TEXTS, Scenario("a lost answer", trouble=LOST, status="needs_review"), THREADED),
]
