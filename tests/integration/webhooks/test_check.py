"""`make check-webhooks`: what it prints and how it ends, where the identity holds and where it does not."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from lamplighter.postgres.models import Webhook
from lamplighter.postgres.session import transaction
from lamplighter.services import webhook_health
from tests.conftest import Database
from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import status

ROOT = Path(__file__).resolve().parents[3]
LINE = re.compile(
    r"emitted x endpoints (\d+) == delivered (\d+) \+ exhausted (\d+) \+ disabled (\d+) \+ pending (\d+)\n"
)
type Superuser = "psycopg.Connection[Any]"

BREAKS = {
    "a delivery is gone": "DELETE FROM webhook_deliveries WHERE id = %(pending)s",
    "one was never made": "UPDATE events SET endpoints = endpoints + 1 WHERE id = %(event)s",
    "one too many": "UPDATE events SET endpoints = endpoints - 1 WHERE id = %(event)s",
    "delivered without an answer": """
        UPDATE webhook_deliveries SET status = 'delivered', next_attempt_at = NULL WHERE id = %(pending)s
    """,
    "answered with a failure only": """
        UPDATE webhook_attempts SET status_code = 500 WHERE delivery_id = %(delivered)s
    """,
    "pending for ever": "UPDATE webhook_deliveries SET next_attempt_at = NULL WHERE id = %(pending)s",
    "ended and due": "UPDATE webhook_deliveries SET next_attempt_at = now() WHERE id = %(exhausted)s",
    "stopped and due": "UPDATE webhook_deliveries SET next_attempt_at = now() WHERE id = %(disabled)s",
}
"""Each of them in a way that another term does not make up for, or in one that only the sum hides."""


@pytest.fixture
def superuser(database: Database) -> Iterator[Superuser]:
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def check(database: Database) -> Callable[[], tuple[int, list[int], str]]:
    """Run the command line: its exit code, the terms of the first line, and what it complains of."""

    def run() -> tuple[int, list[int], str]:
        environ = {**os.environ, "DATABASE_URL": database.url("postgres"), "PYTHONPATH": f"{ROOT / 'shared'}"}
        command = [sys.executable, "-m", "infra.tools.webhook_identity"]
        ended = subprocess.run(
            command, cwd=ROOT, env=environ, timeout=60, check=False, capture_output=True, text=True
        )
        found = LINE.fullmatch(ended.stdout)
        assert found, ended
        return ended.returncode, [int(term) for term in found.groups()], ended.stderr

    return run


@contextmanager
def broken(superuser: Superuser, statement: str, ids: dict[str, Any]) -> Iterator[None]:
    """The database with this done to it, for a while: other tests look at the same one."""
    kept = "webhook_deliveries", "webhook_attempts", "events"
    superuser.execute("SET session_replication_role = replica")
    for table in kept:
        superuser.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM {table}")  # noqa: S608  # of ours
    try:
        assert superuser.execute(statement, ids).rowcount == 1
        yield
    finally:
        for table in kept:
            superuser.execute(f"DELETE FROM {table}")  # noqa: S608
            superuser.execute(f"INSERT INTO {table} SELECT * FROM kept_{table}")  # noqa: S608


@pytest.fixture
def each_kind(board: Switchboard) -> dict[str, Any]:
    """One delivery of each kind, and an event."""
    made = {
        "delivered": board.endpoint(board.receiver(), events=["member.*"]),
        "exhausted": board.endpoint("https://127.0.0.1/", events=["member.*"]),
        "pending": board.endpoint(board.receiver(then=status(500)), events=["member.*"]),
        "disabled": board.endpoint(board.receiver(then=status(500)), events=["member.*"]),
    }
    board.happens()
    board.settle()
    with transaction(board.workspace_id) as tx:
        webhook_health.disable(tx, tx.session.get_one(Webhook, made["disabled"]), "person")
    board.woken()
    found = {kind: board.deliveries(hook)[0].id for kind, hook in made.items()}
    return {**found, "event": board.events()[0].id}


def test_it_holds_and_says_so(
    each_kind: dict[str, Any], check: Callable[[], tuple[int, list[int], str]], board: Switchboard
):
    _, before, _ = check()
    board.happens()
    board.settle()
    code, after, complaint = check()
    assert (code, complaint) == (0, "")
    grown = [new - old for new, old in zip(after, before, strict=True)]
    assert grown == [3, 1, 1, 0, 1]  # the one that was disabled hears of nothing new
    assert all(before[1:])
    assert before[0] == sum(before[1:])


@pytest.mark.parametrize("how", BREAKS)
def test_each_way_to_break_it_is_found(
    each_kind: dict[str, Any],
    check: Callable[[], tuple[int, list[int], str]],
    superuser: Superuser,
    how: str,
):
    with broken(superuser, BREAKS[how], each_kind):
        code, _, complaint = check()
    assert code == 1
    assert re.fullmatch(r"it does not hold: \d+ events and \d+ deliveries are wrong\n", complaint)
    assert "0 events and 0 deliveries" not in complaint
    assert check()[0] == 0


def test_events_about_to_be_removed_are_left_out(
    each_kind: dict[str, Any], check: Callable[[], tuple[int, list[int], str]], superuser: Superuser
):
    _, before, _ = check()
    old = "UPDATE events SET created_at = created_at - %(by)s WHERE id = %(event)s"
    with broken(superuser, old, {"by": timedelta(days=29, hours=1), **each_kind}):
        code, after, _ = check()
    assert code == 0
    assert [a - b for a, b in zip(after, before, strict=True)] == [-4, -1, -1, -1, -1]
