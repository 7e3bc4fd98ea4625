"""Replacing data keys: rows sealed anew per second, and workspaces per second where each has few rows.

The real handler with its own login; PostgreSQL and KMS (moto's) are servers on loopback. Every run makes new
keys for all workspaces of one kind and seals all their tokens anew, two texts a row.
"""

import statistics
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg

from functions.rotate_keys.handler import handler
from lamplighter.clients import keys
from lamplighter.ids import new_id
from lamplighter.observability import logger
from lamplighter.postgres.roles import ROTATE_KEYS
from lamplighter.services import rotation
from lamplighter.services.connections import ACCESS_TOKEN, REFRESH_TOKEN
from lamplighter.services.sealing import Keyring
from tests.benchmarks._harness import Database, database, environment, progress, report, table
from tests.integration.cloud import cloud

ROWS = 10_000
SMALL, ROWS_OF_SMALL = 200, 5
BATCHES = (1, 50, 200, 1000)
ROUNDS = 3
TOKEN = "a" * 120
CONTEXT: Any = SimpleNamespace(get_remaining_time_in_millis=lambda: 900_000)


def main() -> None:
    logger().setLevel("ERROR")
    with ExitStack() as stack:
        made = stack.enter_context(database())
        stack.enter_context(environment(stack.enter_context(cloud()).environment))
        with made.connect() as admin:
            admin.execute("SET session_replication_role = replica")  # no parents are needed
            big = _workspace(admin, ROWS)
            rates = _rates(made, admin, big)
            admin.execute("DELETE FROM workspace_keys")
            for _ in progress(range(SMALL), f"{SMALL} small workspaces"):
                _workspace(admin, ROWS_OF_SMALL)
            small = _small(made, admin)
    rows = [(f"{batch}", f"{rates[batch]:,.0f}") for batch in BATCHES]
    table(f"{ROWS:,} rows of one workspace", ("rows a batch", "rows/s"), rows)
    table(f"{SMALL} workspaces of {ROWS_OF_SMALL} rows", ("", "workspaces/s"), [("all", f"{small:,.1f}")])
    figures = {"rows_per_second": {str(batch): round(rate) for batch, rate in rates.items()}}
    report("rotation", {**figures, "workspaces_per_second": round(small, 1), "batch": rotation.BATCH})


def _rates(made: Database, admin: psycopg.Connection[Any], workspace_id: UUID) -> dict[int, float]:
    taken: dict[int, list[float]] = {batch: [] for batch in BATCHES}
    usual = rotation.BATCH
    with _as_the_job(made):
        handler({"workspace_id": str(workspace_id)}, CONTEXT)
        for batch in progress(BATCHES * ROUNDS, f"{ROWS:,} rows"):
            rotation.BATCH = batch
            admin.execute("VACUUM ANALYZE platform_connections")
            began = time.perf_counter()
            done = handler({"workspace_id": str(workspace_id)}, CONTEXT)
            taken[batch].append(ROWS / (time.perf_counter() - began))
            assert done["resealed"] == ROWS
    rotation.BATCH = usual
    return {batch: statistics.median(values) for batch, values in taken.items()}


def _small(made: Database, admin: psycopg.Connection[Any]) -> float:
    taken = []
    with _as_the_job(made):
        for _ in progress(range(ROUNDS), f"{SMALL} workspaces"):
            admin.execute("VACUUM ANALYZE platform_connections")
            began = time.perf_counter()
            done = handler({"all": True}, CONTEXT)
            taken.append(SMALL / (time.perf_counter() - began))
            assert (done["workspaces"], done["resealed"]) == (SMALL, SMALL * ROWS_OF_SMALL)
    return statistics.median(taken)


@contextmanager
def _as_the_job(made: Database) -> Iterator[None]:
    with made.reached_by_transaction(ROTATE_KEYS):
        yield


def _workspace(admin: psycopg.Connection[Any], rows: int) -> UUID:
    """A workspace with its key and that many accounts."""
    workspace_id = new_id()
    wrapped = keys.new_data_key(workspace_id)
    named = "INSERT INTO workspaces (id, organization_id, name, slug) VALUES (%s, %s, 'W', %s)"
    admin.execute(named, [workspace_id, new_id(), workspace_id.hex])
    kept = "INSERT INTO workspace_keys (workspace_id, version, wrapped_key) VALUES (%s, 1, %s)"
    admin.execute(kept, [workspace_id, wrapped])
    ring = Keyring(workspace_id, {1: wrapped})
    columns = "(id, workspace_id, platform, base_url, channel_id, access_token, refresh_token)"
    with admin.cursor().copy(f"COPY platform_connections {columns} FROM STDIN") as copy:
        for _ in range(rows):
            row_id = new_id()
            tokens = (ring.seal(purpose, row_id, TOKEN) for purpose in (ACCESS_TOKEN, REFRESH_TOKEN))
            account = ("sandbox", "http://sandbox.test", row_id.hex)
            copy.write_row((row_id, workspace_id, *account, *tokens))
    return workspace_id


if __name__ == "__main__":
    main()
