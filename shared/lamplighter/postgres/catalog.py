"""What Postgres' catalog says a database is: one comparable item for everything, security included."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from lamplighter.postgres.security import LOOKUP, OWNER

_PLAIN = ("schema", "table", "view", "column", "constraint", "index", "trigger", "type")

_LIST_OF_WORDS = re.compile(r"CHECK \(\(\((\w+)\)::text = ANY \(\(ARRAY\[([^\]]*)\]\)::text\[\]\)\)\)")
_WORD = re.compile(r"'\w+'")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing in the database. Two databases are alike where all names have equal definitions."""

    kind: str
    name: str
    definition: str
    parent: str = ""
    """The table, function or schema it goes away with."""
    create: tuple[str, ...] = field(default=(), compare=False)
    drop: tuple[str, ...] = field(default=(), compare=False)
    """How to make and how to remove it, for what Alembic does not see."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}: {self.definition}"


type Catalog = dict[tuple[str, str], Item]


def catalog(connection: Connection) -> Catalog:
    """Everything in the database, by kind and name."""
    connection.exec_driver_sql("SET LOCAL search_path = public")
    found = [
        *_plain(connection),
        *_row_security(connection),
        *_checks(connection),
        *_policies(connection),
        *_functions(connection),
        *_grants(connection),
    ]
    return {(item.kind, item.name): item for item in found}


def differences(one: Catalog, other: Catalog) -> list[str]:
    """What only one of them has ("-") and what only the other has ("+"); empty when they are alike."""
    removed = [f"- {item}" for key, item in one.items() if other.get(key) != item]
    added = [f"+ {item}" for key, item in other.items() if one.get(key) != item]
    return sorted(removed + added, key=lambda line: (line[2:], line[0]))


def who_may_do_what(connection: Connection) -> list[str]:
    """The part of the catalog that is a matter of security, the roles with it, as sorted text."""
    kinds = ("grant", "policy", "row security")
    found = [str(item) for item in catalog(connection).values() if item.kind in kinds]
    return sorted([*found, *(f"role {name}: {what}" for name, what, _ in _rows(connection, "role"))])


def _rows(connection: Connection, name: str) -> Iterator[Any]:
    yield from connection.exec_driver_sql(_queries()[name])


def _queries() -> dict[str, str]:
    parts = re.split(r"^-- name: (.+)$", Path(__file__).with_suffix(".sql").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def _plain(connection: Connection) -> Iterator[Item]:
    for kind in _PLAIN:
        for name, definition, table in _rows(connection, kind):
            yield Item(kind, name, definition, table)


def _row_security(connection: Connection) -> Iterator[Item]:
    for name, definition, table in _rows(connection, "row security"):
        words = [word for word, state in (("ENABLE", "enabled"), ("FORCE", "forced")) if state in definition]
        create = tuple(f"ALTER TABLE {name} {word} ROW LEVEL SECURITY" for word in words)
        drop = tuple(f"ALTER TABLE {name} {word} ROW LEVEL SECURITY" for word in ("NO FORCE", "DISABLE"))
        yield Item("row security", name, definition, table, create, drop)


def _checks(connection: Connection) -> Iterator[Item]:
    for name, definition, table in _rows(connection, "check"):
        constraint = name.removeprefix(f"{table}.")
        create = f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {_as_written(definition)}"
        drop = f"ALTER TABLE {table} DROP CONSTRAINT {constraint}"
        yield Item("check", name, definition, table, (create,), (drop,))


def _as_written(definition: str) -> str:
    """A list of words as people write it: what Postgres makes of its own spelling of one is spelled otherwise
    again."""
    return _LIST_OF_WORDS.sub(
        lambda found: f"CHECK ({found[1]} IN ({', '.join(_WORD.findall(found[2]))}))", definition
    )


def _policies(connection: Connection) -> Iterator[Item]:
    for name, table, kind, command, roles, using, check in _rows(connection, "policy"):
        definition = f"{name} ON {table} AS {kind} FOR {command} TO {roles}"
        definition += f" USING ({using})" if using else ""
        definition += f" WITH CHECK ({check})" if check else ""
        definition = " ".join(definition.split())
        create, drop = f"CREATE POLICY {definition}", f"DROP POLICY {name} ON {table}"
        yield Item("policy", f"{table}.{name}", definition, table, (create,), (drop,))


def _functions(connection: Connection) -> Iterator[Item]:
    for name, source, owner in _rows(connection, "function"):
        create = _as_lookup(source.strip(), f"REVOKE ALL ON FUNCTION {name} FROM PUBLIC")
        drop = _as_lookup(f"DROP FUNCTION {name}")
        spelled = " ".join(source.split())  # a migration indents the body as it likes
        yield Item("function", name, f"owner {owner}, {spelled}", "", create, drop)


def _grants(connection: Connection) -> Iterator[Item]:
    held: dict[tuple[str, str, str, str], list[str]] = {}
    for kind, name, role, privilege, columns, option in _rows(connection, "grant"):
        narrowed = f"{privilege} ({columns})" if columns else privilege
        held.setdefault((kind, name, role, option), []).append(narrowed)
    for (kind, name, role, option), privileges in held.items():
        listed = ", ".join(privileges)
        create: tuple[str, ...] = (f"GRANT {listed} ON {kind} {name} TO {role}{option}",)
        drop: tuple[str, ...] = (f"REVOKE ALL ON {kind} {name} FROM {role}",)
        if kind == "FUNCTION":
            create, drop = _as_lookup(*create), _as_lookup(*drop)
        if kind == "DATABASE" or (kind, name) == ("SCHEMA", "public"):
            create, drop = (), ()  # the administrator's, given once when the database is set up
        yield Item("grant", f"{kind} {name} {role}{option}", listed, name, create, drop)


def _as_lookup(*statements: str) -> tuple[str, ...]:
    return (f"SET LOCAL ROLE {LOOKUP}", *statements, f"SET LOCAL ROLE {OWNER}")
