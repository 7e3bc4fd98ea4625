"""Who is calling, and what a key may do."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Caller:
    """A program that proved its key. `connection_ids` None means every connection of the workspace."""

    key_id: UUID
    workspace_id: UUID
    organization_id: UUID
    mode: str
    permissions: frozenset[str]
    connection_ids: frozenset[UUID] | None = None

    def may(self, permission: str) -> bool:
        """Whether the key holds `permission` ("content:read"); write includes read."""
        resource, _, level = permission.partition(":")
        return permission in self.permissions or (level == "read" and f"{resource}:write" in self.permissions)

    def may_use(self, connection_id: UUID) -> bool:
        """Whether the key's allow-list, if it has one, names the connection."""
        return self.connection_ids is None or connection_id in self.connection_ids
