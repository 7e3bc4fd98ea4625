"""Posts and the worker that sends them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from lamplighter.postgres.models import Dispatch
from lamplighter.postgres.session import move_clock, transaction
from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http, handler_of, lambda_context

type Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Desk:
    """A tenant with accounts on the fake network."""

    http: Http
    aws: Cloud

    def connection(self, handle: str = "lamp") -> str:
        """A new account."""
        body = {"platform": "sandbox", "credentials": {"handle": handle}}
        return str(self.http.post("/connections", body).json["id"])

    def content(self, text: str = "Good evening", **more: Any) -> str:
        """A text."""
        return str(self.http.post("/content", {"text": text, **more}).json["id"])

    def publication(self, *connections: str, when: str | timedelta = "now", **more: Any) -> Any:
        """The answer to scheduling a text on the connections, a new one if none is named."""
        at = when if isinstance(when, str) else (datetime.now(UTC) + when).isoformat()
        body = {
            "content_id": more.pop("content_id", None) or self.content(),
            "connection_ids": list(connections) or [self.connection()],
            "scheduled_at": at,
            **more,
        }
        return self.http.post("/publications", body)

    def read(self, publication: Any) -> Any:
        """The publication as it stands now."""
        return self.http.get(f"/publications/{publication['id']}").json

    @property
    def workspace_id(self) -> UUID:
        """The tenant."""
        return UUID(self.http.workspace_id)

    def woken(self) -> list[Message]:
        """What waits in the queue for this tenant; another test's late message is none of ours."""
        return [m for m in self.aws.waiting() if m["workspace_id"] == self.http.workspace_id]

    def due(self) -> list[Message]:
        """What the messages of all work rows say, whether anybody sends them or not."""
        with transaction(self.workspace_id) as tx:
            return [
                {
                    "workspace_id": str(row.workspace_id),
                    "publication_platform_id": str(row.publication_platform_id),
                    "fence": row.fence,
                    "lane": row.lane,
                }
                for row in tx.session.scalars(select(Dispatch))
            ]

    def work_later(self, by: timedelta, messages: list[Message]) -> Any:
        """The same on a clock that is ahead."""
        move_clock(by)
        try:
            return self.work(messages)
        finally:
            move_clock(None)

    def work(self, messages: list[Message]) -> Any:
        """Hand messages to the worker, in one batch; its answer."""
        records = [{"messageId": str(n), "body": json.dumps(m)} for n, m in enumerate(messages)]
        return handler_of("publish_post")({"Records": records}, lambda_context(60))


@pytest.fixture
def desk(http: Http, aws: Cloud, network: FakeNetwork) -> Desk:
    """The test's own tenant; its queue is empty."""
    aws.waiting()
    return Desk(http, aws)


@pytest.fixture
def tick(as_publish_due: Callable[[], Any]) -> Callable[[], Any]:
    """Run publish_due once, with the login of its own."""

    def run() -> Any:
        with as_publish_due():
            return handler_of("publish_due")({}, lambda_context(50))

    return run
