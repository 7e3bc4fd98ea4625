"""Endpoints, events and the worker that brings them together."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from lamplighter import egress
from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.postgres.models import Event, OutboxEvent, Webhook, WebhookAttempt, WebhookDelivery
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import delivery_wakes, outbox, sealing
from lamplighter.settings import settings
from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http, handler_of, lambda_context, logged_in
from tests.integration.publishing.conftest import Desk
from tests.integration.webhooks.receiver import Receiver, Reply

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes, so").decode()
TICK = {"source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}
SECONDS = 60


@dataclass
class Switchboard:
    """A tenant with endpoints on receivers of the test's own; time passes when it says so."""

    http: Http
    aws: Cloud
    monkeypatch: pytest.MonkeyPatch
    stack: ExitStack
    passed: timedelta = field(default_factory=timedelta)

    @property
    def workspace_id(self) -> UUID:
        return UUID(self.http.workspace_id)

    def receiver(self, *replies: Reply, **more: Any) -> Receiver:
        """A new one that answers so."""
        made = self.stack.enter_context(Receiver(list(replies), **more).running())
        known = settings().egress_allow
        self.monkeypatch.setenv("EGRESS_ALLOW", f"{known},{made.address}" if known else made.address)
        settings.cache_clear()
        return made

    def endpoint(self, to: Receiver | str, **columns: Any) -> UUID:
        """An active endpoint that wants everything, unless told otherwise."""
        row_id = new_id()
        with transaction(self.workspace_id) as tx:
            ring = sealing.keyring(tx, self.workspace_id)
        values = {
            "url": to if isinstance(to, str) else to.url,
            "secret": ring.seal("webhooks.secret", row_id, SECRET),
            "events": ["*"],
            **columns,
        }
        with transaction(self.workspace_id) as tx:
            tx.session.add(Webhook(id=row_id, workspace_id=self.workspace_id, **values))
        return row_id

    def happens(self, event_type: str = "member.added", count: int = 1) -> list[UUID]:
        """So many events, each about another resource; their resources."""
        ids = [new_id() for _ in range(count)]
        with transaction(self.workspace_id) as tx:
            payloads = [{"user_id": str(each), "role": "editor"} for each in ids]
            outbox.emit_each(tx, self.workspace_id, event_type, payloads)
        delivery_wakes.send_noted()
        return ids

    def woken(self) -> list[dict[str, Any]]:
        """What waits on the delivery queue for this tenant, whatever its delay."""
        found = self.aws.waiting("DELIVERY_QUEUE_URL")
        return [each for each in found if each["workspace_id"] == self.http.workspace_id]

    def run(self, *messages: dict[str, Any]) -> Any:
        """Have these worked off."""
        records = [{"messageId": str(n), "body": json.dumps(each)} for n, each in enumerate(messages)]
        with logged_in("deliver_webhook"):
            return handler_of("deliver_webhook")({"Records": records}, lambda_context(SECONDS))

    def settle(self) -> None:
        """Work off what is woken until nothing is."""
        while messages := self.woken():
            assert self.run(*messages) == {"batchItemFailures": []}

    def tick(self) -> int:
        """The sweep of every minute."""
        with logged_in("relay_outbox"):
            return int(handler_of("relay_outbox")(TICK, lambda_context())["woken"])

    def later(self, by: timedelta) -> None:
        """Let time pass."""
        self.passed += by
        move_clock(self.passed)

    def sweep(self) -> None:
        """A tick, and what it wakes."""
        self.tick()
        self.settle()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.passed

    def webhook(self, webhook_id: UUID) -> Webhook:
        with transaction(self.workspace_id) as tx:
            return tx.session.get_one(Webhook, webhook_id)

    def deliveries(self, webhook_id: UUID | None = None) -> list[WebhookDelivery]:
        statement = select(WebhookDelivery).order_by(WebhookDelivery.created_at, WebhookDelivery.id)
        if webhook_id is not None:
            statement = statement.where(WebhookDelivery.webhook_id == webhook_id)
        with transaction(self.workspace_id) as tx:
            return list(tx.session.scalars(statement))

    def attempts(self, delivery: WebhookDelivery) -> list[WebhookAttempt]:
        statement = select(WebhookAttempt).where(WebhookAttempt.delivery_id == delivery.id)
        with transaction(self.workspace_id) as tx:
            return list(tx.session.scalars(statement.order_by(WebhookAttempt.number)))

    def events(self) -> list[Event]:
        with transaction(self.workspace_id) as tx:
            return list(tx.session.scalars(select(Event).order_by(Event.id)))

    def in_outbox(self) -> int:
        with transaction(self.workspace_id) as tx:
            return tx.session.scalar(select(func.count()).select_from(OutboxEvent)) or 0

    def caller(self) -> Caller:
        """Somebody of the tenant's, for what services ask."""
        with transaction(self.workspace_id) as tx:
            found = tx.session.connection().exec_driver_sql("SELECT id, organization_id FROM workspaces")
            workspace_id, organization_id = found.one()
        permissions = frozenset({"webhooks:write"})
        return Caller(
            id=new_id(),
            kind="api_key",
            permissions=permissions,
            workspace_id=workspace_id,
            organization_id=organization_id,
        )


@pytest.fixture
def board(http: Http, aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Switchboard]:
    """A tenant of the test's own."""
    with ExitStack() as stack:
        made = Switchboard(http, aws, monkeypatch, stack)
        yield made
    move_clock(None)
    egress.close_idle()
    aws.waiting("DELIVERY_QUEUE_URL")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> Callable[[float], None]:
    """Have requests to receivers time out after so many seconds."""

    def shorten(seconds: float) -> None:
        monkeypatch.setattr(egress, "WEBHOOK", egress.Purpose(seconds=seconds, max_bytes=20_000, cut=True))

    return shorten


@pytest.fixture
def desk(http: Http, aws: Cloud, network: FakeNetwork) -> Desk:
    """The same tenant's accounts on the fake network."""
    return Desk(http, aws)
