"""API keys: kept as a peppered hash, shown once."""

import hmac
import secrets
from base64 import b64decode
from collections.abc import Iterable, Iterator
from uuid import UUID

from sqlalchemy import select, update

from lamplighter.domain.access import Caller
from lamplighter.domain.api_keys import ALPHABET, RANDOM_LENGTH, is_well_formed, shown_prefix, spelled
from lamplighter.domain.vocabulary import PERMISSIONS
from lamplighter.ids import new_id
from lamplighter.postgres.models import ApiKey
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, invalid
from lamplighter.schemas.api_keys import ApiKeyCreate
from lamplighter.secrets_store import secret
from lamplighter.services.pages import page
from lamplighter.services.rows import owned
from lamplighter.settings import settings

__all__ = ["create", "first", "first_of", "get", "hashes", "is_well_formed", "listed", "revoke"]


def hashes(key: str, *, fresh: bool = False) -> list[str]:
    """The key under every pepper in force, so that a pepper's rotation refuses nobody."""
    _current, peppers = _peppers(fresh=fresh)
    return [_hash(pepper, key) for pepper in peppers.values()]


def create(tx: Transaction, by: Caller, body: ApiKeyCreate) -> tuple[ApiKey, str]:
    """A new key, never stronger than the one that makes it, nor
    longer-lived. Returns the row and the key itself."""
    faults = [*_excess(by, body.type, body.permissions, body.connection_ids), *_outliving(by, body)]
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)
    if body.expires_at is not None and body.expires_at <= tx.now:
        raise invalid("/expires_at", "in_the_past", "A key must expire in the future.")
    return _add(tx, by.workspace_id, body)


def first(tx: Transaction, workspace_id: UUID, mode: str = "live") -> str:
    """A new workspace's first key, with every permission."""
    body = ApiKeyCreate(name="First key", type=mode, permissions=list(PERMISSIONS))
    _row, key = _add(tx, workspace_id, body)
    return key


def first_of(tx: Transaction, by: Caller, workspace_id: UUID) -> str:
    """The first key of a workspace that `by` made: exactly as strong, and ending with it."""
    body = ApiKeyCreate(
        name="First key", type=by.mode, permissions=sorted(by.permissions), expires_at=by.expires_at
    )
    _row, key = _add(tx, workspace_id, body)
    return key


def listed(tx: Transaction, by: Caller, limit: int, cursor: str | None) -> dict[str, object]:
    """A page of the workspace's keys, revoked ones included."""
    statement = select(ApiKey).where(ApiKey.workspace_id == by.workspace_id)
    bound_to = f"api_keys {by.workspace_id}"
    return page(tx, statement, ApiKey.id, bound_to=bound_to, limit=limit, cursor=cursor)


def get(tx: Transaction, by: Caller, key_id: UUID) -> ApiKey:
    """One key, or not_found."""
    return owned(tx, ApiKey, by.workspace_id, key_id)


def revoke(tx: Transaction, by: Caller, key_id: UUID) -> ApiKey:
    """The key, refused from the next request on. Revoking twice keeps the first time. Every key may revoke
    itself, and none another that it could not have made."""
    row = get(tx, by, key_id)
    if key_id != by.id:
        _check_not_stronger(by, row)
    statement = (
        update(ApiKey)
        .where(ApiKey.workspace_id == by.workspace_id, ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=tx.now, version=ApiKey.version + 1, updated_at=tx.now)
    )
    tx.session.execute(statement)
    return get(tx, by, key_id)


def _add(tx: Transaction, workspace_id: UUID, body: ApiKeyCreate) -> tuple[ApiKey, str]:
    key = spelled(body.type, "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH)))
    current, peppers = _peppers()
    row = ApiKey(
        id=new_id(),
        workspace_id=workspace_id,
        name=body.name,
        key_hash=_hash(peppers[current], key),
        pepper_version=current,
        key_prefix=shown_prefix(key),
        type=body.type,
        permissions=sorted(set(body.permissions)),
        connection_ids=body.connection_ids,
        expires_at=body.expires_at,
    )
    tx.session.add(row)
    tx.session.flush()
    return row, key


def _check_not_stronger(by: Caller, row: ApiKey) -> None:
    excess = next(_excess(by, row.type, row.permissions, row.connection_ids), None)
    if excess is not None:
        detail = f"This key is stronger than your own. {excess.detail}"
        raise DomainError(Kind.FORBIDDEN, "stronger_key", detail)


def _excess(
    by: Caller, mode: str, permissions: Iterable[str], connection_ids: Iterable[UUID] | None
) -> Iterator[Fault]:
    """What such a key could do and `by` cannot."""
    for index, permission in enumerate(permissions):
        if not by.may(permission):
            detail = f"Your own key lacks {permission}."
            yield Fault(f"/permissions/{index}", "permission_missing", detail)
    if by.mode == "test" and mode == "live":
        yield Fault("/type", "test_key", "Your own is a test key; it makes and revokes test keys only.")
    if by.connection_ids is None:
        return
    if connection_ids is None:
        detail = "Your own key is limited to some connections, and this one is not."
        yield Fault("/connection_ids", "connection_not_allowed", detail)
    elif not set(connection_ids) <= by.connection_ids:
        detail = "Your own key may not use all of these."
        yield Fault("/connection_ids", "connection_not_allowed", detail)


def _outliving(by: Caller, body: ApiKeyCreate) -> Iterator[Fault]:
    if by.expires_at is not None and (body.expires_at is None or body.expires_at > by.expires_at):
        detail = f"Your own key expires at {by.expires_at.isoformat()}; this one must not outlive it."
        yield Fault("/expires_at", "outlives_maker", detail)


def _peppers(*, fresh: bool = False) -> tuple[int, dict[int, bytes]]:
    stored = secret(settings().peppers_secret_id, fresh=fresh)
    return int(stored["current"]), {int(v): b64decode(p) for v, p in stored["peppers"].items()}


def _hash(pepper: bytes, key: str) -> str:
    return hmac.digest(pepper, key.encode(), "sha256").hex()
