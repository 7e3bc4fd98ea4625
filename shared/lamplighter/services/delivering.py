"""An endpoint in one worker's hands: take what it is due, send it, write down what came of it, let go.

One worker at a time is at an endpoint, under a lease and a fence: a slow endpoint holds up one worker, and
all that people change about it waits for short transactions only.
"""

import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Row, func, literal_column, select, update

from lamplighter import egress
from lamplighter.domain.webhooks import GONE, admitted, used, wait_after
from lamplighter.ids import new_id
from lamplighter.postgres.models import Webhook, WebhookDelivery, Workspace
from lamplighter.postgres.queries import deliveries
from lamplighter.postgres.session import Transaction
from lamplighter.services import sealing
from lamplighter.services.delivery_wakes import DeliveryWake
from lamplighter.services.posting import Due, Posted, Sender, posted
from lamplighter.services.rows import owned

LEASE = timedelta(seconds=90)
"""Above deliver_webhook's timeout, so that a live worker never loses an endpoint."""
BATCH = 500
IN_FLIGHT, IN_FLIGHT_FAILING = 16, 4
"""Requests to one endpoint at the same time; fewer to one that fails."""
PATIENCE = 10.0
"""Seconds into a batch after which nothing more of it is begun."""
NEAR = timedelta(seconds=120)
"""What falls due so soon is woken by whoever lets go; the rest by the sweep."""
FRESH = timedelta(seconds=10)
"""What has been due for no longer may have come while the rate was used up: nobody is woken for it yet."""
_FORMER_LEASE = literal_column("old.lease_until", DateTime(timezone=True)).label("former_lease")


@dataclass(frozen=True, slots=True)
class Held:
    """An endpoint under a lease, good as long as its row has this fence."""

    workspace_id: UUID
    webhook_id: UUID
    fence: int


@dataclass(frozen=True, slots=True)
class Batch:
    """What an endpoint is due now, and what sending it takes."""

    held: Held
    sender: Sender
    due: Sequence[Due]
    in_flight: int


@dataclass(frozen=True, slots=True)
class LetGo:
    """The endpoint is free; what is to be woken for the rest, if anything."""

    wakes: list[DeliveryWake] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ended:
    """One attempt: which delivery it was of, when it began, and what came of it."""

    due: Due
    at: datetime
    posted: Posted


def hold(tx: Transaction, wake: DeliveryWake) -> Held | None:
    """The endpoint, if nobody else is at it; not_found where the workspace has no such endpoint.

    In one transaction with the first `proceed`: a lease that has run out is that of a worker that died with
    deliveries in its hands, and the log says so.
    """
    assert wake.webhook_id is not None  # noqa: S101  # the handler has looked
    free = (Webhook.lease_until.is_(None)) | (Webhook.lease_until <= tx.now)
    mine = (Webhook.workspace_id == wake.workspace_id, Webhook.id == wake.webhook_id)
    taken = (
        update(Webhook)
        .where(*mine, free, Webhook.deleted_at.is_(None))
        .values(fence=Webhook.fence + 1, lease_until=tx.now + LEASE)
        .returning(Webhook.fence, Webhook.rate_per_minute, Webhook.tat, _FORMER_LEASE)
    )
    row = tx.session.execute(taken).one_or_none()
    if row is None:
        owned(tx, Webhook, wake.workspace_id, wake.webhook_id)
        return None
    if row.former_lease is not None:
        began = row.former_lease - LEASE
        most = BATCH if row.rate_per_minute is None else used(row.rate_per_minute, row.tat, began)
        deliveries.lose(tx, wake.workspace_id, wake.webhook_id, began, min(BATCH, most))
    return Held(wake.workspace_id, wake.webhook_id, row.fence)


def proceed(tx: Transaction, held: Held, ended: Sequence[Ended], *, has_time: bool) -> Batch | LetGo:
    """Write down what was tried, and take what is due next; or let go, and nothing that falls due meanwhile
    is lost: whoever adds a delivery holds the endpoint's row too, so it is seen here, or its wake-up finds
    the endpoint free. A worker whose fence has passed changes nothing."""
    row = _row(tx, held)
    if row is None:
        return LetGo()
    if ended:
        deliveries.record(tx, held.workspace_id, [_written(tx, each) for each in ended])
    failing = _health(tx, held, row, ended)
    if has_time and not (ended and failing):
        limit, used_until = admitted(BATCH, row.rate_per_minute, row.tat, tx.now)
        rows = deliveries.due(tx, held.workspace_id, held.webhook_id, limit)
        due = [Due(**each._mapping) for each in rows]
        if due:
            if row.rate_per_minute is not None:
                _, used_until = admitted(len(due), row.rate_per_minute, row.tat, tx.now)
            _set(tx, held, lease_until=tx.now + LEASE, tat=used_until)
            in_flight = IN_FLIGHT_FAILING if failing else IN_FLIGHT
            return Batch(held, _sender(tx, row), due, in_flight)
    _set(tx, held, lease_until=None)
    return LetGo(_rest(tx, held, row, has_sent=bool(ended)))


def send(batch: Batch, now: datetime, began: float) -> list[Ended]:
    """Send what is due, several at a time; its sender is open. `now` was the database's clock when
    time.monotonic() was `began`. No transaction may be open. What was not begun within PATIENCE is left out,
    and still due."""

    def one(due: Due) -> egress.Steps[Ended | None]:
        since = time.monotonic() - began
        if since > PATIENCE:
            return None
        return Ended(due, now + timedelta(seconds=since), (yield from posted(batch.sender, due)))

    ended = egress.together((one(due) for due in batch.due), batch.in_flight)
    return [each for each in ended if each is not None]


def let_go(tx: Transaction, held: Held) -> None:
    """Free the endpoint of whoever holds it and has sent nothing of the batch."""
    _set(tx, held, lease_until=None)


def is_gone(ended: Sequence[Ended]) -> bool:
    """Whether the endpoint has said that it is no more."""
    return any(each.posted.answer.status == GONE for each in ended)


def _row(tx: Transaction, held: Held) -> Row[Any] | None:
    table = Webhook.__table__
    mine = (table.c.workspace_id == held.workspace_id, table.c.id == held.webhook_id)
    statement = (
        select(*table.c, Workspace.organization_id)
        .join(Workspace, Workspace.id == table.c.workspace_id)
        .where(*mine, table.c.fence == held.fence)
        .with_for_update(of=Webhook, key_share=True)
    )
    found: Row[Any] | None = tx.session.execute(statement).one_or_none()  # type: ignore[assignment]  # all columns
    return found


def _sender(tx: Transaction, row: Row[Any]) -> Sender:
    previous = row.previous_secret
    if row.previous_secret_expires_at is not None and row.previous_secret_expires_at <= tx.now:
        previous = None
    return Sender(
        webhook_id=row.id,
        url=row.url,
        secret=row.secret,
        previous_secret=previous,
        headers=row.headers_secret,
        keyring=sealing.keyring(tx, row.workspace_id),
    )


def _written(tx: Transaction, ended: Ended) -> dict[str, Any]:
    """The attempt, and what becomes of its delivery."""
    answer, due = ended.posted.answer, ended.due
    made = due.attempts - due.attempts_before + 1
    wait = None if answer.is_success else wait_after(made, answer, random.random())  # noqa: S311  # jitter
    status = "delivered" if answer.is_success else "pending" if wait is not None else "failed"
    return {
        "id": str(due.id),
        "turn": due.turn,
        "status": status,
        "next_at": None if wait is None else (tx.now + wait).isoformat(),
        "code": answer.code,
        "attempt_id": str(new_id()),
        "at": ended.at.isoformat(),
        "duration_ms": ended.posted.duration_ms,
        "status_code": answer.status,
        "response": ended.posted.response,
        "manual": due.manual,
    }


def _health(tx: Transaction, held: Held, row: Row[Any], ended: Sequence[Ended]) -> bool:
    """Whether the endpoint answers with nothing but failures, written down where that has changed."""
    failed = [each for each in ended if not each.posted.answer.is_success]
    if len(failed) < len(ended):
        if row.failing_since is not None:
            _set(tx, held, failing_since=None, failures=0, warned_at=None)
        return False
    if failed:
        since = row.failing_since or min(each.at for each in failed)
        _set(tx, held, failing_since=since, failures=Webhook.failures + len(failed))
    return bool(failed) or row.failing_since is not None


def _rest(tx: Transaction, held: Held, row: Row[Any], *, has_sent: bool) -> list[DeliveryWake]:
    """The wake-up for what falls due soon. Who was woken and had nothing to send adds none to the one that is
    on its way already, or every sweep would begin a chain of wake-ups that never ends."""
    due_at = tx.session.scalar(
        select(func.min(WebhookDelivery.next_attempt_at)).where(
            WebhookDelivery.workspace_id == held.workspace_id,
            WebhookDelivery.webhook_id == held.webhook_id,
            WebhookDelivery.status == "pending",
        )
    )
    if due_at is None or due_at > tx.now + NEAR:
        return []
    at = max(due_at, row.tat or due_at) if row.rate_per_minute else due_at
    if not has_sent and at > tx.now and not tx.now - FRESH < due_at <= tx.now:
        return []
    seconds = max(0.0, (at - tx.now).total_seconds())
    return [DeliveryWake(held.workspace_id, held.webhook_id, min(900, -int(-seconds // 1)))]


def _set(tx: Transaction, held: Held, **changes: Any) -> None:
    mine = (Webhook.workspace_id == held.workspace_id, Webhook.id == held.webhook_id)
    tx.session.execute(
        update(Webhook).where(*mine, Webhook.fence == held.fence).values(**changes),
        execution_options={"synchronize_session": False},
    )
