"""Migrating a copy of ClickHouse's database up, down and up again."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lamplighter.clickhouse import migrations
from lamplighter.clickhouse.migrations import Migration

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

type Schema = dict[str, str]


class Failed(Exception):  # noqa: N818  # reads as what happened
    """The migrations do not do on the copy what they promise."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What was done, on how many rows."""

    version: int
    rolled_back_to: int
    rows: int


def rehearse(client: "Client", source: str, copy: "Client", known: Sequence[Migration]) -> Rehearsal:
    """Bring `copy`, a client of an empty database, to where `source` stands, rows and all; then up, down, up.
    Where nothing is pending, the last migration is rolled back and applied again."""
    stood = migrations.status(client, known)
    migrations.upgrade(copy, known, stood.current)
    rows = _copy_rows(client, source, copy)
    base = stood.current if stood.pending else max(stood.head - 1, 0)
    migrations.downgrade(copy, known, base)
    bottom = _schema(copy)
    migrations.upgrade(copy, known)
    top = _schema(copy)
    migrations.downgrade(copy, known, base)
    if _schema(copy) != bottom:
        message = "rolling back leaves ClickHouse's tables different"
        raise Failed(message)
    migrations.upgrade(copy, known)
    if _schema(copy) != top:
        message = "applying again leaves ClickHouse's tables different"
        raise Failed(message)
    return Rehearsal(stood.head, base, rows)


def _copy_rows(client: "Client", source: str, copy: "Client") -> int:
    rows = 0
    for table in _schema(client):
        copy.command(f"INSERT INTO {table} SELECT * FROM {source}.{table}")  # noqa: S608  # the database's own names
        rows += int(str(copy.command(f"SELECT count() FROM {table}")))  # noqa: S608  # as above
    return rows


def _schema(client: "Client") -> Schema:
    """Each table's engine and columns, without the database's name."""
    tables = client.query(
        "SELECT name, engine_full FROM system.tables"
        " WHERE database = currentDatabase() AND name <> 'schema_migrations'"
    )
    columns = client.query(
        "SELECT table, groupArray((name, type, default_expression, compression_codec))"
        " FROM system.columns WHERE database = currentDatabase() GROUP BY table"
    )
    of_table = {str(table): str(found) for table, found in columns.result_rows}
    return {str(name): f"{engine} {of_table.get(str(name))}" for name, engine in tables.result_rows}
