"""Migrating a copy of a database up, down and up again, so that the real one meets no surprise."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection, make_url
from sqlalchemy.exc import OperationalError

from lamplighter.postgres import migrations, security
from lamplighter.postgres.catalog import Catalog, catalog, differences
from lamplighter.postgres.security import statements

_TRIES = 5  # each waits five seconds for the others to leave


class Failed(Exception):  # noqa: N818  # reads as what happened
    """The migrations do not do on the copy what they promise; or no copy could be made."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was done, and how long it took on this many rows."""

    revision: str
    rolled_back_to: str
    rows: int
    seconds_up: float
    seconds_down: float


@dataclass(frozen=True, slots=True)
class _State:
    known: Catalog
    rows: dict[str, int]


def rehearse(url: str, scripts: Path, *, disconnect: bool = False) -> Rehearsal:
    """Apply and roll back on a copy of the database at `url`, comparing the catalog and counting the rows.

    Where nothing is pending, the last migration is rolled back and applied again. Postgres copies a database
    only while nobody else is connected to it; `disconnect` ends their sessions, otherwise that raises Failed.
    """
    with _copy(url, disconnect=disconnect) as copy:
        stood = migrations.status(copy, scripts)
        if stood.current is not None:
            _open_to_the_owner(copy)
        top = _state(copy)
        rows = sum(top.rows.values())
        if not stood.pending:
            migrations.downgrade(copy, scripts, _before(scripts, stood.head))
        bottom = _state(copy)
        base = migrations.status(copy, scripts).current or "base"
        up = _timed(migrations.upgrade, copy, scripts, "head")
        if stood.pending:
            top = _state(copy)
        _expect(top.known, _state(copy).known, "rolling back and applying it again")
        down = _timed(migrations.downgrade, copy, scripts, base)
        _expect(bottom.known, _state(copy).known, "rolling back")
        _expect_rows(bottom.rows, _state(copy).rows)
        migrations.upgrade(copy, scripts)
        _expect(top.known, _state(copy).known, "applying it again")
        return Rehearsal(stood.head, base, rows, up, down)


def _before(scripts: Path, revision: str) -> str:
    known = migrations.revisions(scripts)
    place = known.index(revision)
    return known[place - 1] if place else "base"


def _timed(act: Callable[[str, Path, str], object], url: str, scripts: Path, to: str) -> float:
    began = time.monotonic()
    act(url, scripts, to)
    return round(time.monotonic() - began, 3)


def _state(url: str) -> _State:
    with migrations.engine(url).connect() as connection:
        with connection.begin():
            known = catalog(connection)
        return _State(
            known, _rows(connection, [item.name for item in known.values() if item.kind == "table"])
        )


def _rows(connection: Connection, tables: list[str]) -> dict[str, int]:
    """All rows counted. Policies bind the owner too: they are lifted, in a transaction that is undone."""
    with connection.begin() as undone:
        if tables:
            connection.exec_driver_sql(f"SET LOCAL ROLE {security.OWNER}")
        for table in tables:
            connection.exec_driver_sql(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        query = "SELECT count(*) FROM "  # our own tables' names follow
        counted = {table: connection.exec_driver_sql(query + table).scalar_one() for table in tables}
        undone.rollback()
    return counted


def _expect(wanted: Catalog, found: Catalog, after: str) -> None:
    if different := differences(wanted, found):
        message = f"after {after} the copy is not what it was:\n" + "\n".join(different)
        raise Failed(message)


def _expect_rows(wanted: dict[str, int], found: dict[str, int]) -> None:
    changed = (table for table, count in wanted.items() if found.get(table) != count)
    lost = [f"{table}: {wanted[table]} before, {found.get(table)} after" for table in changed]
    if lost:
        message = "rolling back changed the number of rows:\n" + "\n".join(lost)
        raise Failed(message)


@contextmanager
def _copy(url: str, *, disconnect: bool) -> Iterator[str]:
    source = make_url(url)
    name = f"{source.database}_rehearsal"
    copy = source.set(database=name).render_as_string(hide_password=False)
    # CREATE DATABASE cannot be run from inside the database that it copies.
    engine = migrations.engine(source.set(database="postgres").render_as_string(hide_password=False))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        _create(connection, name, str(source.database), disconnect=disconnect)
        try:
            yield copy
        finally:
            connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def _create(connection: Connection, name: str, source: str, *, disconnect: bool) -> None:
    for _ in range(_TRIES):
        if disconnect:
            end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"
            connection.exec_driver_sql(end, (source,))
        try:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}" TEMPLATE "{source}"')
        except OperationalError as error:
            if getattr(error.orig, "sqlstate", "") != "55006" or not disconnect:  # object_in_use
                message = f"{source} cannot be copied: {error.orig}"
                raise Failed(message) from error
        else:
            return
    message = f"{source} cannot be copied: others connect to it again and again"
    raise Failed(message)


def _open_to_the_owner(copy: str) -> None:
    """A copy has the tables' privileges but not the database's own."""
    with migrations.engine(copy).begin() as connection:
        for statement in statements.database_statements():
            connection.exec_driver_sql(statement)
