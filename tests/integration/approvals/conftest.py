"""People around one table: who writes, who approves, and a network to post to."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lamplighter.postgres.session import move_clock
from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http, handler_of, lambda_context
from tests.integration.people.conftest import office
from tests.integration.people.office import Office, Someone

__all__ = ["office"]


@dataclass(frozen=True, slots=True)
class Table:
    """A workspace with an editor, an approver and a program."""

    office: Office
    http: Http
    aws: Cloud
    network: FakeNetwork
    editor: Someone
    approver: Someone

    @property
    def base(self) -> str:
        return self.office.workspace

    def configure(self, **settings: Any) -> None:
        """Settings of the workspace."""
        answer = self.office.hire("owner").change(self.base, settings)
        assert answer.status == 200, answer.body

    def connection(self) -> str:
        body = {"platform": "sandbox", "credentials": {"handle": "lamp"}}
        return str(self.http.post("/connections", body).json["id"])

    def content(self, by: Someone | Http, text: str = "Good evening", **more: Any) -> Any:
        answer = by.post(f"{self.base}/content", {"text": text, **more})
        assert answer.status == 201, answer.body
        return answer.json

    def publication(
        self, by: Someone | Http | None = None, when: timedelta | str = timedelta(days=1), **more: Any
    ) -> Any:
        """A publication of new content, by the editor unless somebody else is named."""
        by = by or self.editor
        content = more.pop("content_id", None) or self.content(by)["id"]
        at = when if isinstance(when, str) else (datetime.now(UTC) + when).isoformat()
        body = {"content_id": content, "connection_ids": [self.connection()], "scheduled_at": at, **more}
        answer = by.post(f"{self.base}/publications", body)
        assert answer.status == 201, answer.body
        return answer.json

    def pending(self, by: Someone | Http | None = None, **more: Any) -> Any:
        """The same, and an approval of it is asked for."""
        return self.publication(by, needs_approval=True, **more)

    def path(self, publication: Any) -> str:
        return f"{self.base}/publications/{publication['id']}"

    def decide(self, by: Someone | Http, publication: Any, action: str, **body: Any) -> Answer:
        """As they read it a moment ago."""
        path = self.path(publication)
        etag = self.http.get(path).headers.get("etag", '"1"')
        return by.post(f"{path}/approval/{action}", body, if_match=etag)

    def read(self, publication: Any) -> Any:
        return self.http.get(self.path(publication)).json

    def state(self, publication: Any) -> tuple[str, str | None]:
        found = self.read(publication)
        return found["status"], found["approval_status"]

    def ledger(self, publication: Any) -> list[tuple[str, str, str | None]]:
        """(action, kind of actor, comment) of each step, oldest first."""
        items = self.http.get(f"{self.path(publication)}/approvals").json["items"]
        return [(item["action"], item["actor_kind"], item["comment"]) for item in reversed(items)]

    def edit(self, by: Someone | Http, publication: Any, text: str) -> None:
        """Other words for what is to go out."""
        path = f"{self.base}/content/{publication['content_id']}"
        etag = by.get(path).headers["etag"]
        sent = {"if-match": etag}
        http = by.http if isinstance(by, Someone) else by
        answer = http.call("PATCH", path, {"text": text}, headers=sent)
        assert answer.status == 200, answer.body

    def link(self, publication: Any, by: Someone | Http | None = None, **body: Any) -> Any:
        """A new link to the publication."""
        answer = (by or self.editor).post(f"{self.path(publication)}/approval-links", body)
        assert answer.status == 201, answer.body
        return answer.json

    def events(self) -> list[tuple[str, str]]:
        """Type and reason of each event about approvals, oldest first."""
        query = (
            "SELECT type, payload->>'because' FROM outbox_events WHERE workspace_id = %s"
            " AND payload ? 'because' ORDER BY id"
        )
        return self.office.superuser.execute(query, [self.office.made.workspace_id]).fetchall()

    def due(self) -> list[dict[str, Any]]:
        """A message for each piece of work, whenever it is due."""
        query = "SELECT publication_platform_id, fence FROM dispatches WHERE workspace_id = %s"
        found = self.office.superuser.execute(query, [self.office.made.workspace_id])
        workspace_id = str(self.office.made.workspace_id)
        return [
            {"workspace_id": workspace_id, "publication_platform_id": str(row_id), "fence": fence}
            for row_id, fence in found
        ]

    def work(self, messages: list[dict[str, Any]] | None = None) -> None:
        """Hand what is due, or these messages, to the worker."""
        given = self.due() if messages is None else messages
        records = [{"messageId": str(n), "body": json.dumps(m)} for n, m in enumerate(given)]
        assert handler_of("publish_post")({"Records": records}, lambda_context(60)) == {
            "batchItemFailures": []
        }


@contextmanager
def later(by: timedelta) -> Iterator[None]:
    """Inside, the clock is ahead."""
    move_clock(by)
    try:
        yield
    finally:
        move_clock(None)


class Client:
    """Somebody outside, with nothing but a link."""

    def __init__(self, token: str | None) -> None:
        self.http = Http("", token)

    def view(self) -> Answer:
        return self.http.get("/v1/approval")

    def approve(self, **body: Any) -> Answer:
        return self.decide("approve", body)

    def reject(self, **body: Any) -> Answer:
        return self.decide("reject", body)

    def decide(self, action: str, body: Any) -> Answer:
        """About what the link shows now, unless the body says about what."""
        shown = {"approval_hash": (self.view().json or {}).get("approval_hash") or "0" * 64}
        return self.http.post(f"/v1/approval/{action}", shown | body)


@pytest.fixture
def table(office: Office, http: Http, aws: Cloud, network: FakeNetwork) -> Table:
    """The test's own tenant; nothing limits how fast it asks."""
    plan = "UPDATE organizations SET plan_id = 'unlimited' WHERE id = %s"
    office.superuser.execute(plan, [office.made.organization_id])
    office.superuser.execute("DELETE FROM rate_limits")  # all tests ask from one address
    aws.waiting()
    editor, approver = office.hire("member", "editor"), office.hire("member", "approver")
    return Table(office, http, aws, network, editor, approver)
