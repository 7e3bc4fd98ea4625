"""Who is calling, and what they may do."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from uuid import UUID

from lamplighter.problems import DomainError, Kind


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: personal data, so the audit log seals it."""

    address: str = ""
    agent: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A person, a program, or the bearer of an approval link or a feed's address: each proved who it is."""

    kind: Literal["user", "api_key", "approval_link", "calendar_feed"]
    id: UUID
    permissions: frozenset[str] = frozenset()
    """What is open here: a person's role gives actions, a key carries its own."""
    origin: Origin = Origin()
    personal_key: str | None = field(default=None, repr=False)
    """Wrapped; seals this principal's personal fields in the audit log. A program uses its workspace's."""

    def may(self, action: str) -> bool:
        """Whether the action is open ("content:read"); of a key, write includes read."""
        resource, _, level = action.partition(":")
        if action in self.permissions:
            return True
        return self.kind == "api_key" and level == "read" and f"{resource}:write" in self.permissions

    @property
    def person_id(self) -> UUID | None:
        """Who it is, if a person: what `created_by` holds."""
        return self.id if self.kind == "user" else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller(Principal):
    """A principal inside one workspace. `connection_ids` None means every connection of it."""

    workspace_id: UUID
    organization_id: UUID
    mode: str = "live"
    connection_ids: frozenset[UUID] | None = None
    expires_at: datetime | None = None

    def may_use(self, connection_id: UUID) -> bool:
        """Whether the key's allow-list, if it has one, names the connection."""
        return self.connection_ids is None or connection_id in self.connection_ids

    def must_be_live(self) -> None:
        """Refuse a test key what reaches real accounts."""
        if self.mode != "live":
            detail = "This touches a real account: use a live key."
            raise DomainError(Kind.FORBIDDEN, "live_key_required", detail)

    def must_be_unlimited(self) -> None:
        """Refuse a key with an allow-list what would reach beyond it."""
        if self.connection_ids is not None:
            detail = "This key is limited to some connections: use one that is not."
            raise DomainError(Kind.FORBIDDEN, "unlimited_key_required", detail)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member(Principal):
    """A principal inside one organization. `role` is a person's; a program has none."""

    organization_id: UUID
    role: str | None = None
    program: Caller | None = None
    """The key itself, where a program calls: what it makes must not be stronger."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person(Principal):
    """A person outside of any tenant: their own account."""

    session_id: UUID
