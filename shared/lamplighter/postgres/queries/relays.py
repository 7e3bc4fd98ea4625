"""What waits in the outbox and at endpoints, of all tenants: as the relay, which sees ids and times."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Row, bindparam, text

from lamplighter.postgres.session import Transaction

_TIME = DateTime(timezone=True)

_WORKSPACES = text(
    """
    SELECT DISTINCT workspace_id FROM outbox_events WHERE created_at <= :until LIMIT :most
    """
).bindparams(bindparam("until", type_=_TIME))

# One look into the index for each endpoint, however long its list: an endpoint that somebody is at is left
# alone until its lease ends.
_ENDPOINTS = text(
    """
    SELECT w.workspace_id, w.id, first.due_at
      FROM webhooks w
     CROSS JOIN LATERAL (
           SELECT d.next_attempt_at AS due_at
             FROM webhook_deliveries d
            WHERE d.webhook_id = w.id AND d.status = 'pending' AND d.next_attempt_at <= :until
            ORDER BY d.next_attempt_at
            LIMIT 1
           ) AS first
     WHERE w.lease_until IS NULL OR w.lease_until <= :now
     ORDER BY first.due_at
     LIMIT :most
    """
).bindparams(bindparam("until", type_=_TIME), bindparam("now", type_=_TIME))

_OLDEST = text("SELECT min(created_at) FROM outbox_events")


def workspaces(tx: Transaction, until: datetime, most: int) -> Sequence[UUID]:
    """Those that have an event from before `until` in the outbox."""
    return tx.session.execute(_WORKSPACES, {"until": until, "most": most}).scalars().all()


def endpoints(tx: Transaction, until: datetime, most: int) -> Sequence[Row[UUID, UUID, datetime]]:
    """(workspace, endpoint, when) of those that are due something by `until` and in nobody's hands."""
    return tx.session.execute(_ENDPOINTS, {"until": until, "now": tx.now, "most": most}).all()


def oldest(tx: Transaction) -> datetime | None:
    """Since when the event that waits longest has waited."""
    found: datetime | None = tx.session.execute(_OLDEST).scalar_one()
    return found
