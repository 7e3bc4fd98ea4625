"""Five networks, one of each class, as platforms/base.py wants them; their truth is in remotes.py."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from lamplighter.domain.networks import Network, Settling
from lamplighter.domain.outcomes import (
    Absent,
    Duplicate,
    Outcome,
    Pending,
    Published,
    Reconciled,
    Rejected,
    Removed,
    Unknown,
    Waiting,
)
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Json, Post
from lamplighter.platforms.base import Remote as Posted
from tests.simulation.answers import before_posting, published, while_looking
from tests.simulation.networks import NETWORKS
from tests.simulation.remotes import KEY_SECONDS, Accepted, Container, Remote

SETTLE_SECONDS = 90.0
"""How long after a call the network may still be at work on it: no search proves anything before."""
CONTAINER_SECONDS = 86_400.0
MARGIN_SECONDS = 300.0


@dataclass
class Connector:
    """What all five share; each class below posts and looks in its own way."""

    remote: Remote
    network: Network

    def connect(self, base_url: str, fields: Mapping[str, str]) -> Account:
        """Accounts are opened by the simulated people themselves."""
        raise NotImplementedError

    def refresh(self, account: Account) -> Credentials:
        """A new pair, if the refresh token still opens."""

        def renewed() -> Credentials | None:
            found = self.remote.holder(account.platform, account.channel_id)
            if found.revoked or account.credentials.refresh_token != found.refresh:
                return None
            found = self.remote.renew(account.platform, account.channel_id)
            return Credentials(found.access, found.refresh)

        holder = self.remote.holder(account.platform, account.channel_id)
        open_account = Account(
            account.platform, account.channel_id, "", "", Credentials(holder.access, holder.refresh)
        )
        given = self.remote.call(open_account, "refresh", renewed)
        if given is None:
            raise ConnectFailed("reconnect_required", "The account must be connected again.")
        if not isinstance(given, Credentials):
            raise ConnectFailed("unreachable", "The network was not reached.", transient=True)
        return given

    def prepare(self, account: Account, post: Post, prepared: Json | None) -> Json | Waiting | Outcome:
        """Upload what there is, freeze what will be sent."""
        frozen = self.frozen(post)
        if prepared is not None:
            return {**prepared, "armed_at": self.remote.steps.now}
        for _ in post.media:
            done = self.remote.call(account, "upload", lambda: "uploaded")
            if not isinstance(done, str):
                return before_posting(done)
        return frozen

    def frozen(self, post: Post) -> Json:
        """The intent is what the oracle knows a post by; only its class lets a network see it as a key."""
        return {
            "intent": str(post.intent_id),
            "intent_at": post.intent_at.isoformat(),
            "text": post.text,
            "kind": post.kind,
            "root": post.root.remote_id if post.root else None,
            "parent": post.parent.remote_id if post.parent else None,
            "armed_at": self.remote.steps.now,
        }

    def publish(self, account: Account, prepared: Json) -> Outcome:
        """The one call."""
        answer = self.remote.call(
            account, "publish", lambda: self.posted(account, prepared), intent=prepared["intent"]
        )
        return published(answer) if isinstance(answer, Accepted) else answer

    def posted(self, account: Account, prepared: Json) -> Accepted | Outcome:
        """What the network does with the call."""
        return self.remote.accept(account, prepared)

    def reconcile(self, account: Account, prepared: Json, taken: Collection[str] = ()) -> Reconciled:
        """Nothing can be found out."""
        return Unknown("cannot_look", "This network shows nobody what it has.")

    def delete(self, account: Account, remote: Posted) -> Removed | Outcome:
        """Gone already is gone."""

        def removed() -> Removed:
            post = self.remote.posts.get(remote.remote_id)
            if post is not None and post.removed_at is None:
                post.removed_at = self.remote.steps.now
                self.remote.steps.note(f"{post.id} is removed")
            return Removed()

        return self.remote.call(account, "delete", removed)

    def edit(self, account: Account, remote: Posted, post: Post) -> Outcome:
        """Its text, and nothing else of it."""

        def edited() -> Published | Rejected:
            found = self.remote.posts.get(remote.remote_id)
            if found is None or found.removed_at is not None:
                return Rejected("gone", "There is no such post any more.")
            found.text, found.edited = post.text, True
            self.remote.steps.note(f"{found.id} is edited to {post.text!r}")
            return published(found)

        return self.remote.call(account, "edit", edited)

    def since_armed(self, prepared: Json) -> float:
        """Seconds since the call that may still be at work."""
        return self.remote.steps.now - float(prepared["armed_at"])


class Keyed(Connector):
    """Class A: the record's key is ours, so that the same one may be put again and again."""

    def posted(self, account: Account, prepared: Json) -> Accepted | Outcome:
        """The record as it is there, or a new one. Like a real one, the key is of the intent and its time."""
        key = (f"{account.platform}/{account.channel_id}", prepared["intent"] + prepared["intent_at"])
        if key not in self.remote.keys:
            self.remote.keys[key] = (self.remote.accept(account, prepared), self.remote.steps.now)
        return self.remote.keys[key][0]

    def reconcile(self, account: Account, prepared: Json, taken: Collection[str] = ()) -> Reconciled:
        """Put it again."""
        outcome = self.publish(account, prepared)
        return outcome if isinstance(outcome, Published) else while_looking(outcome)


class Searchable(Connector):
    """Class D: own recent posts can be listed and compared."""

    def reconcile(self, account: Account, prepared: Json, taken: Collection[str] = ()) -> Reconciled:
        """Search, once the call has certainly ended."""
        if self.since_armed(prepared) < SETTLE_SECONDS:
            return Unknown("settling", "The call may still be at work.")
        return self.searched(account, prepared, taken)

    def searched(self, account: Account, prepared: Json, taken: Collection[str]) -> Reconciled:
        """The very text, among what was posted since shortly before the call, and nobody else's."""
        since = float(prepared["armed_at"]) - 60

        def listed() -> list[Accepted]:
            return self.remote.since(account, since)

        found = self.remote.call(account, "look", listed)
        if not isinstance(found, list):
            return while_looking(found)
        alike = [p for p in found if p.text == prepared["text"] and p.id not in taken]
        return published(alike[0]) if alike else Absent()

    def posted(self, account: Account, prepared: Json) -> Accepted | Outcome:
        """Some accounts are refused what they have said in the last hour."""
        if account.channel_id.endswith("0"):
            return self.remote.accept(account, prepared)
        for post in self.remote.since(account, self.remote.steps.now - KEY_SECONDS):
            if post.removed_at is None and post.text == prepared["text"]:
                return Duplicate("You have said that already.")
        return self.remote.accept(account, prepared)


class Remembering(Searchable):
    """Class B: our key is remembered for an hour."""

    def posted(self, account: Account, prepared: Json) -> Accepted | Outcome:
        """The first post under the key, or a new one."""
        key = (f"{account.platform}/{account.channel_id}", prepared["intent"])
        known, at = self.remote.keys.get(key, (None, 0.0))
        if known is None or self.remote.steps.now - at > KEY_SECONDS:
            known = self.remote.accept(account, prepared)
            self.remote.keys[key] = (known, self.remote.steps.now)
        return known

    def reconcile(self, account: Account, prepared: Json, taken: Collection[str] = ()) -> Reconciled:
        """The same call again while the key is certainly remembered, a search afterwards."""
        if self.since_armed(prepared) < SETTLE_SECONDS:
            return Unknown("settling", "The call may still be at work.")
        if self.since_armed(prepared) > KEY_SECONDS - MARGIN_SECONDS:
            return self.searched(account, prepared, taken)
        outcome = self.publish(account, prepared)
        return outcome if isinstance(outcome, Published) else while_looking(outcome)


class Containers(Connector):
    """Class C: what is posted has an id before, whose state can be read."""

    def prepare(self, account: Account, post: Post, prepared: Json | None) -> Json | Waiting | Outcome:
        """A container, made once and asked about until it is ready."""
        frozen = {**(prepared or self.frozen(post)), "armed_at": self.remote.steps.now}
        if "container" not in frozen or self._is_useless(frozen["container"]):
            made = self.remote.call(account, "container", lambda: self._made(frozen))
            if not isinstance(made, str):
                return before_posting(made)
            frozen = {**frozen, "container": made}
        state = self.remote.call(account, "state", lambda: self._state(frozen["container"]))
        if not isinstance(state, str):
            return before_posting(state)
        if state == "processing":
            return Waiting(frozen, retry_after=5.0)
        return frozen

    def posted(self, account: Account, prepared: Json) -> Accepted | Outcome:
        """A container is posted once; some of its posts take their time."""
        held = self.remote.containers[prepared["container"]]
        if held.post is not None or held.at_work:
            return Duplicate("This container has been posted.")
        if self.remote.faults.random.random() < 0.3:  # a matter of the network, calm or not
            held.at_work = True
            self.remote.comes(
                prepared["intent"],
                self.remote.faults.random.uniform(5, 60),
                lambda: self._done(account, prepared, held),
            )
            return Pending(retry_after=5.0, kept={"job": held.id})
        held.post = self.remote.accept(account, prepared)
        return held.post

    def reconcile(self, account: Account, prepared: Json, taken: Collection[str] = ()) -> Reconciled:
        """The container's own state."""
        state = self.remote.call(account, "state", lambda: self._state(prepared["container"]))
        if not isinstance(state, str):
            return while_looking(state)
        held = self.remote.containers[prepared["container"]]
        if held.post is not None:
            return published(held.post)
        if held.at_work:
            return Pending(retry_after=5.0)
        if held.failed:
            return Rejected("processing_failed", "The network could not process it.")
        if self.since_armed(prepared) < SETTLE_SECONDS:
            return Unknown("settling", "The call may still be at work.")
        return Absent()

    def _made(self, frozen: Json) -> str:
        self.remote.numbers += 1
        now = self.remote.steps.now
        held = Container(
            id=f"kiln-c{self.remote.numbers}",
            ready_at=now + self.remote.faults.random.choice((0.0, 0.0, 7.0, 30.0, 120.0)),
            content=frozen,
            expires_at=now + CONTAINER_SECONDS,
        )
        self.remote.containers[held.id] = held
        return held.id

    def _state(self, container: str) -> str:
        held = self.remote.containers[container]
        return "processing" if self.remote.steps.now < held.ready_at else "ready"

    def _is_useless(self, container: str) -> bool:
        held = self.remote.containers[container]
        return held.failed or self.remote.steps.now > held.expires_at

    def _done(self, account: Account, prepared: Json, held: Container) -> None:
        held.at_work = False
        if self.remote.faults.struck(0.1):
            held.failed = True
        else:
            held.post = self.remote.accept(account, prepared)


BY_CLASS = {
    Settling.DETERMINISTIC_KEY: Keyed,
    Settling.IDEMPOTENCY_KEY: Remembering,
    Settling.CONTAINER: Containers,
    Settling.READ_BACK: Searchable,
    Settling.NOTHING: Connector,
}


def connectors(remote: Remote) -> dict[str, Connector]:
    """One of each."""
    return {key: BY_CLASS[network.settling](remote, network) for key, network in NETWORKS.items()}
