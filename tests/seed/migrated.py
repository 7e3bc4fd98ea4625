"""Migrated databases, read from their catalogs into the shapes of the seed's DDL."""

from typing import TYPE_CHECKING, Any

import psycopg

from tests.seed.ddl import Column, Engine, Schema, Table

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_COLUMNS = """
    SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull,
           pg_get_expr(d.adbin, d.adrelid)
      FROM pg_attribute a
      JOIN pg_class c ON c.oid = a.attrelid
      LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
     WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
       AND c.relname <> 'alembic_version'
     ORDER BY 1, a.attnum
"""
_KEYS = """
    SELECT o.conrelid::regclass::text, o.contype::text, o.confrelid::regclass::text,
           ARRAY(SELECT attname::text FROM unnest(o.conkey) WITH ORDINALITY k(n, i)
                   JOIN pg_attribute ON attrelid = o.conrelid AND attnum = n ORDER BY i),
           ARRAY(SELECT attname::text FROM unnest(o.confkey) WITH ORDINALITY k(n, i)
                   JOIN pg_attribute ON attrelid = o.confrelid AND attnum = n ORDER BY i)
      FROM pg_constraint o
     WHERE o.connamespace = 'public'::regnamespace AND o.contype IN ('p', 'u', 'f', 'c')
       AND o.conrelid <> 'alembic_version'::regclass
"""
_INDEXES = """
    SELECT x.indexrelid::regclass::text, x.indrelid::regclass::text,
           ARRAY(SELECT pg_get_indexdef(x.indexrelid, n, true) FROM generate_series(1, x.indnkeyatts) n),
           pg_get_expr(x.indpred, x.indrelid)
      FROM pg_index x
      JOIN pg_class c ON c.oid = x.indrelid
     WHERE c.relnamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = x.indexrelid AND contype IN ('p', 'u'))
"""


def postgres(connection: psycopg.Connection[Any]) -> Schema:
    """The tenants' schema. A predicate follows an index's columns as one more."""
    schema = Schema()
    for table, name, kind, required, default in connection.execute(_COLUMNS):
        columns = schema.tables.setdefault(table, Table()).columns
        columns[name] = Column(kind, required, _plain(default))
    for table, kind, parent, columns, referred in connection.execute(_KEYS):
        found = schema.tables[table]
        if kind == "p":
            found.primary = tuple(columns)
        elif kind == "u":
            found.uniques.add(tuple(columns))
        elif kind == "c":
            schema.checks.add(f"{table}({', '.join(columns)})")
        else:
            found.references[tuple(columns)] = (parent, tuple(referred))
    for name, table, columns, predicate in connection.execute(_INDEXES):
        schema.indexes[name] = (table, tuple(columns) + ((f"WHERE {predicate}",) if predicate else ()))
    return schema


def clickhouse(client: "Client") -> dict[str, Engine]:
    """Every table of the database but the migrations' own."""
    tables = client.query(
        "SELECT name, engine, sorting_key FROM system.tables"
        " WHERE database = currentDatabase() AND name <> 'schema_migrations'"
    ).result_rows
    columns = client.query(
        "SELECT table, name, type FROM system.columns"
        " WHERE database = currentDatabase() ORDER BY table, position"
    ).result_rows
    return {
        str(name): Engine(
            {str(column): str(kind) for table, column, kind in columns if table == name},
            str(engine),
            tuple(str(order).split(", ")),
        )
        for name, engine, order in tables
    }


def _plain(default: str | None) -> str | None:
    return None if default is None else default.split("::")[0].strip("'")
