"""Exports: asked for, written by a worker under a lease, downloaded until they expire."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, Self
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.clients import objects, queues
from lamplighter.domain.access import Caller, Person
from lamplighter.domain.limits import too_many
from lamplighter.ids import new_id
from lamplighter.postgres.models import Export
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, not_found
from lamplighter.schemas.exports import ExportRead
from lamplighter.services import audit
from lamplighter.services.pages import Order, page
from lamplighter.settings import settings

MIME = "application/zip"
KEPT = timedelta(days=7)
"""How long an archive can be downloaded; the bucket's lifecycle removes it a day later, whatever happens."""
LINK_VALID = timedelta(minutes=15)
GRACE = timedelta(minutes=2)
"""How long a new export waits for its message before the sweep sends another."""
OPEN = ("pending", "running")
DAY = timedelta(days=1)
A_DAY = 20
"""Each reads and stores all that its owner has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An export of a workspace or of a person: what a message names."""

    export_id: UUID
    owner: Literal["workspace_id", "user_id"]
    owner_id: UUID

    @classmethod
    def of(cls, row: Any) -> Self:
        """Out of a row that has the three ids."""
        if row.workspace_id is not None:
            return cls(row.id, "workspace_id", row.workspace_id)
        return cls(row.id, "user_id", row.user_id)

    def body(self) -> dict[str, str]:
        """Ids alone; the row says the rest."""
        return {"export_id": str(self.export_id), self.owner: str(self.owner_id)}


def request(tx: Transaction, by: Caller) -> Export:
    """An export of the caller's workspace. It holds all of it, so a key must be live and without a list of
    connections. Raises export_under_way where one is being written, and rate_limited after many."""
    _must_see_all(by)
    row = _requested(tx, by.id, workspace_id=by.workspace_id)
    audit.record(tx, by, "export.requested", ("export", row.id))
    return row


def request_person(tx: Transaction, person: Person) -> Export:
    """An export of what is known about the person; the same otherwise."""
    row = _requested(tx, person.id, user_id=person.id)
    audit.record(tx, person, "export.requested", ("export", row.id))
    return row


def wake(rows: Sequence[Export]) -> None:
    """Have these written, after the commit. What is lost on the way is found by the sweep; never raises."""
    send([Wanted.of(row) for row in rows])


def send(wanted: Sequence[Wanted]) -> None:
    """The messages that wake the worker."""
    messages = [queues.Message(each.body(), delay_seconds=0, group=str(each.owner_id)) for each in wanted]
    queues.send(settings().export_queue_url, messages)


def listed(tx: Transaction, by: Caller | Person, order: Order) -> dict[str, Any]:
    """A page of the exports of the caller's workspace, or of the person's own."""
    _must_see_all(by)
    bound_to = f"exports {by.workspace_id if isinstance(by, Caller) else by.id}"
    return page(tx, select(Export).where(_of(by)), Export.id, order, bound_to=bound_to)


def get(tx: Transaction, by: Caller | Person, export_id: UUID) -> Export:
    """One of them, or not_found."""
    _must_see_all(by)
    row = tx.session.scalars(select(Export).where(_of(by), Export.id == export_id)).one_or_none()
    if row is None:
        raise not_found()
    return row


def shown(row: Export, now: datetime) -> ExportRead:
    """The export with a link, if there is something to download. Signs: outside of a transaction."""
    ready = row.status == "ready"
    expired = ready and row.expires_at is not None and row.expires_at <= now
    link = None
    if ready and not expired and row.object_key is not None:
        link = objects.presigned_download(settings().export_bucket, row.object_key, MIME, LINK_VALID)
    return ExportRead(
        id=row.id,
        status="expired" if expired else row.status,
        byte_size=row.byte_size,
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
        expires_at=row.expires_at,
        download_url=link,
    )


def shown_page(found: dict[str, Any], now: datetime) -> dict[str, Any]:
    """A page of `listed`, shown."""
    return {**found, "items": [shown(row, now) for row in found["items"]]}


def end_all(tx: Transaction, whose: ColumnElement[bool], reason: str) -> None:
    """No export of theirs is written or downloaded any more; pruning removes what was."""
    for statuses, status in ((OPEN, "failed"), (("ready",), "expired")):
        ended = {"status": status, "expires_at": tx.now, "error": reason}
        tx.session.execute(update(Export).where(whose, Export.status.in_(statuses)).values(**ended))


def _must_see_all(by: Caller | Person) -> None:
    """Whoever has the link has the archive, and with it all that the workspace holds."""
    if isinstance(by, Caller):
        by.must_be_live()
        by.must_be_unlimited()


def _requested(tx: Transaction, by: UUID, **whose: UUID) -> Export:
    """Born claimed: its message is on its way."""
    recent = (
        select(func.count()).select_from(Export).filter_by(**whose).where(Export.created_at > tx.now - DAY)
    )
    if (tx.session.scalar(recent) or 0) >= A_DAY:
        raise too_many(int(DAY.total_seconds()))
    statement = (
        insert(Export)
        .values(id=new_id(), requested_by=by, created_at=tx.now, claimed_until=tx.now + GRACE, **whose)
        .on_conflict_do_nothing()
        .returning(Export)
    )
    row = tx.session.scalars(statement).one_or_none()
    if row is None:
        detail = "An export is being written already: wait for that one."
        raise DomainError(Kind.CONFLICT, "export_under_way", detail)
    return row


def _of(by: Caller | Person) -> ColumnElement[bool]:
    return Export.workspace_id == by.workspace_id if isinstance(by, Caller) else Export.user_id == by.id
