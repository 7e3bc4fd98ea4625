"""A worker's side of an export: taken under a lease, finished once, given up after some tries."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select, update

from lamplighter.clients import objects
from lamplighter.clients.uploads import Upload
from lamplighter.domain.portability import COLUMNS, FORMAT_VERSION, TABLES
from lamplighter.observability import logger
from lamplighter.postgres.models import Export
from lamplighter.postgres.roles import ACCOUNTS, APP
from lamplighter.postgres.session import Transaction
from lamplighter.problems import not_found
from lamplighter.services.exports import KEPT, MIME, OPEN, Wanted, send
from lamplighter.settings import settings

LEASE = timedelta(minutes=16)
"""Above write_export's timeout, so that a live worker never loses its export."""
TRIES = 3
AGAIN_AFTER = timedelta(minutes=5)
SWEPT_AT_ONCE = 100
FAILED = "export failed"
"""The log line that the template's metric filter counts and its alarm hears."""
_ERROR = "It could not be written. Ask for another one; if that fails too, tell support this export's id."


@dataclass(frozen=True, slots=True)
class Job:
    """An export in a worker's hands. `attempt` is its fence: no earlier worker can finish it any more."""

    wanted: Wanted
    attempt: int
    object_key: str
    begun_at: datetime


class End(Enum):
    """What finishing came to."""

    READY = "ready"
    AGAIN = "again"
    """A person in it was deleted meanwhile: it is to be written anew, and this one must go."""
    NOBODYS = "nobody's"
    """It was ended meanwhile, or its workspace or person is gone: this one must go."""
    OVERTAKEN = "overtaken"
    """Another worker has it, and writes or wrote the same object."""


def parsed(message: dict[str, Any]) -> Wanted:
    """The export that a message names; raises KeyError or ValueError on anything else."""
    if "workspace_id" in message:
        return Wanted(UUID(message["export_id"]), "workspace_id", UUID(message["workspace_id"]))
    return Wanted(UUID(message["export_id"]), "user_id", UUID(message["user_id"]))


def tenancy(wanted: Wanted) -> dict[str, Any]:
    """What the worker's transactions are: the API's in the workspace, or accounts' for the person."""
    return {wanted.owner: wanted.owner_id, "role": APP if wanted.owner == "workspace_id" else ACCOUNTS}


def begin(tx: Transaction, wanted: Wanted) -> Job | None:
    """Take the export under a lease. None: it is under way, done, or was tried too often; not_found where the
    workspace or person has none such. Of all deliveries of all messages one gets it at a time."""
    free = or_(Export.status == "pending", Export.claimed_until < tx.now)
    place = "workspaces" if wanted.owner == "workspace_id" else "users"
    object_key = f"{place}/{wanted.owner_id}/{wanted.export_id}.zip"
    statement = (
        update(Export)
        .where(*_is(wanted), Export.status.in_(OPEN), free, Export.attempts < TRIES)
        .values(
            status="running",
            attempts=Export.attempts + 1,
            claimed_until=tx.now + LEASE,
            object_key=object_key,
            expires_at=None,
        )
        .returning(Export.attempts)
    )
    attempt = tx.session.scalars(statement).one_or_none()
    if attempt is not None:
        return Job(wanted, attempt, object_key, tx.now)
    _give_up_lost(tx, wanted)
    return None


def finish(tx: Transaction, job: Job, byte_size: int) -> End:
    """The archive stands in the bucket, whole: whether it may be shown. See End."""
    row = tx.session.scalars(select(Export).where(*_is(job.wanted)).with_for_update()).one_or_none()
    if row is not None and row.attempts != job.attempt:
        return End.OVERTAKEN
    if row is None or row.status != "running":
        return End.NOBODYS
    if row.expires_at is not None:
        row.status, row.attempts = "pending", row.attempts - 1  # no failure of its own
        row.claimed_until, row.expires_at = tx.now, None
        return End.AGAIN
    row.status, row.byte_size, row.claimed_until = "ready", byte_size, None
    row.finished_at, row.expires_at = tx.now, tx.now + KEPT
    return End.READY


def fail(tx: Transaction, job: Job) -> None:
    """This try came to nothing: another follows, or none if it was the last."""
    mine = (*_is(job.wanted), Export.status == "running", Export.attempts == job.attempt)
    if job.attempt < TRIES:
        again = {"status": "pending", "claimed_until": tx.now + AGAIN_AFTER, "expires_at": None}
        tx.session.execute(update(Export).where(*mine).values(**again))
    else:
        _give_up(tx, job.wanted, *mine)


@contextmanager
def uploading(job: Job) -> Iterator[Upload]:
    """The upload of the archive, completed at the end of the block and aborted where it raises."""
    upload = Upload(settings().export_bucket, job.object_key, MIME)
    try:
        yield upload
        upload.complete()
    except BaseException:
        upload.abort()
        raise


def clear(job: Job, end: End) -> None:
    """Delete an archive that must not be there, and have it written anew where it is still wanted."""
    if end in {End.AGAIN, End.NOBODYS}:
        objects.delete(settings().export_bucket, job.object_key)
    if end is End.AGAIN:
        send([job.wanted])


def facts(job: Job) -> dict[str, Any]:
    """What the manifest says of the archive as a whole."""
    return {
        "format_version": FORMAT_VERSION,
        **job.wanted.body(),
        "made_at": job.begun_at.isoformat(),
        "left_out": {**TABLES, **COLUMNS},
    }


def waiting(tx: Transaction) -> list[Wanted]:
    """Exports whose message was lost, or whose worker was: the oldest, across tenants."""
    found = func.waiting_exports(SWEPT_AT_ONCE).table_valued("id", "workspace_id", "user_id")
    return [Wanted.of(row) for row in tx.session.execute(select(found))]


def _give_up_lost(tx: Transaction, wanted: Wanted) -> None:
    """An export that lost its worker at each try is given up; another one is left alone."""
    row = tx.session.scalars(select(Export).where(*_is(wanted))).one_or_none()
    if row is None:
        raise not_found()
    if row.status in OPEN and row.attempts >= TRIES:
        _give_up(tx, wanted, *_is(wanted), Export.status.in_(OPEN), Export.claimed_until < tx.now)


def _give_up(tx: Transaction, wanted: Wanted, *which: ColumnElement[bool]) -> None:
    ended = {"status": "failed", "error": _ERROR, "finished_at": tx.now, "expires_at": tx.now}
    given_up = tx.session.scalars(update(Export).where(*which).values(**ended).returning(Export.id))
    if given_up.one_or_none() is not None:
        logger().error(FAILED, extra={"export_id": str(wanted.export_id)})


def _is(wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    return (Export.id == wanted.export_id, getattr(Export, wanted.owner) == wanted.owner_id)
