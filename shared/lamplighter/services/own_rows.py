"""All rows of a table that are somebody's, as an archive holds them, without what it leaves out."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Table, select, text

from lamplighter.domain.portability import TABLES, is_left_out
from lamplighter.postgres.base import Base
from lamplighter.postgres.models import AuditEntry, User, Workspace
from lamplighter.postgres.security.tenancy import tables
from lamplighter.postgres.session import Transaction
from lamplighter.services import audit_log

AT_ONCE = 500
"""Rows in memory: none is larger than a request's body."""

AUDIT_LOG, USERS, WORKSPACES = (
    Base.metadata.tables[model.__tablename__] for model in (AuditEntry, User, Workspace)
)


def tables_by(column: str) -> list[Table]:
    """The tables of an archive whose rows name their owner in this column, parents first. A new table is
    among them by itself."""
    return [table for table in tables() if column in table.columns and table.name not in TABLES]


def unhurried(tx: Transaction) -> None:
    """Statements of this transaction may take minutes: a large table is sorted in the first of them."""
    tx.session.execute(text("SET LOCAL statement_timeout = '5min'"))


def rows(
    tx: Transaction, table: Table, mine: ColumnElement[bool], *more: ColumnElement[Any]
) -> Iterator[dict[str, Any]]:
    """The rows for which `mine` holds, oldest first, fetched as they are read; `more` are columns beside the
    archive's."""
    columns = [column for column in table.columns if not is_left_out(table.name, column.name)]
    statement = select(*columns, *more).where(mine).order_by(*table.primary_key.columns)
    found = tx.session.execute(statement, execution_options={"yield_per": AT_ONCE})
    yield from (dict(row) for row in found.mappings())


def audit_rows(tx: Transaction, mine: ColumnElement[bool]) -> Iterator[dict[str, Any]]:
    """The same of the audit log, each as the API shows it: with address and agent, unless their owner was
    deleted."""
    statement = select(AuditEntry).where(mine).order_by(AuditEntry.id)
    found = tx.session.scalars(statement, execution_options={"yield_per": AT_ONCE})
    for batch in found.partitions():
        yield from (entry.model_dump() for entry in audit_log.opened(tx, batch))


def references_to_people(table: Table) -> list[str]:
    """Columns that say which person did something: `created_by`, `approved_by` and their like."""
    return [
        column.name
        for column in table.columns
        if column.name != "user_id" and any(key.column.table.name == "users" for key in column.foreign_keys)
    ]
