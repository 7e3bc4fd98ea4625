"""The seed's DDL, and how a migrated database differs from it."""

import re
from dataclasses import dataclass, field
from pathlib import Path

SEED = Path(__file__).with_name("data-model.md")

# The seed's spelling on the left, Postgres' own on the right.
_TYPES = {
    "UUID": "uuid",
    "BOOLEAN": "boolean",
    "TEXT": "text",
    "JSONB": "jsonb",
    "DATE": "date",
    "INTEGER": "integer",
    "TIMESTAMP": "timestamp without time zone",
}
_DEFAULTS = {"FALSE": "false", "NOW()": "now()"}


@dataclass(frozen=True, slots=True)
class Column:
    """As Postgres would describe it."""

    type: str
    required: bool
    default: str | None


@dataclass(slots=True)
class Table:
    """One CREATE TABLE. Keys are tuples of columns."""

    columns: dict[str, Column] = field(default_factory=dict)
    primary: tuple[str, ...] = ()
    uniques: set[tuple[str, ...]] = field(default_factory=set)
    references: dict[tuple[str, ...], tuple[str, tuple[str, ...]]] = field(default_factory=dict)


@dataclass(slots=True)
class Engine:
    """A ClickHouse table: its columns with their types, its engine and its sorting key."""

    columns: dict[str, str]
    engine: str
    order: tuple[str, ...]


@dataclass(slots=True)
class Schema:
    """Postgres' tables, its named indexes as (table, columns), and its checks, of which the seed has none."""

    tables: dict[str, Table] = field(default_factory=dict)
    indexes: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    checks: set[str] = field(default_factory=set)


def seed() -> tuple[Schema, dict[str, Engine]]:
    """What the seed says, of Postgres and of ClickHouse."""
    schema, engines = Schema(), {}
    sql = "\n".join(re.findall(r"```sql\n(.*?)```", SEED.read_text(), re.DOTALL))
    for name, body, engine, order in re.findall(
        r"CREATE TABLE (\w+) \(\n(.*?)\n\)(?: ENGINE = (\w+)\(\)\nORDER BY \((.*?)\))?;", sql, re.DOTALL
    ):
        lines = [line.strip().rstrip(",") for line in body.splitlines()]
        if engine:
            columns = dict(line.split(None, 1) for line in lines)
            engines[name] = Engine(columns, engine, _listed(order))
        else:
            schema.tables[name] = _table(lines)
    for name, table, columns in re.findall(r"CREATE INDEX (\w+) ON (\w+)\((.*?)\);", sql):
        schema.indexes[name] = (table, _listed(columns))
    return schema, engines


def _table(lines: list[str]) -> Table:
    table = Table()
    for line in lines:
        if unique := re.fullmatch(r"UNIQUE\((.*)\)", line):
            table.uniques.add(_listed(unique[1]))
            continue
        name, rest = line.split(None, 1)
        if "PRIMARY KEY" in rest:
            table.primary = (name,)
        if re.search(r"\bUNIQUE\b", rest):
            table.uniques.add((name,))
        if reference := re.search(r"REFERENCES (\w+)\((\w+)\)", rest):
            table.references[name,] = (reference[1], (reference[2],))
        table.columns[name] = _column(rest)
    return table


def _column(rest: str) -> Column:
    default = re.search(r"DEFAULT ('[^']*'|\S+)", rest)
    kind = rest.split(maxsplit=1)[0]
    array = kind.endswith("[]")
    spelled = _TYPES.get(kind) or kind.removesuffix("[]").replace("VARCHAR", "character varying")
    return Column(
        spelled + ("[]" if array else ""),
        "NOT NULL" in rest or "PRIMARY KEY" in rest,
        _DEFAULTS.get(default[1], default[1].strip("'")) if default else None,
    )


def _listed(columns: str) -> tuple[str, ...]:
    return tuple(column.strip() for column in columns.split(","))
