"""The audit log: who did what on what, written in the transaction of what was done."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson

from lamplighter.domain.access import Caller, Member, Principal
from lamplighter.ids import new_id
from lamplighter.postgres.models import AuditEntry
from lamplighter.postgres.session import Transaction
from lamplighter.services import personal_keys
from lamplighter.services.rows import insert_into

_ENTRY = insert_into(AuditEntry)


def record(
    tx: Transaction,
    by: Principal | None,
    action: str,
    target: tuple[str, UUID],
    *,
    workspace_id: UUID | None = None,
    organization_id: UUID | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """`action` in the past tense ("content.created") on `target`, a kind and an id. A caller and a member
    bring their tenant along; a person's own doings stand in no tenant unless one is named; nobody (None) is
    Lamplighter itself. `before` and `after` hold ids, states and names of things: no secrets, nothing about
    people."""
    kind, target_id = target
    organization_id = organization_id or (by.organization_id if isinstance(by, Caller | Member) else None)
    entry = {
        "id": new_id(),
        "at": tx.now,
        "workspace_id": workspace_id or (by.workspace_id if isinstance(by, Caller) else None),
        "organization_id": organization_id,
        "actor_kind": "system" if by is None else by.kind,
        "actor_id": None if by is None else by.id,
        "action": action,
        "target_kind": kind,
        "target_id": target_id,
        "before": before,
        "after": after,
    }
    tx.session.execute(_ENTRY, entry if by is None else entry | _signature(by, entry))


def _signature(by: Principal, entry: Mapping[str, Any]) -> dict[str, Any]:
    """From where, sealed; whose it is where it is nobody else's."""
    signature: dict[str, Any] = {"request_id": by.origin.request_id}
    if entry["workspace_id"] is None and entry["organization_id"] is None:
        signature["user_id"] = by.id
    owner = _owner_of_key(by)
    if owner is not None and by.personal_key is not None:
        seen = orjson.dumps({"address": by.origin.address, "agent": by.origin.agent}).decode()
        signature["personal_owner"] = owner
        signature["personal"] = personal_keys.seal(by.personal_key, owner, entry["id"], seen)
    return signature


def _owner_of_key(by: Principal) -> UUID | None:
    """Whose key seals what is personal: the person's own, or that of a program's workspace."""
    if by.kind == "user":
        return by.id
    program = by.program if isinstance(by, Member) else by
    return program.workspace_id if isinstance(program, Caller) else None
