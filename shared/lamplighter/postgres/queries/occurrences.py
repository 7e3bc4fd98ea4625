"""The ledger of occurrences and the rules' places in it, for thousands of rules at a time: SQL text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Row, SmallInteger, Text, Uuid, bindparam, text

from lamplighter.postgres.session import Transaction, raw

_TIME = DateTime(timezone=True)

# NO KEY: whoever writes an occurrence of the rule meanwhile, which refers to it, need not wait.
_CLAIM = text(
    """
    SELECT id, workspace_id, schedule_type, schedule_config, timezone, misfire_policy, misfire_grace_minutes,
           next_run_at, visit_at, cursor_local, cursor_fold, cursor_index
      FROM recurring_posts
     WHERE status = 'active' AND visit_at <= :now
     ORDER BY visit_at
     LIMIT :limit
       FOR NO KEY UPDATE SKIP LOCKED
    """
).bindparams(bindparam("now", type_=_TIME))

# COPY writes into no table under row level security; a temporary one is beneath it, and kept per connection.
_STAGE = """
    CREATE TEMPORARY TABLE IF NOT EXISTS spawned (
        workspace_id uuid, recurring_post_id uuid, local_time timestamp, fold smallint,
        due_at timestamptz, status text, code text
    ) ON COMMIT DELETE ROWS
"""
_COPY = (
    "COPY pg_temp.spawned (workspace_id, recurring_post_id, local_time, fold, due_at, status, code)"
    " FROM STDIN (FORMAT BINARY)"
)
_COPIED = ("uuid", "uuid", "timestamp", "int2", "timestamptz", "text", "text")

_WRITE = text(
    """
    INSERT INTO recurring_occurrences
           (workspace_id, recurring_post_id, local_time, fold, due_at, status, code, created_at)
    SELECT workspace_id, recurring_post_id, local_time, fold, due_at, status, code, :now
      FROM pg_temp.spawned
        ON CONFLICT (recurring_post_id, local_time, fold) DO NOTHING
    """
).bindparams(bindparam("now", type_=_TIME))

_COUNT = text(
    """
    WITH passed AS (
        UPDATE recurring_occurrences SET counted = true
         WHERE recurring_post_id = ANY (:ids) AND due_at <= :now AND status = 'made' AND NOT counted
        RETURNING recurring_post_id
    )
    SELECT recurring_post_id, count(*) FROM passed GROUP BY recurring_post_id
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())), bindparam("now", type_=_TIME))

_NEXT = text(
    """
    SELECT rule.id, ahead.due_at
      FROM unnest(:ids) AS rule (id)
     CROSS JOIN LATERAL (
            SELECT due_at FROM recurring_occurrences
             WHERE recurring_post_id = rule.id AND due_at > :now
               AND status IN ('planned', 'made') AND NOT counted
             ORDER BY due_at LIMIT 1) AS ahead
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())), bindparam("now", type_=_TIME))

_ADVANCE = text(
    """
    UPDATE recurring_posts AS rule
       SET status = place.status,
           next_run_at = place.next_run_at,
           run_count = rule.run_count + place.passed,
           visit_at = place.visit_at,
           cursor_local = place.cursor_local,
           cursor_fold = place.cursor_fold,
           cursor_index = place.cursor_index
      FROM unnest(:ids, :statuses, :nexts, :passed, :visits, :locals, :folds, :indices)
           AS place (id, status, next_run_at, passed, visit_at, cursor_local, cursor_fold, cursor_index)
     WHERE rule.id = place.id
    """
).bindparams(
    bindparam("ids", type_=ARRAY(Uuid())),
    bindparam("statuses", type_=ARRAY(Text())),
    *(bindparam(name, type_=ARRAY(_TIME)) for name in ("nexts", "visits")),
    bindparam("locals", type_=ARRAY(DateTime(timezone=False))),
    bindparam("folds", type_=ARRAY(SmallInteger())),
    *(bindparam(name, type_=ARRAY(Integer())) for name in ("passed", "indices")),
)

# What was written a moment ago was told of then; here is what nobody followed. Those of a paused rule wait.
_WAITING = text(
    """
    SELECT workspace_id
      FROM (SELECT waiting.workspace_id, waiting.due_at
              FROM recurring_occurrences AS waiting
              JOIN recurring_posts AS rule ON rule.id = waiting.recurring_post_id
             WHERE waiting.status = 'planned' AND waiting.due_at <= :horizon AND rule.status <> 'paused'
               AND (waiting.created_at <= :told OR waiting.due_at <= :soon)
             ORDER BY waiting.due_at
             LIMIT :limit) AS first
     GROUP BY workspace_id
     ORDER BY min(due_at)
    """
).bindparams(*(bindparam(name, type_=_TIME) for name in ("horizon", "told", "soon")))


@dataclass(frozen=True, slots=True)
class Written:
    """A row of the ledger. `code`: why it was skipped, if it was at once."""

    workspace_id: UUID
    recurring_post_id: UUID
    local_time: datetime
    fold: int
    due_at: datetime
    code: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule has got to: what the columns of these names become. `passed` is added to run_count."""

    id: UUID
    status: str
    next_run_at: datetime
    passed: int
    visit_at: datetime
    cursor_local: datetime | None
    cursor_fold: int | None
    cursor_index: int


def claim(tx: Transaction, limit: int) -> Sequence[Row[Any]]:
    """Up to `limit` active rules for which there is something to do by now, locked, the first due first."""
    return tx.session.execute(_CLAIM, {"now": tx.now, "limit": limit}).all()


def write(tx: Transaction, rows: Sequence[Written]) -> int:
    """Enter the occurrences that the ledger does not have; how many those were."""
    if not rows:
        return 0
    connection = raw(tx.session.connection())
    connection.execute(_STAGE)
    with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.set_types(_COPIED)
        for row in rows:
            status = "planned" if row.code is None else "skipped"
            key = (row.workspace_id, row.recurring_post_id, row.local_time, row.fold)
            copy.write_row((*key, row.due_at, status, row.code))
    return tx.session.execute(_WRITE, {"now": tx.now}).rowcount  # type: ignore[attr-defined]  # of an INSERT


def count(tx: Transaction, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Of each rule, how many that were made have passed since they were counted last; now they are counted."""
    return dict(tx.session.execute(_COUNT, {"ids": list(ids), "now": tx.now}).tuples().all())


def following(tx: Transaction, ids: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """When the first occurrence of each rule that the ledger has goes out after now."""
    return dict(tx.session.execute(_NEXT, {"ids": list(ids), "now": tx.now}).tuples().all())


def advance(tx: Transaction, places: Sequence[Place]) -> None:
    """Bring the rules to these places."""
    values = {
        "ids": [each.id for each in places],
        "statuses": [each.status for each in places],
        "nexts": [each.next_run_at for each in places],
        "passed": [each.passed for each in places],
        "visits": [each.visit_at for each in places],
        "locals": [each.cursor_local for each in places],
        "folds": [each.cursor_fold for each in places],
        "indices": [each.cursor_index for each in places],
    }
    tx.session.execute(_ADVANCE, values)


def waiting(tx: Transaction, horizon: datetime, patience: timedelta, limit: int) -> Sequence[UUID]:
    """The workspaces of the first `limit` occurrences up to the horizon that were written, or are due, and
    still are not made, the most urgent first."""
    values = {"horizon": horizon, "told": tx.now - patience, "soon": tx.now + patience, "limit": limit}
    return tx.session.scalars(_WAITING, values).all()
