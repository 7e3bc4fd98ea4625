"""What people ask of deliveries: one again, a range of events again, a test."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.access import Caller
from lamplighter.domain.webhooks import names, wants
from lamplighter.postgres.base import Base
from lamplighter.postgres.models import Event, Webhook, WebhookDelivery
from lamplighter.postgres.queries import events
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid, not_found
from lamplighter.schemas.webhooks import Replay
from lamplighter.services import audit, delivery_wakes
from lamplighter.services.fan_out import delivery_of, envelope, told, wanted_by
from lamplighter.services.rows import owned

MOST_REPLAYED = 10_000
"""Events to a replay."""
_BATCH = 1000
_DELIVERIES = Base.metadata.tables[WebhookDelivery.__tablename__]


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many events of the range the endpoint wants; where it was no dry run, as many are on their way."""

    count: int
    dry_run: bool


def retried(tx: Transaction, by: Caller, webhook_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """The delivery, due now by somebody's wish: its next attempt takes the next number, and the place of the
    automatic one. One that is under way decides nothing any more."""
    webhook = living(tx, by, webhook_id)
    _must_be_active(webhook)
    mine = (
        WebhookDelivery.workspace_id == by.workspace_id,
        WebhookDelivery.webhook_id == webhook_id,
        WebhookDelivery.id == delivery_id,
    )
    row = tx.session.scalars(
        select(WebhookDelivery).where(*mine).with_for_update(),
        execution_options={"populate_existing": True},
    ).one_or_none()
    if row is None:
        raise not_found()
    before = {"status": row.status, "attempts": row.attempts}
    row.status, row.manual, row.turn = "pending", True, row.turn + 1
    row.next_attempt_at, row.finished_at = tx.now, None
    tx.session.flush()
    target = ("webhook_delivery", row.id)
    audit.record(tx, by, "webhook_delivery.retried", target, before=before, after={"status": "pending"})
    delivery_wakes.note(by.workspace_id, webhook_id)
    return row


def replayed(tx: Transaction, by: Caller, webhook_id: UUID, body: Replay) -> Replayed:
    """Every event of the range that the endpoint wants now, told again under the id that it was told under:
    as a new delivery, or its former one with its schedule begun anew."""
    if body.since >= body.until:
        raise invalid("/until", "empty_range", "`until` must be later than `since`.")
    webhook = living(tx, by, webhook_id)
    if not body.dry_run:
        _must_be_active(webhook)
    endpoint, only = wanted_by(webhook), body.events
    rows = [
        row
        for row in _between(tx, by, (body.since, body.until))
        if wants(endpoint, told(row)) and (only is None or any(names(each, row.type) for each in only))
    ]
    if body.dry_run:
        return Replayed(len(rows), dry_run=True)
    _told_again(tx, webhook, rows)
    after = {"since": body.since, "until": body.until, "count": len(rows)}
    audit.record(tx, by, "webhook.replayed", ("webhook", webhook_id), after=after)
    delivery_wakes.note(by.workspace_id, webhook_id)
    return Replayed(len(rows), dry_run=False)


def tested(tx: Transaction, by: Caller, webhook_id: UUID) -> WebhookDelivery:
    """A delivery of a `webhook.test` to this endpoint alone, whatever it listens to and even while it is
    disabled."""
    webhook = living(tx, by, webhook_id)
    event_id = events.tell_one(tx, by.workspace_id, "webhook.test", webhook_id)
    event = owned(tx, Event, by.workspace_id, event_id)
    values = delivery_of(webhook_id, by.workspace_id, event.id, "webhook.test", tx.now)
    row = WebhookDelivery(**values, payload=envelope(event))
    tx.session.add(row)
    tx.session.flush()
    audit.record(tx, by, "webhook.tested", ("webhook", webhook.id), after={"delivery_id": row.id})
    delivery_wakes.note(by.workspace_id, webhook_id)
    return row


def living(tx: Transaction, by: Caller, webhook_id: UUID) -> Webhook:
    """The endpoint, held so that it is not disabled meanwhile; not_found where it was deleted, and for a test
    key where it is told of what is live."""
    statement = select(Webhook).where(
        Webhook.workspace_id == by.workspace_id, Webhook.id == webhook_id, Webhook.deleted_at.is_(None)
    )
    held = statement.with_for_update(read=True)
    row = tx.session.scalars(held, execution_options={"populate_existing": True}).one_or_none()
    if row is None or (by.mode == "test" and row.mode != "test"):
        raise not_found()
    return row


def _must_be_active(webhook: Webhook) -> None:
    if webhook.status != "active":
        raise DomainError(Kind.CONFLICT, "webhook_disabled", "The endpoint is disabled: enable it first.")


def _between(tx: Transaction, by: Caller, span: tuple[datetime, datetime]) -> Sequence[Event]:
    since, until = span
    statement = (
        select(Event)
        .where(
            Event.workspace_id == by.workspace_id,
            Event.created_at >= since,
            Event.created_at < until,
            Event.type != "webhook.test",
        )
        .order_by(Event.created_at, Event.id)
        .limit(MOST_REPLAYED + 1)
    )
    found = tx.session.scalars(statement).all()
    if len(found) > MOST_REPLAYED:
        detail = f"The range holds more than {MOST_REPLAYED} events: take a shorter one."
        raise DomainError(Kind.INVALID, "range_too_large", detail)
    return found


def _told_again(tx: Transaction, webhook: Webhook, rows: Sequence[Event]) -> None:
    """Each as a new delivery, or its former one begun anew; what is told to one more endpoint counts it."""
    values = [
        delivery_of(webhook.id, row.workspace_id, row.id, row.type, tx.now) | {"payload": envelope(row)}
        for row in rows
    ]
    again = {
        "status": "pending",
        "attempts_before": _DELIVERIES.c.attempts,
        "turn": _DELIVERIES.c.turn + 1,
        "manual": False,
        "next_attempt_at": tx.now,
        "finished_at": None,
    }
    # The table and not the model, and not the rows in its text: ten thousand must fit into a request.
    made = insert(_DELIVERIES).on_conflict_do_update(index_elements=["webhook_id", "event_id"], set_=again)
    ids = {value["id"] for value in values}
    for some in batched(values, _BATCH, strict=False):
        returned = made.returning(_DELIVERIES.c.id, _DELIVERIES.c.event_id)
        written = tx.session.execute(returned, list(some)).all()
        added = [event_id for id_, event_id in written if id_ in ids]
        counted = update(Event).where(Event.workspace_id == webhook.workspace_id, Event.id.in_(added))
        tx.session.execute(
            counted.values(endpoints=Event.endpoints + 1),
            execution_options={"synchronize_session": False},
        )
