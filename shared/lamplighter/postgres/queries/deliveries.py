"""An endpoint's deliveries, many at a time: which are due, and what came of them. Hot, so SQL text."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Row, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from lamplighter.postgres.session import Transaction

_DUE = text(
    """
    SELECT id, event_id, payload, turn, attempts, attempts_before, manual
      FROM webhook_deliveries
     WHERE workspace_id = :workspace_id AND webhook_id = :webhook_id AND status = 'pending'
       AND next_attempt_at <= :now
     ORDER BY next_attempt_at
     LIMIT :limit
    """
).bindparams(
    bindparam("workspace_id", type_=Uuid()),
    bindparam("webhook_id", type_=Uuid()),
    bindparam("now", type_=DateTime(timezone=True)),
)

# Where people intervened meanwhile (the turn is another) the attempt is only counted; but what has arrived
# has arrived, also where its endpoint was disabled while it was under way.
_RECORD = text(
    """
    WITH given AS (
        SELECT * FROM jsonb_to_recordset(:rows) AS g (
            id uuid, turn int, status text, next_at timestamptz, code text, attempt_id uuid, at timestamptz,
            duration_ms int, status_code int, response text, manual boolean)
    ), written AS (
        UPDATE webhook_deliveries d
           SET attempts = d.attempts + 1,
               response_status = g.status_code,
               error_code = CASE WHEN mine.decides THEN g.code ELSE d.error_code END,
               status = CASE WHEN mine.decides THEN g.status ELSE d.status END,
               next_attempt_at = CASE WHEN mine.decides THEN g.next_at ELSE d.next_attempt_at END,
               manual = CASE WHEN mine.decides THEN false ELSE d.manual END,
               finished_at = CASE WHEN mine.decides AND g.status <> 'pending' THEN :now ELSE d.finished_at END
          FROM given g
          JOIN webhook_deliveries was ON was.id = g.id AND was.workspace_id = :workspace_id
         CROSS JOIN LATERAL (
               SELECT was.turn = g.turn OR (g.status = 'delivered' AND was.status = 'cancelled') AS decides
               ) AS mine
         WHERE d.workspace_id = :workspace_id AND d.id = g.id
        RETURNING d.id, d.attempts
    )
    INSERT INTO webhook_attempts
           (id, workspace_id, delivery_id, number, at, duration_ms, status_code, response, error_code, manual)
    SELECT g.attempt_id, :workspace_id, g.id, w.attempts, g.at, g.duration_ms, g.status_code, g.response,
           g.code, g.manual
      FROM given g JOIN written w ON w.id = g.id
    """
).bindparams(
    bindparam("rows", type_=JSONB()),
    bindparam("workspace_id", type_=Uuid()),
    bindparam("now", type_=DateTime(timezone=True)),
)

# Sent or not, nobody knows. It is tried again as if nothing had been: the schedule does not count it.
_LOSE = text(
    """
    WITH held AS (
        SELECT id FROM webhook_deliveries
         WHERE workspace_id = :workspace_id AND webhook_id = :webhook_id AND status = 'pending'
           AND next_attempt_at <= :began
         ORDER BY next_attempt_at
         LIMIT :limit
    ), counted AS (
        UPDATE webhook_deliveries d
           SET attempts = d.attempts + 1, attempts_before = d.attempts_before + 1, error_code = 'unfinished'
          FROM held WHERE d.workspace_id = :workspace_id AND d.id = held.id
        RETURNING d.id, d.attempts, d.manual
    )
    INSERT INTO webhook_attempts (id, workspace_id, delivery_id, number, at, duration_ms, error_code, manual)
    SELECT uuidv7(), :workspace_id, id, attempts, :began, 0, 'unfinished', manual FROM counted
    """
).bindparams(
    bindparam("workspace_id", type_=Uuid()),
    bindparam("webhook_id", type_=Uuid()),
    bindparam("began", type_=DateTime(timezone=True)),
)


def due(tx: Transaction, workspace_id: UUID, webhook_id: UUID, limit: int) -> Sequence[Row[Any]]:
    """What the endpoint is due by now, the longest waiting first."""
    values = {"workspace_id": workspace_id, "webhook_id": webhook_id, "now": tx.now, "limit": limit}
    return tx.session.execute(_DUE, values).all()


def record(tx: Transaction, workspace_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
    """Each attempt under its delivery's next number, and what becomes of the delivery."""
    values = {"rows": list(rows), "workspace_id": workspace_id, "now": tx.now}
    tx.session.execute(_RECORD, values)


def lose(tx: Transaction, workspace_id: UUID, webhook_id: UUID, began: datetime, limit: int) -> None:
    """Log what a worker had taken at `began` and never told the outcome of: attempts without an answer."""
    values = {"workspace_id": workspace_id, "webhook_id": webhook_id, "began": began, "limit": limit}
    tx.session.execute(_LOSE, values)
