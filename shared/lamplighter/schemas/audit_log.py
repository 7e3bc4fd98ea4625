"""The audit log: who did what, when and from where."""

from datetime import datetime
from typing import Any
from uuid import UUID

from lamplighter.schemas.common import Output


class AuditActor(Output):
    """Who did it."""

    kind: str
    """`user`, `api_key`, or `system`: Lamplighter itself."""
    id: UUID | None


class AuditTarget(Output):
    """What it was done to; it may be gone by now."""

    kind: str
    id: UUID | None


class AuditLogEntry(Output):
    """One thing that was done. Nothing in it ever changes, but what is personal goes with its owner's key."""

    id: UUID
    at: datetime
    workspace_id: UUID | None
    """null: it concerns the organization itself, or a person's own account."""
    actor: AuditActor
    action: str
    """In the past tense, the resource first: `content.created`."""
    target: AuditTarget
    before: dict[str, Any] | None
    """What of it changed, as it was: ids, states, names of things. No secrets, nothing about people."""
    after: dict[str, Any] | None
    request_id: str | None
    address: str | None
    """Where the request came from; null once the person, or the workspace of the key, was deleted."""
    agent: str | None
