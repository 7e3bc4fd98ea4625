"""Content and what is scheduled of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http
from tests.integration.publishing.conftest import Desk, desk

__all__ = ["desk"]

SOON = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Writer:
    """Somebody who writes, schedules and changes their mind."""

    desk: Desk
    behind: psycopg.Connection[Any]

    @property
    def http(self) -> Http:
        return self.desk.http

    def change(self, content_id: str, body: Any, *, by: Http | None = None, etag: str = "") -> Answer:
        """PATCH with the ETag of what is there now."""
        path = f"/content/{content_id}"
        match = etag or self.http.get(path).headers["etag"]
        return (by or self.http).call("PATCH", path, body, headers={"if-match": match})

    def read(self, content_id: str) -> Any:
        return self.http.get(f"/content/{content_id}").json

    def prints(self, publication: Any) -> Mapping[str, str]:
        """The fingerprints of a publication's posts, by connection."""
        query = "SELECT connection_id::text, fingerprint FROM publication_platforms WHERE publication_id = %s"
        return dict(self.behind.execute(query, [publication["id"]]).fetchall())

    def becomes(self, publication: Any, status: str) -> None:
        """Of all its accounts, as if a worker or a person had seen to it."""
        query = "UPDATE publication_platforms SET status = %s WHERE publication_id = %s"
        self.behind.execute(query, [status, publication["id"]])

    def logged(self) -> list[Any]:
        """What the audit log says of each change, the oldest first: (before, after)."""
        query = "SELECT before, after FROM audit_log WHERE workspace_id = %s AND action = %s ORDER BY id"
        return self.behind.execute(query, [self.http.workspace_id, "content.updated"]).fetchall()

    def events(self) -> list[Any]:
        """What was told of each change beside how the content is now, the oldest first."""
        query = (
            "SELECT payload - 'content' FROM outbox_events WHERE workspace_id = %s AND type = %s ORDER BY id"
        )
        rows = self.behind.execute(query, [self.http.workspace_id, "content.updated"]).fetchall()
        return [payload for (payload,) in rows]

    def limited_to(self, *connections: str) -> Http:
        """A key for these accounts alone."""
        permissions = ["content:write", "publications:write"]
        body = {"name": "limited", "permissions": permissions, "connection_ids": list(connections)}
        return Http(self.http.workspace_id, self.http.post("/api-keys", body).json["key"])


@pytest.fixture
def writer(desk: Desk, aws: Cloud, network: FakeNetwork, superuser: psycopg.Connection[Any]) -> Writer:
    """In the test's own tenant."""
    return Writer(desk, superuser)


def faults(answer: Answer) -> list[tuple[str, str]]:
    """Where and how a request was wrong."""
    return [(fault["pointer"], fault["code"]) for fault in answer.json["errors"]]
