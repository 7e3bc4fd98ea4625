"""The ledger of occurrences and the rules' places in it, for thousands of rules at a time: SQL text."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Row, SmallInteger, Text, Uuid, bindparam, text

from lamplighter.postgres.session import Transaction, raw

_TIME = DateTime(timezone=True)

type Entered = tuple[datetime, int]
"""A key in the ledger: the local time and the fold."""
type Known = Mapping[UUID, Collection[Entered]]

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

# What somebody has said of times to come, before the ledger had got there.
_KNOWN = text(
    """
    SELECT rule.id, ahead.local_time, ahead.fold
      FROM recurring_posts AS rule
      JOIN recurring_occurrences AS ahead
        ON ahead.recurring_post_id = rule.id AND ahead.local_time > rule.cursor_local
     WHERE rule.id = ANY (:ids)
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))

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

_OURS = (bindparam("workspace_id", type_=Uuid()), bindparam("ids", type_=ARRAY(Uuid())))
_SINCE, _UNTIL = bindparam("since", type_=_TIME), bindparam("until", type_=_TIME)

_LATEST = text(
    """
    SELECT due.recurring_post_id, max(due.due_at)
      FROM recurring_occurrences AS due
      LEFT JOIN publications AS made ON made.workspace_id = due.workspace_id AND made.id = due.publication_id
     WHERE due.workspace_id = :workspace_id AND due.recurring_post_id = ANY (:ids)
       AND due.due_at > :since AND due.due_at <= :until
       AND (due.status = 'planned' OR due.status = 'made' AND made.status <> 'cancelled' AND made.id <> :but)
     GROUP BY due.recurring_post_id
    """
).bindparams(*_OURS, _SINCE, _UNTIL, bindparam("but", type_=Uuid()))

_ON_TIME = text(
    """
    SELECT recurring_post_id, due_at
      FROM recurring_occurrences
     WHERE workspace_id = :workspace_id AND recurring_post_id = ANY (:ids)
       AND due_at > :since AND due_at <= :until
       AND (status = 'made' OR status = 'planned' AND due_at > :now)
    """
).bindparams(*_OURS, _SINCE, _UNTIL, bindparam("now", type_=_TIME))

_LAST_LATE = text(
    """
    SELECT due.recurring_post_id, max(made.scheduled_at)
      FROM publications AS made
      JOIN recurring_occurrences AS due
        ON due.workspace_id = made.workspace_id AND due.publication_id = made.id
     WHERE made.workspace_id = :workspace_id AND made.recurring_post_id = ANY (:ids)
       AND made.scheduled_at > :since AND made.scheduled_at > due.due_at AND made.status <> 'cancelled'
     GROUP BY due.recurring_post_id
    """
).bindparams(*_OURS, _SINCE)


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


def known(tx: Transaction, ids: Sequence[UUID]) -> Known:
    """Of each rule the keys in the ledger beyond where it has got to, if there are any."""
    found: dict[UUID, set[Entered]] = defaultdict(set)
    for rule_id, local_time, fold in tx.session.execute(_KNOWN, {"ids": list(ids)}):
        found[rule_id].add((local_time, fold))
    return found


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
    entered: int = tx.session.execute(_WRITE, {"now": tx.now}).rowcount  # type: ignore[attr-defined]
    return entered


def count(tx: Transaction, ids: Sequence[UUID]) -> Mapping[UUID, int]:
    """Of each rule, how many that were made have passed and were not counted; now they are."""
    return dict(tx.session.execute(_COUNT, {"ids": list(ids), "now": tx.now}).all())


def following(tx: Transaction, ids: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """When the first occurrence of each rule that the ledger has goes out after now."""
    return dict(tx.session.execute(_NEXT, {"ids": list(ids), "now": tx.now}).all())


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


def latest(
    tx: Transaction, workspace_id: UUID, ids: Sequence[UUID], since: datetime, but: UUID | None = None
) -> Mapping[UUID, datetime]:
    """Of each rule, when the latest of its occurrences after `since` was due that goes, or went, out; the one
    of the publication `but` is left aside."""
    values = {"workspace_id": workspace_id, "ids": list(ids), "since": since, "until": tx.now}
    values["but"] = but or UUID(int=0)
    return dict(tx.session.execute(_LATEST, values).all())


def on_time(
    tx: Transaction, workspace_id: UUID, ids: Sequence[UUID], apart: timedelta
) -> Mapping[UUID, Sequence[datetime]]:
    """Of each rule, the times of a day ahead at which something goes out, and those of a moment ago."""
    since, until = tx.now - apart, tx.now + timedelta(days=1) + apart
    values = {"workspace_id": workspace_id, "ids": list(ids), "since": since, "until": until, "now": tx.now}
    found: dict[UUID, list[datetime]] = defaultdict(list)
    for rule_id, due_at in tx.session.execute(_ON_TIME, values):
        found[rule_id].append(due_at)
    return found


def last_late(
    tx: Transaction, workspace_id: UUID, ids: Sequence[UUID], apart: timedelta
) -> Mapping[UUID, datetime]:
    """Of each rule, when the last publication goes, or a moment ago went, out that was made too late."""
    values = {"workspace_id": workspace_id, "ids": list(ids), "since": tx.now - apart}
    return dict(tx.session.execute(_LAST_LATE, values).all())
