"""One workspace's rows in ClickHouse: all of them out, or all of them gone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_TABLES = """
    SELECT table FROM system.columns
     WHERE database = currentDatabase() AND name = 'workspace_id'
       AND table IN (SELECT name FROM system.tables
                      WHERE database = currentDatabase() AND engine LIKE '%MergeTree')
     ORDER BY table
"""
_OF_WORKSPACE = "WHERE workspace_id = {workspace_id:String}"


def tables(client: "Client") -> list[str]:
    """Every table that holds rows of workspaces, found in the database: a new one is not forgotten."""
    return [str(name) for (name,) in client.query(_TABLES).result_rows]


def rows(client: "Client", table: str, workspace_id: UUID) -> Iterator[dict[str, Any]]:
    """The workspace's rows of one of `tables`, each as it counts (FINAL), a block at a time."""
    question = f"SELECT * FROM {table} {_OF_WORKSPACE}"  # noqa: S608  # a name out of the database itself
    asked = client.query_row_block_stream(
        question, parameters={"workspace_id": str(workspace_id)}, settings={"final": 1}
    )
    with asked as blocks:
        names = blocks.source.column_names
        for block in blocks:
            for row in block:
                yield dict(zip(names, row, strict=True))


def erase(client: "Client", table: str, workspace_id: UUID) -> None:
    """Remove the workspace's rows of one of `tables`; returns when every replica has rewritten its parts.

    A mutation and no lightweight delete, which would only mark the rows until a merge happens to come by.
    Where there is nothing left it writes nothing, so that repeating it is cheap.
    """
    parameters = {"workspace_id": str(workspace_id)}
    if client.command(f"SELECT count() FROM {table} {_OF_WORKSPACE}", parameters=parameters):  # noqa: S608
        client.command(
            f"ALTER TABLE {table} DELETE {_OF_WORKSPACE}",
            parameters=parameters,
            settings={"mutations_sync": 2},
        )
