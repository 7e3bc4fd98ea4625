"""API keys: kept as a peppered hash, shown once."""

import hmac
import secrets
from base64 import b64decode
from uuid import UUID

from sqlalchemy import select, update

from lamplighter.domain.access import Caller
from lamplighter.domain.api_keys import ALPHABET, RANDOM_LENGTH, is_well_formed, shown_prefix, spelled
from lamplighter.domain.vocabulary import PERMISSIONS
from lamplighter.ids import new_id
from lamplighter.postgres.models import ApiKey
from lamplighter.postgres.session import Transaction, lookup
from lamplighter.problems import invalid
from lamplighter.schemas.api_keys import ApiKeyCreate
from lamplighter.secrets_store import secret
from lamplighter.services.pages import page
from lamplighter.services.rows import owned
from lamplighter.settings import settings

__all__ = ["caller", "create", "first", "get", "hashes", "is_well_formed", "listed", "revoke"]


def hashes(key: str) -> list[str]:
    """The key under every pepper in force, so that a pepper's rotation refuses nobody."""
    _current, peppers = _peppers()
    return [_hash(pepper, key) for pepper in peppers.values()]


def caller(key_hashes: list[str]) -> Caller | None:
    """Who holds a key with one of these hashes; None where there is none, or it is revoked or expired. Every
    request asks it before anything else, so it takes no transaction: a third of the request would be that."""
    found = lookup("authenticate_key", key_hashes)
    if found is None:
        return None
    row, now = found
    if row["revoked_at"] is not None:
        return None
    if row["expires_at"] is not None and row["expires_at"] <= now:
        return None
    allowed = row["connection_ids"]
    return Caller(
        key_id=row["key_id"],
        workspace_id=row["workspace_id"],
        organization_id=row["organization_id"],
        mode=row["type"],
        permissions=frozenset(row["permissions"]),
        connection_ids=None if allowed is None else frozenset(allowed),
    )


def create(tx: Transaction, by: Caller, body: ApiKeyCreate) -> tuple[ApiKey, str]:
    """A new key, never stronger than the one that makes it. Returns the row and the key itself."""
    _check_not_stronger(by, body)
    if body.expires_at is not None and body.expires_at <= tx.now:
        raise invalid("/expires_at", "in_the_past", "A key must expire in the future.")
    return _add(tx, by.workspace_id, body)


def first(tx: Transaction, workspace_id: UUID, mode: str = "live") -> str:
    """A new workspace's first key, with every permission."""
    body = ApiKeyCreate(name="First key", type=mode, permissions=list(PERMISSIONS))
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
    """The key, refused from the next request on. Revoking twice keeps the first time."""
    get(tx, by, key_id)
    statement = (
        update(ApiKey)
        .where(ApiKey.workspace_id == by.workspace_id, ApiKey.id == key_id, ApiKey.revoked_at.is_(None))
        .values(revoked_at=tx.now)
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


def _check_not_stronger(by: Caller, body: ApiKeyCreate) -> None:
    for index, permission in enumerate(body.permissions):
        if not by.may(permission):
            raise invalid(f"/permissions/{index}", "permission_missing", f"Your own key lacks {permission}.")
    if by.mode == "test" and body.type == "live":
        raise invalid("/type", "test_key", "A test key makes test keys only.")
    if by.connection_ids is not None and not set(body.connection_ids or ()) <= by.connection_ids:
        raise invalid("/connection_ids", "connection_not_allowed", "Your own key may not use all of these.")
    if by.connection_ids is not None and body.connection_ids is None:
        raise invalid(
            "/connection_ids", "connection_not_allowed", "Your own key is limited; limit this one too."
        )


def _peppers() -> tuple[int, dict[int, bytes]]:
    stored = secret(settings().peppers_secret_id)
    return int(stored["current"]), {int(v): b64decode(p) for v, p in stored["peppers"].items()}


def _hash(pepper: bytes, key: str) -> str:
    return hmac.digest(pepper, key.encode(), "sha256").hex()
