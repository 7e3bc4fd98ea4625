"""Idempotency-Key: what a key stands for, and how it is spelled."""

import re
from dataclasses import dataclass
from uuid import UUID

from lamplighter.problems import DomainError, Kind

LONGEST = 255
_BARE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Request:
    """What a key belongs to (scope: the workspace, organization or person), and what was asked with it."""

    scope_id: UUID
    principal_id: UUID
    method: str
    route: str
    key: str
    fingerprint: bytes
    """Of the path, the query and the body: the same key must ask for the same thing."""
    status: int
    """What the route answers when it succeeds."""


class Replayed(Exception):  # noqa: N818  # reads as what happened
    """The request was answered before; this is the answer."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(status)
        self.status = status
        self.body = body


def key_of(header: str) -> str:
    """The key in the header, quoted (as a structured field is) or bare; raises on any other spelling."""
    given = header.strip()
    if len(given) > 1 and given[0] == given[-1] == '"':
        given = given[1:-1]
    if len(given) > LONGEST or not _BARE.fullmatch(given):
        detail = f"Idempotency-Key holds 1 to {LONGEST} visible ASCII characters without spaces."
        raise DomainError(Kind.INVALID, "idempotency_key_invalid", detail)
    return given
