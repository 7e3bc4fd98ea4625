"""What a network did with one call: the only words a connector answers in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Published:
    """The network has the post. `remote_id` finds it again there, `url` shows it to a person; `reference` is
    what an answer to it must name beside the id, where a network wants more."""

    remote_id: str
    url: str
    reference: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Nothing is posted yet: the network still processes what was uploaded. `kept` is what to go on with
    after `retry_after` seconds (only `prepare` answers this)."""

    kept: dict[str, Any]
    retry_after: float = 5.0
    message: str = "The network is still processing the media."


@dataclass(frozen=True, slots=True)
class Pending:
    """The network has taken the post and works on it: look what became of it after `retry_after` seconds.
    `kept`: ids that the look needs, to be stored with what was prepared."""

    retry_after: float = 5.0
    kept: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Removed:
    """The post is not on the network any more."""


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Proven not processed because of a limit; `retry_after` seconds if the network said so."""

    message: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class TokenExpired:
    """Proven not processed: the access token is to be refreshed, or
    where `revoked` the person must reconnect."""

    message: str
    revoked: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """Proven not processed and never will be: the content or the account is refused."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Proven not processed, because the network has such a post of the account's already: after an earlier
    try that is evidence that the try succeeded."""

    message: str


@dataclass(frozen=True, slots=True)
class NotSent:
    """Proven not processed: no byte of the request left, or the network documents that it did nothing."""

    code: str
    message: str
    retry_after: float | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nobody knows: bytes were sent and no readable answer came back. Reconcile, never resend blindly."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Absent:
    """A read-back proved that the post is not on the network (only `reconcile` answers this)."""


@dataclass(frozen=True, slots=True)
class TokenRenewed:
    """Proven not processed, and the account has a fresh token now: what
    follows an expired one that was refreshed."""


Outcome = Published | Pending | RateLimited | TokenExpired | Rejected | Duplicate | NotSent | Unknown
Reconciled = Outcome | Absent | TokenRenewed | Removed
