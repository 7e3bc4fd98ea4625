"""Who is calling, and what a key may do."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lamplighter.problems import DomainError, Kind


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that proved its key. `connection_ids` None means every connection of the workspace."""

    key_id: UUID
    workspace_id: UUID
    organization_id: UUID
    mode: str
    permissions: frozenset[str]
    connection_ids: frozenset[UUID] | None = None
    expires_at: datetime | None = None

    def may(self, permission: str) -> bool:
        """Whether the key holds `permission` ("content:read"); write includes read."""
        resource, _, level = permission.partition(":")
        return permission in self.permissions or (level == "read" and f"{resource}:write" in self.permissions)

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
