"""A tenant with queues, on a Monday morning."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest

from lamplighter.postgres.session import move_clock, transaction
from tests import factories
from tests.integration.http import Answer, Http
from tests.integration.people.conftest import office
from tests.integration.publishing.conftest import Desk, desk

__all__ = ["desk", "office"]

MONDAY = datetime(2027, 3, 1, 6, 30, tzinfo=UTC)
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
_NUMBERS = count(1)


@dataclass(frozen=True, slots=True)
class Planner:
    """Somebody with queues."""

    desk: Desk
    behind: psycopg.Connection[Any]

    @property
    def http(self) -> Http:
        return self.desk.http

    def by(self, http: Http) -> "Planner":
        """The same tenant, called by somebody else."""
        return replace(self, desk=replace(self.desk, http=http))

    def plan(self, connection: str | None = None, *times: str, **more: Any) -> Any:
        """A plan with these times on every day, in UTC unless another zone is named."""
        answer = self.ask_plan(connection, *times, **more)
        assert answer.status == 201, answer.body
        return answer.json

    def ask_plan(self, connection: str | None, *times: str, **more: Any) -> Answer:
        weekly = {day: list(times) for day in DAYS}
        body = {"connection_id": connection, "timezone": "UTC", "weekly": weekly, **more}
        return self.http.post("/slot-plans", body)

    def account(self) -> str:
        """A new account."""
        return self.desk.connection(f"lamp{next(_NUMBERS)}")

    def ask(self, *connections: str, when: str = "next-free-slot", **more: Any) -> Answer:
        """Schedule a text of its own."""
        content = more.pop("content_id", None) or self.desk.content(f"Good evening {next(_NUMBERS)}")
        body = {"content_id": content, "connection_ids": list(connections), "scheduled_at": when}
        return self.http.post("/publications", {**body, **more})

    def queue(self, *connections: str, **more: Any) -> Any:
        """The publication that is made."""
        answer = self.ask(*connections, **more)
        assert answer.status == 201, answer.body
        return answer.json

    def slots(self, *connections: str, limit: int = 3) -> Any:
        query = "&".join(f"connection_id={each}" for each in connections)
        answer = self.http.get(f"/slots/free?{query}&limit={limit}")
        assert answer.status == 200, answer.body
        return answer.json["items"]

    def change(self, publication: Any, body: Any) -> Answer:
        """PATCH with the version that stands."""
        path = f"/publications/{publication['id']}"
        etag = self.http.get(path).headers["etag"]
        return self.http.call("PATCH", path, body, headers={"if-match": etag})

    def reshuffle(self, plan: Any, **more: Any) -> Answer:
        return self.http.post("/slots/reshuffle", {"slot_plan_id": plan["id"], **more})

    def times(self, *publications: Any) -> list[str]:
        """When each goes out, as it stands now: "day hour:minute"."""
        return [short(self.desk.read(each)["scheduled_at"]) for each in publications]

    def becomes(self, publication: Any, status: str) -> None:
        """Of all its accounts, as if a worker had seen to it."""
        query = "UPDATE publication_platforms SET status = %s WHERE publication_id = %s"
        self.behind.execute(query, [status, publication["id"]])

    def rule(self, account: str, *times: str, **rule: Any) -> UUID:
        """A daily one for the account, of whose occurrences the ledger has none yet."""
        config = {"timezone": "UTC", "starts_at": "2027-01-01T00:00", "times": list(times)}
        with transaction(self.desk.workspace_id) as tx:
            made = factories.make_recurring_post(tx.session, schedule_config=config, **rule)
            rule_id = made.id
        self.behind.execute(
            "INSERT INTO recurring_post_connections VALUES (%s, %s, %s)",
            [self.desk.workspace_id, rule_id, account],
        )
        return rule_id

    def written(self, rule_id: UUID, at: datetime, status: str = "planned", hours: int = 0) -> None:
        """The rule's occurrence of a time in UTC is in the ledger, moved by some hours."""
        self.behind.execute(
            "INSERT INTO recurring_occurrences"
            " (workspace_id, recurring_post_id, local_time, fold, due_at, status)"
            " VALUES (%s, %s, %s, 0, %s, %s)",
            [
                self.desk.workspace_id,
                rule_id,
                at.replace(tzinfo=None),
                at + timedelta(hours=hours),
                status,
            ],
        )


def short(at: str) -> str:
    """Day, hour and minute of a time."""
    return f"{datetime.fromisoformat(at):%d %H:%M}"


@pytest.fixture
def planner(desk: Desk, superuser: psycopg.Connection[Any]) -> Iterator[Planner]:
    """In the test's own tenant, on a Monday at half past six; nobody hurries them."""
    superuser.execute(
        "UPDATE organizations SET plan_id = 'unlimited' WHERE id ="
        " (SELECT organization_id FROM workspaces WHERE id = %s)",
        [desk.http.workspace_id],
    )
    move_clock(MONDAY - datetime.now(UTC))
    yield Planner(desk, superuser)
    move_clock(timedelta())
