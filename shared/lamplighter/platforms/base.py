"""What a network's connector must offer: three small Protocols and the values they exchange."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from lamplighter.domain.outcomes import Outcome, Reconciled

type Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Credentials:
    """What opens an account. Never logged: its repr shows nothing."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)


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


@dataclass(frozen=True, slots=True)
class Post:
    """What is to be posted. `intent_id` is the publication_platforms row: the same for every attempt at
    this post.
    `intent_at` is when the first attempt began, frozen with it: deterministic keys and createdAt derive
    from both."""

    intent_id: UUID
    intent_at: datetime
    text: str
    media: tuple[Media, ...] = ()
    language: str | None = None


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

    def prepare(self, account: Account, post: Post, prepared: Json | None) -> Json | Outcome:
        """Upload media, freeze ids and bytes. `prepared` is what an earlier try stored: continue from it.
        Returns the JSON to store, or an Outcome (never Published) when it cannot go on."""
        ...

    def publish(self, account: Account, prepared: Json) -> Outcome:
        """The one call that posts, from what was prepared alone."""
        ...

    def reconcile(self, account: Account, prepared: Json) -> Reconciled:
        """After an unknown outcome: what became of it. A class A or B
        network may repeat `publish` with its key."""
        ...

    def delete(self, account: Account, remote_id: str) -> Outcome | None:
        """Remove a post; None when it is gone."""
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
