"""What is really on the networks: every post that one accepted, whatever it answered."""

from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lamplighter.domain.outcomes import NotSent, RateLimited, Rejected, TokenExpired, Unknown
from lamplighter.platforms.base import Account, Json
from tests.simulation.steps import Steps
from tests.simulation.weather import API_SECONDS, LATEST_SECONDS, Faults

KEY_SECONDS = 3600.0


@dataclass(eq=False)
class Accepted:
    """A post on a network."""

    id: str
    platform: str
    channel: str
    intent: str
    text: str
    kind: str
    parent: str | None
    at: float
    removed_at: float | None = None
    edited: bool = False


@dataclass(eq=False)
class Holder:
    """An account on a network: which tokens open it just now."""

    access: str
    refresh: str
    serial: int = 1
    revoked: bool = False


@dataclass(eq=False)
class Container:
    """What a class C network holds of a post before it is one."""

    id: str
    ready_at: float
    content: Json
    expires_at: float
    post: Accepted | None = None
    at_work: bool = False
    failed: bool = False


@dataclass(eq=False)
class Remote:
    """All networks together; `on_accepted` and `on_changed` hear of what happens there."""

    steps: Steps
    faults: Faults
    on_accepted: Callable[[Accepted], None] = lambda _post: None
    posts: dict[str, Accepted] = field(default_factory=dict)
    intents: dict[str, list[Accepted]] = field(default_factory=dict)
    timelines: dict[tuple[str, str], list[Accepted]] = field(default_factory=dict)
    holders: dict[tuple[str, str], Holder] = field(default_factory=dict)
    keys: dict[tuple[str, str], tuple[Accepted, float]] = field(default_factory=dict)
    containers: dict[str, Container] = field(default_factory=dict)
    on_the_way: dict[str, int] = field(default_factory=dict)
    """Per intent, calls that may still be accepted though nobody sees anything of them."""
    calls: int = 0
    numbers: int = 0

    def holder(self, platform: str, channel: str) -> Holder:
        """The account, opened if it is new."""
        key = (platform, channel)
        if key not in self.holders:
            self.holders[key] = Holder(f"{platform}/{channel}/a1", f"{platform}/{channel}/r1")
        return self.holders[key]

    def renew(self, platform: str, channel: str) -> Holder:
        """Another pair of tokens; the former ones open nothing any more."""
        found = self.holder(platform, channel)
        found.serial += 1
        found.access = f"{platform}/{channel}/a{found.serial}"
        found.refresh = f"{platform}/{channel}/r{found.serial}"
        return found

    def accept(self, account: Account, frozen: Json) -> Accepted:
        """The network has one more post."""
        self.numbers += 1
        post = Accepted(
            id=f"{account.platform}:{self.numbers}",
            platform=account.platform,
            channel=account.channel_id,
            intent=frozen["intent"],
            text=frozen["text"],
            kind=frozen["kind"],
            parent=frozen["parent"],
            at=self.steps.now,
        )
        self.posts[post.id] = post
        self.timelines.setdefault((post.platform, post.channel), []).append(post)
        self.intents.setdefault(post.intent, []).append(post)
        self.steps.note(f"{account.platform} accepts {post.id} {post.text!r}")
        self.on_accepted(post)
        return post

    def since(self, account: Account, when: float) -> list[Accepted]:
        """What the account has posted since then, the oldest first."""
        posts = self.timelines.get((account.platform, account.channel_id), [])
        return posts[bisect_left(posts, when, key=lambda post: post.at) :]

    def call(
        self, account: Account, what: str, effect: Callable[[], Any], *, intent: str | None = None
    ) -> Any:
        """One call over the network: its effect's value, or what a connector makes of its failure. With
        `intent` it is a call that posts."""
        task = self.steps.current
        assert task is not None
        task.calls += 1
        self.calls += 1
        # Who stands still right here, its lease checked and the call not made, is beyond any fence.
        self.faults.step(task, f"before {what}", stands_still=intent is None)
        fault = self.faults.of_call(account.platform, posts=intent is not None)
        self.steps.note(f"{what} {account.platform}/{account.channel_id} {intent or ''} {fault or ''}")
        answer = self._answer(account, fault, effect, intent)
        self.steps.note(f"{what}: {type(answer).__name__}")
        self.faults.step(task, f"after {what}")
        return answer

    def _answer(  # noqa: PLR0911  # one return per kind of fault
        self, account: Account, fault: str | None, effect: Callable[[], Any], intent: str | None
    ) -> Any:
        random, pause = self.faults.random, self.steps.pause
        pause(random.uniform(0.02, 0.4))
        match fault:
            case "limited":
                return RateLimited("Too many calls.", random.choice((None, 0.0, 5.0, 60.0, 900.0)))
            case "unreachable":
                return NotSent("unreachable", "No connection could be made.")
            case "refused":
                return Rejected("refused", "Such posts are not allowed here.")
            case "token expires":
                self.renew_silently(account)
                return self._checked(account, effect)
            case "slow":
                pause(random.uniform(2, API_SECONDS - 1))
                return self._checked(account, effect)
            case "timeout late":
                self._later(account, effect, intent, random.uniform(0.1, LATEST_SECONDS))
                pause(API_SECONDS)
                return Unknown("no_answer", "The network did not answer in time.")
            case None:
                return self._checked(account, effect)
        if fault.endswith(("after", "body", "garbage")):
            self._checked(account, effect)
        if fault.startswith("timeout"):
            pause(API_SECONDS)
        return Unknown("unclear_answer", f"What came back says nothing: {fault}.")

    def renew_silently(self, account: Account) -> None:
        """The access token has had its time; the refresh token still opens."""
        found = self.holder(account.platform, account.channel_id)
        found.serial += 1
        found.access = f"{account.platform}/{account.channel_id}/a{found.serial}"

    def _checked(self, account: Account, effect: Callable[[], Any]) -> Any:
        found = self.holder(account.platform, account.channel_id)
        if account.credentials.access_token != found.access:
            return TokenExpired("The token has expired.")
        return effect()

    def _later(self, account: Account, effect: Callable[[], Any], intent: str | None, lag: float) -> None:
        self.comes(intent or "", API_SECONDS + lag, lambda: self._checked(account, effect))

    def comes(self, intent: str, seconds: float, effect: Callable[[], Any]) -> None:
        """The network has what was sent, and nobody sees it there for so long."""
        self.on_the_way[intent] = self.on_the_way.get(intent, 0) + 1

        def happens() -> None:
            self.on_the_way[intent] -= 1
            effect()

        self.steps.after(seconds, happens)
