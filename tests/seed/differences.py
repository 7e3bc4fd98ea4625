"""What a migrated database has otherwise than the seed, named as docs/data-model.md names it."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

from tests.seed.ddl import Column, Engine, Schema, Table

PAGE = Path(__file__).parents[2] / "docs" / "data-model.md"


class Lost(AssertionError):  # noqa: N818  # reads as what happened
    """Something of the seed is not there any more, or was narrowed: no listing excuses that."""


def of_postgres(seed: Schema, found: Schema) -> Iterator[str]:
    """Each difference; raises Lost."""
    for name in found.tables.keys() - seed.tables.keys():
        yield f"table {name}"
    for name, wanted in seed.tables.items():
        if name not in found.tables:
            message = f"table {name}"
            raise Lost(message)
        yield from _of_table(name, wanted, found.tables[name])
    for name, (table, columns) in seed.indexes.items():
        there = found.indexes.get(name)
        if there is None or there[0] != table or there[1][0] != columns[0]:
            message = f"index {name}"
            raise Lost(message)
        if there[1] != columns:
            yield f"index {name}"
    for name in found.indexes.keys() - seed.indexes.keys():
        yield f"index {name}"
    yield from (f"check {name}" for name in found.checks)


def of_clickhouse(seed: dict[str, Engine], found: dict[str, Engine]) -> Iterator[str]:
    """Each difference; raises Lost."""
    if seed.keys() - found.keys():
        message = f"ClickHouse tables {seed.keys() - found.keys()}"
        raise Lost(message)
    for name, wanted in seed.items():
        there = found[name]
        yield from (f"column {name}.{column}" for column in there.columns.keys() - wanted.columns.keys())
        for column, kind in wanted.columns.items():
            now = there.columns.get(column)
            if now not in {kind, f"LowCardinality({kind})", f"{kind}('UTC')"}:
                message = f"column {name}.{column}: {kind} became {now}"
                raise Lost(message)
            if now != kind:
                yield f"type {name}.{column}"
        if there.engine != wanted.engine:
            yield f"engine {name}"
        if there.order != wanted.order:
            yield f"order {name}"


def listed() -> dict[str, str]:
    """The page's table of differences: what it names (a pattern), and the reason."""
    section = PAGE.read_text().split("## Beyond the seed", 1)[1].split("\n## ", 1)[0]
    rows = re.findall(r"^\| `([^|]+)` \| ([^|]*) \| ([^|]+) \|$", section, re.MULTILINE)
    return {name.replace("\\*", "*"): reason.strip() for name, _what, reason in rows}


def names(pattern: str, difference: str) -> bool:
    """Whether a row of the page speaks of a difference: the same kind, and a subject that matches."""
    kind, _, subjects = pattern.partition(" ")
    found, _, subject = difference.partition(" ")
    return kind == found and any(fnmatchcase(subject, one.strip()) for one in subjects.split(", "))


def _of_table(name: str, wanted: Table, found: Table) -> Iterator[str]:
    yield from (f"column {name}.{column}" for column in found.columns.keys() - wanted.columns.keys())
    if found.primary != wanted.primary:
        message = f"primary key of {name}"
        raise Lost(message)
    for column, before in wanted.columns.items():
        yield from _of_column(f"{name}.{column}", before, found.columns.get(column))
    for columns in wanted.uniques:
        if columns not in found.uniques:
            if ("workspace_id", *columns) not in found.uniques:
                message = f"unique {name}({', '.join(columns)})"
                raise Lost(message)
            yield f"unique {name}({','.join(columns)})"
    for columns, (parent, referred) in wanted.references.items():
        if found.references.get(columns) != (parent, referred):
            carried = ("workspace_id", *columns), (parent, ("workspace_id", *referred))
            if found.references.get(carried[0]) != carried[1]:
                message = f"foreign key {name}({', '.join(columns)})"
                raise Lost(message)
            yield f"reference {name}.{columns[0]}"
    for columns in found.uniques - wanted.uniques:
        if columns != ("workspace_id", "id") and columns[1:] not in wanted.uniques:
            yield f"unique {name}({','.join(columns)})"


def _of_column(name: str, before: Column, now: Column | None) -> Iterator[str]:
    if (
        now is None
        or (before.required and not now.required)
        or (before.default and now.default != before.default)
    ):
        message = f"column {name}: {before} became {now}"
        raise Lost(message)
    if now.type != before.type:
        if not _is_wider(before.type, now.type):
            message = f"column {name}: {before.type} became {now.type}"
            raise Lost(message)
        yield f"type {name}"
    if now.required and not before.required:
        yield f"required {name}"
    if now.default and not before.default:
        yield f"default {name}"


def _is_wider(before: str, now: str) -> bool:
    if before == "timestamp without time zone":
        return now == "timestamp with time zone"
    lengths = [re.fullmatch(r"character varying\((\d+)\)(\[\])?", kind) for kind in (before, now)]
    if lengths[0] and now == "text":
        return not lengths[0][2]
    return bool(
        lengths[0]
        and lengths[1]
        and lengths[0][2] == lengths[1][2]
        and int(lengths[1][1]) > int(lengths[0][1])
    )
