"""API keys: kept as a peppered hash, shown once."""

import hmac
import secrets
from base64 import b64decode
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.domain.access import Caller
from lamplighter.domain.api_keys import (
    ALPHABET,
    GRANTABLE,
    RANDOM_LENGTH,
    excess,
    is_well_formed,
    outliving,
    shown_prefix,
    spelled,
)
from lamplighter.ids import new_id
from lamplighter.postgres.models import ApiKey, PlatformConnection
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, invalid, not_found
from lamplighter.schemas.api_keys import ApiKeyCreate, ApiKeyRoll, ApiKeyUpdate
from lamplighter.secrets_store import secret
from lamplighter.services import audit
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import owned, stale
from lamplighter.settings import settings

__all__ = [
    "change",
    "create",
    "first",
    "first_of",
    "get",
    "hashes",
    "is_well_formed",
    "listed",
    "revoke",
    "roll",
]

_RECORDED = ("name", "type", "permissions", "connection_ids", "expires_at")


def hashes(key: str, *, fresh: bool = False) -> list[str]:
    """The key under every pepper in force, so that a pepper's rotation refuses nobody."""
    _current, peppers = _peppers(fresh=fresh)
    return [_hash(pepper, key) for pepper in peppers.values()]


def create(tx: Transaction, by: Caller, body: ApiKeyCreate) -> tuple[ApiKey, str]:
    """A new key, never stronger than who makes it, nor longer-lived. Returns the row and the key itself."""
    wanted = body.model_dump()
    _check(tx, by, body.type, wanted)
    row, key = _add(tx, by.workspace_id, wanted, created_by=by.person_id)
    audit.record(tx, by, "api_key.created", ("api_key", row.id), after=_shown(row))
    return row, key


def first(tx: Transaction, workspace_id: UUID, mode: str = "live") -> str:
    """A new workspace's first key, with every permission."""
    rights = {"name": "First key", "type": mode, "permissions": list(GRANTABLE)}
    _row, key = _add(tx, workspace_id, rights)
    return key


def first_of(tx: Transaction, by: Caller, workspace_id: UUID) -> str:
    """The first key of a workspace that the program `by` made: exactly as strong, and ending with it."""
    rights = {"name": "First key", "type": by.mode, "permissions": list(by.permissions)}
    row, key = _add(tx, workspace_id, {**rights, "expires_at": by.expires_at})
    target = ("api_key", row.id)
    audit.record(tx, by, "api_key.created", target, workspace_id=workspace_id, after=_shown(row))
    return key


def listed(tx: Transaction, by: Caller, mode: str | None, order: Order) -> dict[str, object]:
    """A page of the workspace's keys, revoked ones included."""
    statement = select(ApiKey).where(ApiKey.workspace_id == by.workspace_id)
    if mode is not None:
        statement = statement.where(ApiKey.type == mode)
    bound_to = f"api_keys {by.workspace_id} {mode}"
    return page(tx, statement, ApiKey.id, order, bound_to=bound_to)


def get(tx: Transaction, by: Caller, key_id: UUID) -> ApiKey:
    """One key, or not_found."""
    return owned(tx, ApiKey, by.workspace_id, key_id)


def change(tx: Transaction, by: Caller, key_id: UUID, body: ApiKeyUpdate, expected: int) -> ApiKey:
    """The key with the given fields changed, if it still has the version that was read: neither before nor
    after stronger than who changes it, and after not longer-lived."""
    row = _locked(tx, by, key_id)
    if row.version != expected:
        raise stale()
    _check_lives(tx, row)
    _check_not_stronger(by, row)
    changes = body.changes()
    _check(tx, by, row.type, {"expires_at": row.expires_at, **changes})
    before = _shown(row)
    for name, value in _stored(changes).items():
        setattr(row, name, value)
    _touch(tx, row)
    after = _shown(row)
    changed = [name for name in after if after[name] != before[name]]
    was, is_ = ({name: side[name] for name in changed} for side in (before, after))
    audit.record(tx, by, "api_key.changed", ("api_key", row.id), before=was, after=is_)
    return row


def roll(
    tx: Transaction, by: Caller, key_id: UUID, body: ApiKeyRoll, expected: int | None
) -> tuple[ApiKey, str]:
    """A new key with the same rights and the same end; the old one ends when the overlap does, never later
    than it would have. A key has one successor. Returns the new row and the new key itself."""
    old = _locked(tx, by, key_id)
    if expected is not None and old.version != expected:
        raise stale()
    _check_lives(tx, old)
    if key_id != by.id:
        _check_not_stronger(by, old, lasting=True)
    _check_not_rolled(tx, old)
    row, key = _add(tx, by.workspace_id, _shown(old), created_by=old.created_by, rolled_from=old.id)
    before, ends = old.expires_at, tx.now + timedelta(seconds=body.overlap_seconds)
    old.expires_at = ends if before is None else min(ends, before)
    _touch(tx, old)
    target, after = ("api_key", old.id), {"expires_at": old.expires_at, "successor_id": row.id}
    audit.record(tx, by, "api_key.rolled", target, before={"expires_at": before}, after=after)
    return row, key


def revoke(tx: Transaction, by: Caller, key_id: UUID) -> ApiKey:
    """The key, refused from the next request on. Revoking twice keeps the first time. Every key may revoke
    itself, and none another that it could not have made; a person, any: a leaked key waits for nobody."""
    row = _locked(tx, by, key_id)
    if by.kind == "api_key" and key_id != by.id:
        _check_not_stronger(by, row)
    if row.revoked_at is None:
        row.revoked_at = tx.now
        _touch(tx, row)
        after = {"revoked_at": row.revoked_at}
        audit.record(tx, by, "api_key.revoked", ("api_key", row.id), before={"revoked_at": None}, after=after)
    return row


def _locked(tx: Transaction, by: Caller, key_id: UUID) -> ApiKey:
    """The key, for this transaction alone to change."""
    statement = select(ApiKey).filter_by(workspace_id=by.workspace_id, id=key_id).with_for_update()
    row = tx.session.scalars(statement).one_or_none()
    if row is None:
        raise not_found()
    return row


def _touch(tx: Transaction, row: ApiKey) -> None:
    row.version, row.updated_at = row.version + 1, tx.now
    tx.session.flush()


def _add(
    tx: Transaction, workspace_id: UUID, rights: Mapping[str, Any], **origin: UUID | None
) -> tuple[ApiKey, str]:
    key = spelled(rights["type"], "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH)))
    current, peppers = _peppers()
    row = ApiKey(
        id=new_id(),
        workspace_id=workspace_id,
        key_hash=_hash(peppers[current], key),
        pepper_version=current,
        key_prefix=shown_prefix(key),
        **_stored(rights),
        **origin,
    )
    tx.session.add(row)
    tx.session.flush()
    return row, key


def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
    """As the columns have them: in lists each once, in order."""
    return {name: sorted(set(value)) if isinstance(value, list) else value for name, value in values.items()}


def _shown(row: ApiKey) -> dict[str, Any]:
    """What a key is and may do, without anything of the key itself."""
    return {name: getattr(row, name) for name in _RECORDED}


def _check(tx: Transaction, by: Caller, mode: str, wanted: dict[str, Any]) -> None:
    """Refuse a key of this mode the fields that are too strong for who asks, or lead nowhere."""
    faults = [
        *excess(by, mode, wanted.get("permissions") or (), wanted.get("connection_ids", ())),
        *outliving(by, wanted.get("expires_at", by.expires_at)),
    ]
    faults = faults or list(_unknown(tx, by, wanted.get("connection_ids") or ()))
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)
    expires_at = wanted.get("expires_at")
    if expires_at is not None and expires_at <= tx.now:
        raise invalid("/expires_at", "in_the_past", "A key must expire in the future.")


def _check_lives(tx: Transaction, row: ApiKey) -> None:
    if row.revoked_at is not None or (row.expires_at is not None and row.expires_at <= tx.now):
        raise DomainError(Kind.CONFLICT, "key_ended", "This key is revoked or has expired: make a new one.")


def _check_not_rolled(tx: Transaction, row: ApiKey) -> None:
    successor = select(ApiKey.id).where(ApiKey.workspace_id == row.workspace_id, ApiKey.rolled_from == row.id)
    if (found := tx.session.scalars(successor).one_or_none()) is not None:
        detail = f"This key has a successor, {found}: roll that one."
        raise DomainError(Kind.CONFLICT, "already_rolled", detail)


def _check_not_stronger(by: Caller, row: ApiKey, *, lasting: bool = False) -> None:
    """`lasting`: nor longer-lived."""
    faults = [*excess(by, row.type, row.permissions, row.connection_ids)]
    faults += outliving(by, row.expires_at) if lasting else ()
    if faults:
        detail = f"This key is stronger than your own. {faults[0].detail}"
        raise DomainError(Kind.FORBIDDEN, "stronger_key", detail)


def _unknown(tx: Transaction, by: Caller, connection_ids: Iterable[UUID]) -> Iterator[Fault]:
    wanted = list(connection_ids)
    known = select(PlatformConnection.id).where(
        PlatformConnection.workspace_id == by.workspace_id, PlatformConnection.id.in_(wanted)
    )
    found = set(tx.session.scalars(known)) if wanted else set()
    for index, connection_id in enumerate(wanted):
        if connection_id not in found:
            detail = "There is no such connection in this workspace."
            yield Fault(f"/connection_ids/{index}", "unknown_connection", detail)


def _peppers(*, fresh: bool = False) -> tuple[int, dict[int, bytes]]:
    stored = secret(settings().peppers_secret_id, fresh=fresh)
    return int(stored["current"]), {int(v): b64decode(p) for v, p in stored["peppers"].items()}


def _hash(pepper: bytes, key: str) -> str:
    return hmac.digest(pepper, key.encode(), "sha256").hex()
