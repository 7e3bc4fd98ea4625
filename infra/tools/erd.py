"""docs/data-model.md's diagram and list of tables, out of the models; `--check` fails where they differ."""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Column, ForeignKeyConstraint, PrimaryKeyConstraint, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql

from lamplighter.postgres import models
from lamplighter.postgres.base import Base

PAGE = Path(__file__).parents[2] / "docs" / "data-model.md"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy's own is untyped


def main() -> int:
    """0 when the page says what the models say, or was made to."""
    parser = argparse.ArgumentParser(prog="python -m infra.tools.erd", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    wanted = updated(page := PAGE.read_text())
    if wanted == page:
        return 0
    if parser.parse_args().check:
        print("docs/data-model.md is out of date: make data-model", file=sys.stderr)
        return 1
    PAGE.write_text(wanted)
    return 0


def updated(page: str) -> str:
    """The page with its generated parts as they should be; everything else stays."""
    for name, body in (("diagram", "\n".join(diagram())), ("tables", "\n".join(listed()))):
        begin, end = f"<!-- {name}: make data-model -->", f"<!-- {name} ends -->"
        if begin not in page or end not in page:
            message = f"docs/data-model.md lacks {begin} ... {end}"
            raise ValueError(message)
        head, rest = page.split(begin)
        page = f"{head}{begin}\n{body}\n{end}{rest.split(end)[1]}"
    return page


def diagram() -> Iterator[str]:
    """A Mermaid ER diagram of the tenants' tables."""
    yield "```mermaid"
    yield "erDiagram"
    for table in _tables():
        yield from (f"    {line}" for line in _relations(table))
    for table in _tables():
        yield f"    {table.name} {{"
        yield from (f"        {_attribute(column)}" for column in table.columns)
        yield "    }"
    yield "```"


def listed() -> Iterator[str]:
    """Each table with the line that its comment says."""
    for table in sorted(Base.metadata.tables.values(), key=lambda table: (table.schema or "", table.name)):
        yield f"- `{table.fullname}` - {table.comment}"


def _tables() -> list[Table]:
    assert models  # noqa: S101  # importing them is what fills the metadata
    return [table for table in Base.metadata.sorted_tables if table.schema is None]


def _relations(table: Table) -> Iterator[str]:
    keys = sorted(table.foreign_key_constraints, key=lambda key: [column.name for column in key.columns])
    required = (key for key in keys if len(key.columns) > 1 and not any(c.nullable for c in key.columns))
    through = {column for key in required for column in key.columns}
    for key in keys:
        if len(key.columns) == 1 and key.columns[0] in through:
            continue  # the workspace is reached through the parent that carries it
        yield f"{key.referred_table.name} {_ends(table, key)} {table.name} : {list(key.columns)[-1].name}"


def _ends(table: Table, key: ForeignKeyConstraint) -> str:
    columns = set(key.columns)
    uniques = (
        each for each in table.constraints if isinstance(each, UniqueConstraint | PrimaryKeyConstraint)
    )
    alone = any(columns.issuperset(unique.columns) for unique in uniques)
    parent = "|o" if any(column.nullable for column in columns) else "||"
    return f"{parent}--{'o|' if alone else 'o{'}"


def _attribute(column: Column[object]) -> str:
    spelled = column.type.compile(_DIALECT).lower().replace("timestamp with time zone", "timestamptz")
    kind = re.sub(r"\W+$", "", re.sub(r"[^\w]+", "_", spelled.replace("[]", "_array")))
    marks = [mark for mark, holds in (("PK", column.primary_key), ("FK", column.foreign_keys)) if holds]
    return f"{kind.strip('_')} {column.name} {','.join(marks)}".rstrip()


if __name__ == "__main__":
    sys.exit(main())
