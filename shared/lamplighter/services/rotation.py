"""A workspace's key replaced: a new one made, what the old ones sealed sealed anew, the old ones destroyed.

Every step is a short transaction, and after each of them everything opens: whoever is interrupted, by a crash
or by the end of a function's time, is continued by the next run, from the rows as they stand.

A new key (1) is there before anything is sealed with it. Texts are sealed anew (2) by compare and swap, so
that a token refresh or a reconnection of the same moment stands. A worker that read the keys before (1) may
still write with the old one for as long as a function runs; the next run finds that. An old key is marked (3)
when no text names it, and destroyed (4) by a run that comes KEPT later and still finds none; one that is
named again loses its mark. So whoever read a text before it was sealed anew finds its key still there.

What changes something does so in the transaction's own workspace: without one nothing matches, and nothing is
destroyed.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Table,
    Text,
    Uuid,
    bindparam,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import insert

from lamplighter.observability import logger
from lamplighter.postgres.base import Base
from lamplighter.postgres.models import Workspace, WorkspaceKey
from lamplighter.postgres.session import Transaction
from lamplighter.services.cipher import FORMAT, version_of
from lamplighter.services.sealing import PLACES, Keyring, Unsealable, keyring, purpose_of

KEPT = timedelta(hours=24)
"""How long a key outlives the last text that it sealed: far longer than a function runs, or keeps a row that
it read. Also the time to notice a mistake in."""
REFRESHER_GONE = timedelta(seconds=60)
"""How long after its lease a token's refresher is certainly dead."""
BATCH = 200
"""Rows read, sealed and written together."""
RUN = 10_000
"""Workspaces that one run looks at."""

_KEY = Base.metadata.tables[WorkspaceKey.__tablename__]
_OTHER = _KEY.alias()
_TABLES = {name: Base.metadata.tables[name] for name in PLACES}
_WORKSPACE = cast(func.nullif(func.current_setting("app.workspace_id", True), ""), Uuid)
_NEWEST = (
    select(func.max(_OTHER.c.version)).where(_OTHER.c.workspace_id == _KEY.c.workspace_id).scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A row's sealed columns as they were read, empty ones included."""

    id: UUID
    texts: Mapping[str, str | None] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows of one table that name an older key than the newest, and the keys, read after them."""

    table: str
    rows: Sequence[Sealed]
    keyring: Keyring


@dataclass(frozen=True, slots=True)
class Change:
    """A row's columns before and after."""

    row: Sealed
    fresh: Mapping[str, str | None] = field(repr=False)


def due(tx: Transaction, made_before: datetime, only: UUID | None) -> list[UUID]:
    """Workspaces whose newest key was made before that moment, or whose older keys are not dealt with yet;
    at most RUN, longest waiting first, or the one that is asked for. Runs as the rotator, across tenants."""
    marked = _KEY.c.retired_at
    statement = (
        select(_KEY.c.workspace_id)
        .join(Workspace, Workspace.id == _KEY.c.workspace_id)
        .where(Workspace.deleted_at.is_(None), true() if only is None else _KEY.c.workspace_id == only)
        .group_by(_KEY.c.workspace_id)
        .having(
            or_(
                func.max(_KEY.c.created_at) < made_before,
                func.count().filter(marked.is_(None)) > 1,
                func.min(marked) < tx.now - KEPT,
            )
        )
        .order_by(func.max(_KEY.c.created_at), _KEY.c.workspace_id)
        .limit(RUN)
    )
    return list(tx.session.scalars(statement))


def destroy_unused(tx: Transaction) -> int:
    """Destroys the keys whose mark is older than KEPT, and takes the mark off those that are named again.
    Answers how many were destroyed."""
    tx.session.execute(
        update(_KEY).where(_is_own(), _KEY.c.retired_at.is_not(None), _is_named()).values(retired_at=None)
    )
    destroyed = tx.session.execute(
        delete(_KEY)
        .where(_is_own(), _is_old(), _KEY.c.retired_at < tx.now - KEPT, ~_is_named())
        .returning(_KEY.c.version)
    )
    return len(destroyed.all())


def outdated(tx: Transaction, made_before: datetime) -> int | None:
    """The newest version, if its key was made before that moment; None where it was not, or there is none."""
    statement = select(_KEY.c.version).where(
        _is_own(), _KEY.c.version == _NEWEST, _KEY.c.created_at < made_before
    )
    return tx.session.scalars(statement).one_or_none()


def follow(tx: Transaction, version: int, wrapped: bytes) -> int:
    """Keep the key that follows `version` (made before the transaction), unless another run made one first or
    the workspace was deleted. Answers how many were kept: 1 or 0."""
    successor = (
        select(_KEY.c.workspace_id, _KEY.c.version + 1, literal(wrapped), literal(tx.now))
        .join(Workspace, Workspace.id == _KEY.c.workspace_id)
        .where(_is_own(), _KEY.c.version == version, Workspace.deleted_at.is_(None))
    )
    columns = ["workspace_id", "version", "wrapped_key", "created_at"]
    kept = tx.session.execute(
        insert(_KEY)
        .from_select(columns, successor)
        .on_conflict_do_nothing(index_elements=["workspace_id", "version"])
        .returning(_KEY.c.version)
    )
    return len(kept.all())


def batch(tx: Transaction, workspace_id: UUID, table: str, after: UUID | None) -> Batch:
    """The next rows behind `after` that are not sealed with the newest key. A connection whose token is being
    refreshed is left out: the refresher knows its row by the text."""
    source = _TABLES[table]
    newest = select(func.max(_KEY.c.version)).where(_is_own()).scalar_subquery()
    columns = [source.c[name] for name in PLACES[table]]
    stale = [_is_sealed(column) & (_version_in(column) != cast(newest, Text)) for column in columns]
    statement = (
        select(source.c.id, *columns)
        .where(source.c.workspace_id == _WORKSPACE, or_(*stale), _is_free(source, tx.now))
        .where(true() if after is None else source.c.id > after)
        .order_by(source.c.id)
        .limit(BATCH)
    )
    rows = [
        Sealed(id_, dict(zip(PLACES[table], texts, strict=True)))
        for id_, *texts in tx.session.execute(statement)
    ]
    return Batch(table, rows, keyring(tx, workspace_id))


def resealed(found: Batch) -> list[Change]:
    """The rows under the newest key (asks KMS: outside any transaction). One that does not open is left as it
    is and named in the log; a key that KMS will never open raises keys.WrongKey."""
    ring = found.keyring.ready(_versions(found.rows))
    changes = []
    for row in found.rows:
        try:
            changes.append(Change(row, _fresh(ring, found.table, row)))
        except Unsealable:
            place = {"table": found.table, "row_id": str(row.id)}
            logger().warning("a sealed text does not open", extra=place)
    return changes


def swap(tx: Transaction, table: str, changes: Sequence[Change]) -> int:
    """Write the rows down, each only if it still stands as it was read. Answers how many did."""
    if not changes:
        return 0
    source, names = _TABLES[table], PLACES[table]
    unchanged = [source.c[name].is_not_distinct_from(bindparam(f"old_{name}")) for name in names]
    statement = (
        update(source)
        .where(source.c.workspace_id == _WORKSPACE, source.c.id == bindparam("row_id"))
        .where(*unchanged, _is_free(source, tx.now))
        .values({name: bindparam(f"new_{name}") for name in names})
    )
    return tx.session.connection().execute(statement, [_parameters(change) for change in changes]).rowcount


def retire_unused(tx: Transaction) -> None:
    """Marks the old keys that no text names any more."""
    tx.session.execute(
        update(_KEY)
        .where(_is_own(), _is_old(), _KEY.c.retired_at.is_(None), ~_is_named())
        .values(retired_at=tx.now)
    )


def _is_own() -> ColumnElement[bool]:
    return _KEY.c.workspace_id == _WORKSPACE


def _is_old() -> ColumnElement[bool]:
    return _KEY.c.version < _NEWEST


def _is_named() -> ColumnElement[bool]:
    """Whether a text of the workspace says that this key sealed it."""
    prefix = func.concat(f"{FORMAT}.", _KEY.c.version, ".")
    return or_(
        *(
            select(table.c.id)
            .where(table.c.workspace_id == _KEY.c.workspace_id)
            .where(or_(*(func.starts_with(table.c[column], prefix) for column in PLACES[name])))
            .exists()
            for name, table in _TABLES.items()
        )
    )


def _is_sealed(column: ColumnElement[str]) -> ColumnElement[bool]:
    return func.starts_with(column, f"{FORMAT}.")


def _version_in(column: ColumnElement[str]) -> ColumnElement[str]:
    return func.split_part(column, ".", 2)


def _is_free(source: Table, now: datetime) -> ColumnElement[bool]:
    """Not in a token refresher's hands: it would find its row changed, and lose the pair it was given."""
    lease = source.c.get("refresh_lease_until")
    return true() if lease is None else or_(lease.is_(None), lease < now - REFRESHER_GONE)


def _versions(rows: Sequence[Sealed]) -> set[int]:
    found = set()
    for text in (text for row in rows for text in row.texts.values() if text):
        with suppress(Unsealable):
            found.add(version_of(text))
    return found


def _fresh(ring: Keyring, table: str, row: Sealed) -> dict[str, str | None]:
    """The row's columns under the newest key; what is empty stays so. Raises Unsealable."""
    fresh = dict(row.texts)
    for column, text in row.texts.items():
        if text:
            purpose = purpose_of(table, column)
            fresh[column] = ring.seal(purpose, row.id, ring.unseal(purpose, row.id, text))
    return fresh


def _parameters(change: Change) -> dict[str, Any]:
    old = {f"old_{name}": text for name, text in change.row.texts.items()}
    return {"row_id": change.row.id, **old, **{f"new_{name}": text for name, text in change.fresh.items()}}
