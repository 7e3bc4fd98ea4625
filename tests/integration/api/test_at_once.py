"""Two requests that want the same thing at once: one of them waits, and neither breaks."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from sqlalchemy import text

from infra.local.first_workspace import FirstWorkspace
from lamplighter.clients.keys import new_data_key
from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.platforms.base import Account, Credentials
from lamplighter.postgres.session import Transaction, transaction
from lamplighter.schemas.workspaces import WorkspaceCreate
from lamplighter.services import connections, publication_moves, sealing, workspaces
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Answer, Http
from tests.integration.publishing.conftest import Desk, desk

__all__ = ["desk"]

type Waiting = Callable[[Callable[[], Answer]], Future[Answer]]


@pytest.fixture
def waiting(superuser: psycopg.Connection[Any]) -> Any:
    """Begin a request that comes to wait for a lock; returns once it waits."""
    with ThreadPoolExecutor(1) as pool:

        def begin(request: Callable[[], Answer]) -> Future[Answer]:
            begun = pool.submit(request)
            blocked = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
            query = f"{blocked} AND datname = current_database()"
            until = time.monotonic() + 4
            while not superuser.execute(query).fetchone():
                assert not begun.done(), begun.result()
                assert time.monotonic() < until, "the request waits for nothing"
                time.sleep(0.01)
            return begun

        yield begin


def test_the_same_account_connected_twice_at_once_is_one_connection(
    http: Http, first: FirstWorkspace, waiting: Waiting, monkeypatch: pytest.MonkeyPatch
):
    def account(token: str) -> Account:
        return Account("sandbox", "lamp-1", "lamp", "http://sandbox.example", Credentials(token))

    with transaction(first.workspace_id) as tx:
        keyring = sealing.keyring(tx, first.workspace_id).ready()
    caller = Caller(
        kind="api_key", id=uuid4(), workspace_id=first.workspace_id, organization_id=first.organization_id
    )
    monkeypatch.setattr(connections, "opened", lambda _body: account("second"))
    body = {"platform": "sandbox", "credentials": {}}
    with transaction(first.workspace_id) as tx:
        one = connections.save(tx, caller, account("first"), keyring)
        request = waiting(lambda: http.post("/connections", body))
    two = request.result()
    assert (two.status, two.json["id"], two.json["version"]) == (201, str(one.id), 2)
    with transaction(first.workspace_id) as tx:
        row = connections.get(tx, caller, one.id)
    opened = connections.unsealed_tokens(keyring, row.id, row.access_token, row.refresh_token)
    assert opened.access_token == "second"


def test_a_slug_asked_for_twice_at_once_is_given_once(http: Http, waiting: Waiting):
    organization_id = UUID(http.get(f"/v1/workspaces/{http.workspace_id}").json["organization_id"])
    body, workspace_id = WorkspaceCreate(name="Second", slug="second"), new_id()
    data_key = new_data_key(workspace_id)
    with transaction(workspace_id, organization_id=organization_id) as tx:
        workspaces.create(tx, organization_id, workspace_id, body, data_key)
        request = waiting(
            lambda: http.post(f"/v1/organizations/{organization_id}/workspaces", body.model_dump())
        )
    answer = request.result()
    assert (answer.status, answer.json["code"]) == (409, "slug_taken")
    assert answer.json["errors"][0]["pointer"] == "/slug"


def test_who_waits_too_long_is_told_to_try_again(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
):
    made = desk.publication(when=timedelta(hours=1)).json
    cancel = publication_moves.cancel

    def impatient(tx: Transaction, *arguments: Any) -> Any:
        tx.session.execute(text("SET LOCAL lock_timeout = '20ms'"))
        return cancel(tx, *arguments)

    monkeypatch.setattr(publication_moves, "cancel", impatient)
    with superuser.transaction():
        superuser.execute("SELECT 1 FROM publications WHERE id = %s FOR UPDATE", [made["id"]])
        answer = desk.http.post(f"/publications/{made['id']}/cancel")
    assert (answer.status, answer.json["code"]) == (503, "busy")
    assert answer.headers["retry-after"] == "1"
    assert desk.http.post(f"/publications/{made['id']}/cancel").json["status"] == "cancelled"


def test_cancelling_takes_its_rows_in_the_order_of_their_ids(
    desk: Desk, superuser: psycopg.Connection[Any], waiting: Waiting
):
    made = desk.publication(desk.connection(), desk.connection(), when=timedelta(hours=1)).json
    low, high = sorted(platform["id"] for platform in made["platforms"])
    row = "FROM dispatches WHERE publication_platform_id = %s"
    superuser.execute(f"CREATE TEMP TABLE again AS SELECT * {row}", [low])
    superuser.execute(f"DELETE {row}", [low])
    superuser.execute("INSERT INTO dispatches SELECT * FROM again")  # now behind the other one in its table
    with superuser.transaction():
        superuser.execute(f"SELECT 1 {row} FOR UPDATE", [low])
        request = waiting(lambda: desk.http.post(f"/publications/{made['id']}/cancel"))
        assert superuser.execute(f"SELECT 1 {row} FOR UPDATE SKIP LOCKED", [high]).fetchone()
    assert request.result().json["status"] == "cancelled"
