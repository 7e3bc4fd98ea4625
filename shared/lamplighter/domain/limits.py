"""How fast one may ask: what a rate limit answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from lamplighter.problems import DomainError, Kind


@dataclass(frozen=True, slots=True)
class Limit:
    """Where a principal stands: `quota` requests per `window_s` seconds, `remaining` of them at once, all of
    them again in `reset_s`."""

    policy: str
    quota: int
    window_s: int
    remaining: int
    reset_s: int
    retry_after_s: int = 0
    allowed: bool = True

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """Out of the columns that the authenticating functions answer."""
        return cls(
            row["policy"],
            row["quota"],
            row["window_s"],
            row["remaining"],
            row["reset_s"],
            row["retry_after_s"],
            row["allowed"],
        )

    def must_allow(self) -> None:
        """Refuse what comes too fast."""
        if not self.allowed:
            raise too_many(self.retry_after_s)


def too_many(retry_after_s: int) -> DomainError:
    """The refusal of what comes too fast; may be tried again after so many seconds."""
    wait = max(1, retry_after_s)
    detail = f"Too many requests: try again in {wait} s."
    return DomainError(Kind.RATE_LIMITED, "rate_limited", detail, retry_after_s=wait)
