"""What a network's connector must offer: three small Protocols and the values they exchange."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from lamplighter.domain.outcomes import Outcome, Reconciled, Removed, Waiting

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens an account. Never logged: its repr shows nothing."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    """When the access token ends, where that is known."""


@dataclass(frozen=True, slots=True)
class Account:
    """One connected account. `base_url` is the user's own server (PDS, instance) or the network's, no
    trailing slash."""

    platform: str
    channel_id: str
    """The network's own id of the account (a DID, an account number)."""
    username: str
    base_url: str
    credentials: Credentials
    limits: Mapping[str, Any] = field(default_factory=dict)
    """Limits the server itself announced when the account was connected; they outrank `domain.networks`."""


@dataclass(frozen=True, slots=True)
class Media:
    """One image, its bytes at hand. `mime` was read from the bytes, sizes are pixels."""

    data: bytes = field(repr=False)
    mime: str
    alt: str
    width: int
    height: int
    url: str | None = field(default=None, repr=False)
    """Where a network that fetches images itself finds it for a while (`Network.fetches_media`)."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A post that is on the network: what an answer to it, a change or a removal needs. `prepared` is what
    was frozen for it."""

    remote_id: str
    reference: Mapping[str, Any] | None = None
    prepared: Json | None = None


@dataclass(frozen=True, slots=True)
class Post:
    """One segment of what is to be posted. `intent_id` is the same for every attempt at this segment.
    `intent_at` is when the first attempt began, frozen with it: deterministic keys and createdAt derive
    from both."""

    intent_id: UUID
    intent_at: datetime
    text: str
    media: tuple[Media, ...] = ()
    language: str | None = None
    kind: str = "post"
    """post | thread | comment: the first segment, a reply to the one before it, a comment under the first."""
    root: Remote | None = None
    """The first segment, where this is not it."""
    parent: Remote | None = None
    """What this one answers: of a thread the segment before it, of a comment the first."""


class Connects(Protocol):
    """Opening an account and keeping it open."""

    def connect(self, base_url: str, fields: Mapping[str, str]) -> Account:
        """Prove the given credentials against the network; raises ConnectFailed with a code the user can
        act on."""
        ...

    def refresh(self, account: Account) -> Credentials:
        """A new pair of tokens; raises ConnectFailed(`reconnect_required`) when only the person can help."""
        ...


class Publishes(Protocol):
    """Posting once. `prepare` may be repeated for ever without posting; what it returns is stored before
    `publish`."""

    def prepare(self, account: Account, post: Post, prepared: Json | None) -> Json | Waiting | Outcome:
        """Upload media, freeze ids and bytes. `prepared` is what an earlier try of this very content stored:
        continue from it. Returns the JSON to store; Waiting with it while the network is not ready; or an
        Outcome (never Published) when it cannot go on."""
        ...

    def publish(self, account: Account, prepared: Json) -> Outcome:
        """The one call that posts, from what was prepared alone."""
        ...

    def reconcile(self, account: Account, prepared: Json, taken: Collection[str]) -> Reconciled:
        """After an unknown outcome: what became of it. A class A or B network may repeat `publish` with its
        key. `taken`: remote ids that are known to be other posts of ours, so never the one looked for.

        Absent and Rejected prove that no earlier call has posted or ever will: what a person retries then is
        sent again. A look that is itself refused is Unknown."""
        ...

    def delete(self, account: Account, remote: Remote) -> Removed | Outcome:
        """Remove a post; one that is gone already is Removed. May be repeated."""
        ...


@runtime_checkable
class Edits(Protocol):
    """Networks on which a post can be changed (`Network.edits`)."""

    def edit(self, account: Account, remote: Remote, post: Post) -> Outcome:
        """Change the text of a post, its media staying: Published with the same id. May be repeated."""
        ...


class Connector(Connects, Publishes, Protocol):
    """A whole network, as the registry holds it. Metrics join when analytics does."""


class ConnectFailed(Exception):  # noqa: N818  # reads as what happened, like every domain error here
    """Connecting or refreshing did not work. `code` is stable, `message` is for the user and holds no secret.
    `transient`: the network was not reached or failed, nothing is known about the credentials."""

    def __init__(self, code: str, message: str, *, transient: bool = False) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.transient = transient
