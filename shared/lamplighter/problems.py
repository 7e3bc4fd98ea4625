"""The errors of the product: each has a kind, which decides its HTTP status, and a stable code."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """What went wrong, without a word of HTTP; `entrypoints.api` gives each its status."""

    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    CONFLICT = "conflict"
    GONE = "gone"
    STALE = "stale"
    PRECONDITION_REQUIRED = "precondition_required"
    INVALID = "invalid"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    UPSTREAM = "upstream"
    RATE_LIMITED = "rate_limited"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with the input. `pointer` is a JSON pointer into the body, or "" for the whole."""

    pointer: str
    code: str
    detail: str


class DomainError(Exception):
    """Raised by services, rendered as problem+json at the edge. `detail` and `members` are shown to the
    caller: no secrets. `members`: what programs are told beside the code, by names of the Problem schema."""

    def __init__(
        self,
        kind: Kind,
        code: str,
        detail: str,
        errors: Sequence[Fault] = (),
        *,
        retry_after_s: int | None = None,
        members: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.code = code
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s
        self.members = dict(members or {})


def not_found() -> DomainError:
    """The one answer for what does not exist and for what belongs to another tenant."""
    return DomainError(Kind.NOT_FOUND, "not_found", "There is no such resource.")


def invalid(pointer: str, code: str, detail: str) -> DomainError:
    """One field of the input is wrong."""
    fault = Fault(pointer, code, detail)
    return DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", [fault])
