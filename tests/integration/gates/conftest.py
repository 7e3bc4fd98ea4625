"""An account whose network misbehaves, and what its gate makes of it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import select

from lamplighter.postgres.models import Dispatch
from lamplighter.postgres.session import move_clock, transaction
from tests.integration.http import Http
from tests.integration.publishing.conftest import Desk, Message, desk, tick

__all__ = ["desk", "tick"]

_NUMBERS = count(1)
type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a tenant's, seen from before and from behind."""

    desk: Desk
    behind: psycopg.Connection[Any]
    id: str

    def of(self, http: Http) -> "Account":
        """The same for another caller."""
        return replace(self, desk=replace(self.desk, http=http))

    def post(self, **more: Any) -> str:
        """Schedule a text that is like no other, for now unless told; the id of its publication."""
        content = self.desk.content(f"Lamp number {next(_NUMBERS)}", **more.pop("content", {}))
        answer = self.desk.publication(self.id, content_id=content, **more)
        assert answer.status == 201, answer.json
        return str(answer.json["id"])

    def read(self, publication_id: str) -> Row:
        """The publication's one platform row, as the API shows it."""
        [row] = self.desk.http.get(f"/publications/{publication_id}").json["platforms"]
        return dict(row)

    def work(self, publication_id: str, later: timedelta = timedelta(0)) -> None:
        """Hand the publication's wake-up to a worker, whose clock is ahead by `later`."""
        messages = [self.message(publication_id)]
        assert self.desk.work_later(later, messages) == {"batchItemFailures": []}

    def message(self, publication_id: str) -> Message:
        """The wake-up that the publication's dispatch row stands for."""
        row_id = UUID(self.read(publication_id)["id"])
        with transaction(self.desk.workspace_id) as tx:
            row = tx.session.scalars(select(Dispatch).where(Dispatch.publication_platform_id == row_id)).one()
            ids = {"workspace_id": str(row.workspace_id), "publication_platform_id": str(row_id)}
            return {**ids, "fence": row.fence, "lane": row.lane}

    def dispatch(self, publication_id: str) -> Row:
        """The row of what is still to be done."""
        return self._one(
            "SELECT d.* FROM dispatches d JOIN publication_platforms p ON p.id = d.publication_platform_id"
            " WHERE p.publication_id = %s",
            publication_id,
        )

    def make_due(self) -> None:
        """Whatever was put off is due now."""
        self.behind.execute(
            "UPDATE dispatches SET due_at = now() WHERE workspace_id = %s", [self.desk.http.workspace_id]
        )

    def gate(self) -> Row | None:
        """The account's gate, if it has one."""
        query = "SELECT * FROM connection_gates WHERE connection_id = %s"
        with self.behind.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(query, [self.id]).fetchone()

    def attempts(self) -> list[str]:
        """The states of all attempts at the workspace's posts, in their order."""
        query = "SELECT status FROM publication_attempts WHERE workspace_id = %s ORDER BY id"
        return [row[0] for row in self.behind.execute(query, [self.desk.http.workspace_id])]

    def set_gate(self, **values: Any) -> None:
        """Put the gate into a state."""
        names, places = ", ".join(values), ", ".join(["%s"] * len(values))
        self.behind.execute(
            f"INSERT INTO connection_gates (workspace_id, connection_id, {names})"  # noqa: S608  # our own words
            f" VALUES (%s, %s, {places})",
            [self.desk.http.workspace_id, self.id, *values.values()],
        )

    def cap(self, daily: int | None) -> None:
        """Cap the account."""
        version = self.desk.http.get(f"/connections/{self.id}").json["version"]
        headers = {"if-match": f'"{version}"'}
        answer = self.desk.http.call(
            "PATCH", f"/connections/{self.id}", {"daily_cap": daily}, headers=headers
        )
        assert answer.status == 200

    def _one(self, query: str, *values: Any) -> Row:
        with self.behind.cursor(row_factory=dict_row) as cursor:
            row = cursor.execute(query, values).fetchone()
        assert row is not None
        return row


@pytest.fixture
def account(desk: Desk, superuser: psycopg.Connection[Any]) -> Account:
    """An account on the fake network."""
    return Account(desk, superuser, desk.connection())


@pytest.fixture
def another(desk: Desk, superuser: psycopg.Connection[Any]) -> Account:
    """Another account of the same tenant there."""
    return Account(desk, superuser, desk.connection("another"))


@pytest.fixture
def no_work(empty_dispatches: None) -> None:
    """Other tests' work is out of the way: a tick claims across tenants."""


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    move_clock(None)


type Tick = Callable[[], Any]
