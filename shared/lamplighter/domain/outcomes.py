"""What a network did with one call: the only words a connector answers in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """The network has the post. `remote_id` finds it again there, `url` shows it to a person."""

    remote_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Pending:
    """Accepted but not live yet (a container, a transcode): ask again after `retry_after` seconds."""

    retry_after: float = 5.0


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


Outcome = Published | Pending | RateLimited | TokenExpired | Rejected | NotSent | Unknown
Reconciled = Outcome | Absent | TokenRenewed
