"""What the ledger of a recurring post holds, looked at from behind, and its posts on their way out."""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import select

from lamplighter.postgres.models import Dispatch
from lamplighter.postgres.session import move_clock, transaction
from tests.integration.http import handler_of, lambda_context

HOURLY = {"timezone": "Europe/Berlin", "expression": "0 * * * *"}
"""A cron expression that goes on through every clock change."""


@dataclass(frozen=True, slots=True)
class Row:
    """An occurrence."""

    local_time: datetime
    fold: int
    due_at: datetime
    status: str
    code: str | None
    publication_id: UUID | None
    counted: bool

    @property
    def key(self) -> tuple[datetime, int]:
        return self.local_time, self.fold


def rows_of(superuser: psycopg.Connection[Any], post: dict[str, Any]) -> list[Row]:
    """The ledger of a recurring post, in the order of its keys."""
    columns = "local_time, fold, due_at, status, code, publication_id, counted"
    found = superuser.execute(
        f"SELECT {columns} FROM recurring_occurrences WHERE recurring_post_id = %s ORDER BY 1, 2",  # noqa: S608
        [post["id"]],
    )
    return [Row(*each) for each in found]


def ends_of(rows: list[Row]) -> Counter[tuple[str, str | None]]:
    """How many ended how."""
    return Counter((row.status, row.code) for row in rows)


def events_of(superuser: psycopg.Connection[Any], post: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """What was told of a recurring post."""
    found = superuser.execute(
        "SELECT payload FROM outbox_events WHERE type = %s AND payload ->> 'recurring_post_id' = %s"
        " ORDER BY created_at, id",
        [kind, post["id"]],
    )
    return [payload for (payload,) in found]


def publications_of(superuser: psycopg.Connection[Any], post: dict[str, Any]) -> list[dict[str, Any]]:
    """The rule's publications, oldest first."""
    with superuser.cursor(row_factory=psycopg.rows.dict_row) as cursor:
        query = "SELECT * FROM publications WHERE recurring_post_id = %s ORDER BY scheduled_at"
        return cursor.execute(query, [post["id"]]).fetchall()


def send(workspace_id: str, later: timedelta, *, due_by: datetime | None = None) -> None:
    """Hand the worker whatever is due by then, the first due last, on a clock that is ahead."""
    with transaction(UUID(workspace_id)) as tx:
        statement = select(Dispatch).order_by(Dispatch.due_at.desc())
        limit = due_by or tx.now + later
        work = [row for row in tx.session.scalars(statement) if row.due_at <= limit]
        bodies = [
            {
                "workspace_id": workspace_id,
                "publication_platform_id": str(row.publication_platform_id),
                "fence": row.fence,
                "lane": row.lane,
            }
            for row in work
        ]
    records = [{"messageId": str(n), "body": json.dumps(body)} for n, body in enumerate(bodies)]
    move_clock(later)
    try:
        assert handler_of("publish_post")({"Records": records}, lambda_context(60)) == {
            "batchItemFailures": []
        }
    finally:
        move_clock(None)
