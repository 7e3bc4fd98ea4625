"""Reading the audit log, a tenant's or a person's own; what is personal opens while its owner has a key."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Select, select

from lamplighter.domain.access import Caller, Member, Person
from lamplighter.postgres.models import AuditEntry, PersonalKey
from lamplighter.postgres.session import Transaction
from lamplighter.schemas.audit_log import AuditActor, AuditLogEntry, AuditTarget
from lamplighter.services import personal_keys
from lamplighter.services.cipher import Unsealable
from lamplighter.services.pages import Order, page

type Reader = Caller | Member | Person

_SKEW = timedelta(hours=1)
"""More than any two clocks differ: ids carry the application's time, `at` is the database's."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is wanted of the log; None leaves a question open."""

    action: str | None = None
    """One action, or every one that begins so, if it ends in a dot ("content.")."""
    actor_id: UUID | None = None
    target_kind: str | None = None
    target_id: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    """The first moment that is not wanted any more."""


def listed(tx: Transaction, by: Reader, wanted: Filter, order: Order) -> dict[str, Any]:
    """A page of what the reader may see: their workspace's log, all of their organization's, or their own."""
    if isinstance(by, Caller):
        by.must_be_unlimited()
    column, scope_id = _scope(by)
    bound_to = f"audit_log {column.key} {scope_id} {wanted}"
    found = page(tx, _statement(by, wanted), AuditEntry.id, order, bound_to=bound_to)
    return {**found, "items": list(opened(tx, found["items"]))}


def opened(tx: Transaction, rows: Sequence[AuditEntry]) -> Iterator[AuditLogEntry]:
    """The rows as they are shown; nulls where the owner's key was destroyed. All keys come in one query."""
    owners = {row.personal_owner for row in rows if row.personal is not None}
    query = select(PersonalKey.owner_id, PersonalKey.wrapped).where(PersonalKey.owner_id.in_(owners))
    wrapped = dict(tx.session.execute(query).all()) if owners else {}
    for row in rows:
        yield AuditLogEntry(
            id=row.id,
            at=row.at,
            workspace_id=row.workspace_id,
            actor=AuditActor(kind=row.actor_kind, id=row.actor_id),
            action=row.action,
            target=AuditTarget(kind=row.target_kind, id=row.target_id),
            before=row.before,
            after=row.after,
            request_id=row.request_id,
            **_personal(row, wrapped),
        )


def _personal(row: AuditEntry, wrapped: dict[UUID, str]) -> dict[str, str | None]:
    """Where the request came from."""
    nothing: dict[str, str | None] = {"address": None, "agent": None}
    if row.personal is None or row.personal_owner is None or row.personal_owner not in wrapped:
        return nothing
    key = wrapped[row.personal_owner]
    try:
        seen = orjson.loads(personal_keys.unseal(key, row.personal_owner, row.id, row.personal))
    except Unsealable:  # its owner has another key by now
        return nothing
    return {"address": seen["address"] or None, "agent": seen["agent"] or None}


def _scope(by: Reader) -> tuple[Any, UUID]:
    match by:
        case Caller():
            return AuditEntry.workspace_id, by.workspace_id
        case Member():
            return AuditEntry.organization_id, by.organization_id
        case Person():
            return AuditEntry.user_id, by.id


def _statement(by: Reader, wanted: Filter) -> Select[AuditEntry]:
    column, scope_id = _scope(by)
    statement = select(AuditEntry).where(column == scope_id)
    exact = {"actor_id": wanted.actor_id, "target_kind": wanted.target_kind, "target_id": wanted.target_id}
    statement = statement.filter_by(**{name: value for name, value in exact.items() if value is not None})
    if wanted.action is not None and wanted.action.endswith("."):
        statement = statement.where(AuditEntry.action.startswith(wanted.action, autoescape=True))
    elif wanted.action is not None:
        statement = statement.where(AuditEntry.action == wanted.action)
    # The rows lie in the order of their ids, so a bound on these spares reading the rest of the log.
    if wanted.since is not None:
        statement = statement.where(
            AuditEntry.at >= wanted.since, AuditEntry.id >= _id_of(wanted.since, -_SKEW)
        )
    if wanted.until is not None:
        statement = statement.where(AuditEntry.at < wanted.until, AuditEntry.id < _id_of(wanted.until, _SKEW))
    return statement


def _id_of(time: datetime, skew: timedelta) -> UUID:
    """The lowest UUIDv7 of a moment."""
    milliseconds = (time - datetime(1970, 1, 1, tzinfo=UTC) + skew) // timedelta(milliseconds=1)
    return UUID(int=max(0, milliseconds) << 80)
