"""Webhooks: endpoints set up, changed, switched on and off, and their secrets."""

import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, func, select

from lamplighter import egress
from lamplighter.domain import signing
from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.postgres.models import Campaign, PlatformConnection, Webhook
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid, not_found
from lamplighter.schemas.webhooks import WebhookCreate, WebhookRotation, WebhookUpdate
from lamplighter.services import audit, cipher, sealing, webhook_health
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import stale
from lamplighter.services.sealing import Keyring, Unsealable

MOST = 100
"""Endpoints of a workspace: each event is compared with all of them."""
SECRET, PREVIOUS, HEADERS = (
    sealing.purpose_of("webhooks", column) for column in ("secret", "previous_secret", "headers_secret")
)
_SECRET_BYTES = 32
_SWITCHED_OFF = {"status": "disabled", "disabled_because": "person"}
_RECORDED = (
    *("url", "description", "events", "connection_ids", "campaign_ids", "mode", "header_names"),
    *("rate_per_minute", "status"),
)


def must_be_reachable(url: str | None) -> None:
    """Refuse an address that no delivery would be sent to. Its name is looked up: no transaction is open."""
    if url is None:
        return
    try:
        egress.destination(url)
    except egress.Refused as refused:
        raise invalid("/url", "address_refused", refused.reason) from refused
    except egress.NotSent as failed:
        raise invalid("/url", "address_not_found", "The URL's host has no address.") from failed


def must_have_all(by: Caller) -> None:
    """Refuse a key with an allow-list of accounts: endpoints are told of others as well."""
    by.must_be_unlimited()


def keyring(tx: Transaction, by: Caller, webhook_id: UUID | None = None) -> tuple[Keyring, list[int]]:
    """The workspace's keys, and the versions that the endpoint's secrets were sealed with: to be made
    `ready` before the transaction that needs them."""
    row = None if webhook_id is None else get(tx, by, webhook_id)
    texts = [] if row is None else [row.secret]
    return sealing.keyring(tx, by.workspace_id), [cipher.version_of(text) for text in texts]


def create(tx: Transaction, by: Caller, body: WebhookCreate, ring: Keyring) -> tuple[Webhook, str]:
    """A new endpoint and its secret, which nothing shows again."""
    mode = body.mode or by.mode
    if mode == "live":
        by.must_be_live()
    _check_filters(tx, by, body.model_dump())
    _check_bound(tx, by)
    row_id, secret = new_id(), _new_secret()
    columns = body.model_dump(exclude={"mode", "headers", "enabled"})
    row = Webhook(
        id=row_id,
        workspace_id=by.workspace_id,
        created_by=by.person_id,
        mode=mode,
        active_since=tx.now,
        secret=ring.seal(SECRET, row_id, secret),
        **columns | _sealed_headers(ring, row_id, body.headers),
        **(
            {}
            if body.enabled
            else {"status": "disabled", "disabled_because": "person", "disabled_at": tx.now}
        ),
    )
    tx.session.add(row)
    tx.session.flush()
    tx.session.refresh(row)
    audit.record(tx, by, "webhook.created", ("webhook", row_id), after=_shown(row))
    return row, secret


def get(tx: Transaction, by: Caller, webhook_id: UUID) -> Webhook:
    """One endpoint, or not_found: also for a deleted one, and for a test key where it is told of what is
    live."""
    found = tx.session.scalars(_visible(by).where(Webhook.id == webhook_id)).one_or_none()
    if found is None:
        raise not_found()
    return found


def listed(tx: Transaction, by: Caller, order: Order) -> dict[str, Any]:
    """A page of the endpoints."""
    return page(tx, _visible(by), Webhook.id, order, bound_to=f"webhooks {by.workspace_id} {by.mode}")


def change(  # noqa: PLR0917  # whose, which, what, and by which keys
    tx: Transaction, by: Caller, webhook_id: UUID, body: WebhookUpdate, expected: int, ring: Keyring
) -> Webhook:
    """The endpoint with the given fields changed. What is on its way to it goes to where it is now."""
    row = held(tx, by, webhook_id, expected)
    changes = body.changes()
    _check_filters(tx, by, changes)
    if "headers" in changes:
        changes |= _sealed_headers(ring, row.id, changes.pop("headers"))
    before = _shown(row)
    for name, value in changes.items():
        setattr(row, name, value)
    _touched(tx, row)
    after = _shown(row)
    changed = [name for name in after if after[name] != before[name]]
    was, is_ = ({name: side[name] for name in changed} for side in (before, after))
    audit.record(tx, by, "webhook.changed", ("webhook", row.id), before=was, after=is_)
    return row


def remove(tx: Transaction, by: Caller, webhook_id: UUID, expected: int) -> None:
    """No endpoint any more: nothing more is sent to it. Its log stays for as long as any, for who restores a
    backup; no route shows it."""
    row = held(tx, by, webhook_id, expected)
    row.deleted_at = tx.now
    _touched(tx, row)
    webhook_health.cancel_pending(tx, row.workspace_id, row.id, "webhook_deleted")
    audit.record(tx, by, "webhook.removed", ("webhook", row.id), before=_shown(row))


def enable(tx: Transaction, by: Caller, webhook_id: UUID) -> Webhook:
    """Told of what happens from now on. Again is fine."""
    row = held(tx, by, webhook_id)
    if row.status != "active":
        webhook_health.enable(tx, row)
        _record_status(tx, by, row, "webhook.enabled", "disabled")
    return row


def disable(tx: Transaction, by: Caller, webhook_id: UUID) -> Webhook:
    """Told of nothing, and what it was still to be told is cancelled. Again is fine."""
    row = held(tx, by, webhook_id)
    if row.status != "disabled":
        webhook_health.disable(tx, row, "person")
        _record_status(tx, by, row, "webhook.disabled", "active")
    return row


def rotate(
    tx: Transaction, by: Caller, webhook_id: UUID, body: WebhookRotation, ring: Keyring
) -> tuple[Webhook, str]:
    """The endpoint with a new secret, which nothing shows again. Until the overlap ends deliveries are signed
    with the one before it as well; one that is older yet ends now."""
    row = held(tx, by, webhook_id)
    secret, overlap = _new_secret(), timedelta(hours=body.overlap_hours)
    row.previous_secret = _moved(ring, row) if overlap else None
    row.previous_secret_expires_at = tx.now + overlap if row.previous_secret else None
    row.secret = ring.seal(SECRET, row.id, secret)
    _touched(tx, row)
    after = {"previous_secret_expires_at": row.previous_secret_expires_at}
    audit.record(tx, by, "webhook.secret_rotated", ("webhook", row.id), after=after)
    return row, secret


def held(tx: Transaction, by: Caller, webhook_id: UUID, expected: int | None = None) -> Webhook:
    """The endpoint, locked for a change; `expected`: the version that must still stand."""
    mine = _visible(by).where(Webhook.id == webhook_id).with_for_update(key_share=True)
    row = tx.session.scalars(mine, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise not_found()
    if expected is not None and row.version != expected:
        raise stale()
    return row


def _visible(by: Caller) -> Select[Webhook]:
    mine = select(Webhook).where(Webhook.workspace_id == by.workspace_id, Webhook.deleted_at.is_(None))
    return mine.where(Webhook.mode == "test") if by.mode == "test" else mine


def _new_secret() -> str:
    return signing.secret_of(secrets.token_bytes(_SECRET_BYTES))


def _moved(ring: Keyring, row: Webhook) -> str | None:
    """The secret, sealed as the former one; none where it does not open: it signs nothing any more."""
    try:
        return ring.seal(PREVIOUS, row.id, ring.unseal(SECRET, row.id, row.secret))
    except Unsealable:
        return None


def _sealed_headers(ring: Keyring, row_id: UUID, headers: Mapping[str, str]) -> dict[str, Any]:
    sealed = ring.seal(HEADERS, row_id, orjson.dumps(dict(headers)).decode()) if headers else None
    return {"headers_secret": sealed, "header_names": sorted(headers)}


def _check_filters(tx: Transaction, by: Caller, given: Mapping[str, Any]) -> None:
    """Each filter names what is there: nothing that another workspace has, nor what is none."""
    for name, model in (("connection_ids", PlatformConnection), ("campaign_ids", Campaign)):
        ids = given.get(name) or []
        mine = select(model.id).where(model.workspace_id == by.workspace_id, model.id.in_(ids))
        known = set(tx.session.scalars(mine)) if ids else set()
        for place, each in enumerate(ids):
            if each not in known:
                detail = "There is none of this id in this workspace."
                raise invalid(f"/{name}/{place}", f"unknown_{name.removesuffix('_ids')}", detail)


def _check_bound(tx: Transaction, by: Caller) -> None:
    living = (Webhook.workspace_id == by.workspace_id, Webhook.deleted_at.is_(None))
    if (tx.session.scalar(select(func.count()).select_from(Webhook).where(*living)) or 0) >= MOST:
        detail = f"A workspace has {MOST} webhooks at most: delete one that is not needed."
        raise DomainError(Kind.CONFLICT, "too_many_webhooks", detail)


def _touched(tx: Transaction, row: Webhook) -> None:
    row.version, row.updated_at = row.version + 1, tx.now
    tx.session.flush()


def _record_status(tx: Transaction, by: Caller, row: Webhook, action: str, was: str) -> None:
    target = ("webhook", row.id)
    audit.record(tx, by, action, target, before={"status": was}, after={"status": row.status})


def _shown(row: Webhook) -> dict[str, Any]:
    """What the audit log keeps: neither the secret nor what a header says."""
    return {name: getattr(row, name) for name in _RECORDED}
