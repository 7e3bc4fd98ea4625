"""Rows for every table that a database has at whatever revision, so that migrations meet data."""

import re
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import ARRAY, Column, Connection, MetaData, Table, inspect
from sqlalchemy.dialects.postgresql import JSONB

from lamplighter.ids import new_id

ROWS = 3
_WORD = re.compile(r"'([^']*)'")
_NUMBERS = re.compile(r"\W*(\w+) = ANY \(ARRAY\[(\d+)")
_ONE_OF = re.compile(r"num_nonnulls\((.*)\) = 1")
_GIVEN = {"invitations.role": "admin"}
"""Words where the check is no plain list: this one fits either kind."""


def fill(connection: Connection, rows: int = ROWS) -> dict[str, int]:
    """Put rows into every table, each referring to its parents' row of the same number; how many by table.
    Only a superuser may: policies bind everybody else."""
    metadata = MetaData()
    for schema in (None, "sandbox"):
        metadata.reflect(connection, schema=schema)
    made: dict[Table, list[dict[str, Any]]] = {}
    for table in metadata.sorted_tables:
        if table.name != "alembic_version":
            made[table] = [_row(connection, table, number, made) for number in range(rows)]
            connection.execute(table.insert(), made[table])
    return {table.fullname: len(found) for table, found in made.items()}


def _row(
    connection: Connection, table: Table, number: int, made: dict[Table, list[dict[str, Any]]]
) -> dict[str, Any]:
    words = _words(connection, table)
    given = (column for column in table.columns if column.server_default is None)
    row = {column.name: words.get(column.name, _value(column, number)) for column in given}
    for key in table.foreign_key_constraints:
        if key.referred_table is table:  # the first rows have nothing to refer to
            row |= {column.name: None for column in key.columns if column.nullable}
            continue
        parent = made[key.referred_table][number]
        row |= {element.parent.name: parent[element.column.name] for element in key.elements}
    return row | dict.fromkeys(_excluded(connection, table))


def _words(connection: Connection, table: Table) -> dict[str, str | int]:
    """The first word, or number, that each enumerated column allows, out of its check."""
    found: dict[str, str | int] = {}
    for text in _checks(connection, table):
        if numbered := _NUMBERS.match(text):
            found[numbered[1]] = int(numbered[2])
        column = re.match(r"\W*(\w+)\W*::text = ANY", text)
        if column and (word := _WORD.search(text)):
            found[column[1]] = word[1]
    given = (name.split(".") for name in _GIVEN)
    return found | {column: _GIVEN[f"{of}.{column}"] for of, column in given if of == table.name}


def _excluded(connection: Connection, table: Table) -> list[str]:
    """Of columns that exclude each other all but the first."""
    found = (_ONE_OF.search(text) for text in _checks(connection, table))
    return [column for match in found if match for column in match[1].split(", ")[1:]]


def _checks(connection: Connection, table: Table) -> list[str]:
    checks = inspect(connection).get_check_constraints(table.name, schema=table.schema)
    return [check["sqltext"] for check in checks]


def _value(column: Column[Any], number: int) -> Any:
    kind = column.type
    if isinstance(kind, ARRAY | JSONB):
        return [] if isinstance(kind, ARRAY) else {}
    made = {
        "UUID": new_id(),
        "datetime": datetime(2026, 1, 1 + number, tzinfo=UTC),
        "date": date(2026, 1, 1 + number),
        "int": number + 1,
        "bytes": b"bytes",
        "bool": False,
    }
    text = f"{column.name}-{number}"[: getattr(kind, "length", None) or 100]
    return made.get(kind.python_type.__name__, text)
