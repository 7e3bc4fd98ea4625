"""Claiming due work: `services.due.claim` against raw SQL that claims in the publications themselves.

100k are due among a million rows, or ROWS=10000000 of them, in an order unlike that in which they lie. A
round claims all of them tick by tick; nothing may be claimed twice or left. After it all is given back and
vacuumed, untimed. Claimers are processes, as in Lambda.
"""

import multiprocessing
import os
import re
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID

import psycopg
from sqlalchemy import text

from lamplighter.domain.vocabulary import LANES
from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.roles import DISPATCHER
from lamplighter.postgres.session import transaction
from lamplighter.services import due
from lamplighter.settings import settings
from tests.benchmarks._harness import Database, database, environment, progress, report, table

ROWS = int(os.environ.get("ROWS", "1000000"))
DUE = 100_000
ROUNDS = 3
CLAIMERS = (1, 4)
CHUNKS = 10
WIDE, NARROW, OURS = "publications, raw SQL", "dispatches, raw SQL", "dispatches, due.claim"
TURNS = "dispatches, due.claim, tenants in turns"
SIDES = (WIDE, NARROW, OURS, TURNS)
WIDE_BATCH = 6250
"""What a tick of ours takes on average: up to 5,000 of each priority; one in ten is high and one low."""

_FILL = """
    WITH made AS (
        INSERT INTO publications (id, workspace_id, content_id, scheduled_at)
        SELECT uuidv7(), md5((n % 1000)::text)::uuid, uuidv7(),
               now() + CASE WHEN n % {every} = 0 THEN -random() * interval '1 hour'
                            ELSE interval '1 day' + random() * interval '30 days' END
          FROM generate_series(1, {chunk}) AS n
        RETURNING id, workspace_id, scheduled_at
    )
    INSERT INTO dispatches (publication_platform_id, workspace_id, due_at, priority)
    SELECT id, workspace_id, scheduled_at,
           CASE row_number() OVER (ORDER BY scheduled_at) % 10 WHEN 0 THEN 0 WHEN 1 THEN 2 ELSE 1 END
      FROM made
"""
_CLAIM_WIDE = """
    UPDATE publications SET status = 'publishing', version = version + 1, updated_at = %(now)s
     WHERE id IN (SELECT id FROM publications
                   WHERE status = 'scheduled' AND scheduled_at <= %(horizon)s
                   ORDER BY scheduled_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED)
    RETURNING workspace_id, id, version, scheduled_at
"""
_CLAIM_NARROW = re.sub(r"(?<!:):(\w+)", r"%(\1)s", str(dispatches._CLAIM))
_GIVE_BACK = (
    "UPDATE publications SET status = 'scheduled' WHERE status = 'publishing'",
    "UPDATE dispatches SET lease_until = NULL WHERE lease_until IS NOT NULL",
)

type Tick = Callable[[], list[UUID]]
type Values = Mapping[str, Any] | None


def main() -> None:
    with ExitStack() as stack:
        made = stack.enter_context(database())
        admin = stack.enter_context(made.connect())
        _fill(admin)
        claimers = [stack.enter_context(_claimer(made)) for _ in range(max(CLAIMERS))]
        plans = [(count, side) for count in CLAIMERS for side in SIDES]
        rates: dict[tuple[int, str], list[float]] = {plan: [] for plan in plans}
        for count, side in progress(plans * ROUNDS, f"{DUE:,} of {ROWS:,}"):
            rates[count, side].append(_rate(claimers[:count], side))
            _give_back(admin)
        buffers = _buffers(made, admin)
        _show({plan: statistics.median(values) for plan, values in rates.items()}, buffers)


def _show(rates: dict[tuple[int, str], float], buffers: dict[str, float]) -> None:
    head = (
        "",
        *(f"{count} claimer{'s'[: count > 1]}, rows/s" for count in CLAIMERS),
        "x wide",
        "buffers a row",
    )
    rows = []
    for side in SIDES:
        ratios = " / ".join(f"{rates[count, side] / rates[count, WIDE]:.2f}" for count in CLAIMERS)
        shown = f"{buffers[side]:.1f}" if side in buffers else ""
        rows.append((side, *(f"{rates[count, side]:,.0f}" for count in CLAIMERS), ratios, shown))
    table(f"{DUE:,} due among {ROWS:,}", head, rows)
    figures = {
        side: {
            "rows_per_second": {str(count): round(rates[count, side]) for count in CLAIMERS},
            "ratio": {str(count): rates[count, side] / rates[count, WIDE] for count in CLAIMERS},
        }
        for side in SIDES
    }
    report(f"claim_{ROWS}", {"rows": ROWS, "due": DUE, "sides": figures, "buffers_per_row": buffers})


def _fill(admin: psycopg.Connection[Any]) -> None:
    """Without foreign keys: content and accounts play no part here."""
    admin.execute("SET session_replication_role = replica")
    statement = _FILL.format(every=ROWS // DUE, chunk=ROWS // CHUNKS)
    for _ in progress(range(CHUNKS), f"{ROWS:,} rows"):
        admin.execute(statement)
    admin.execute("VACUUM ANALYZE")


def _give_back(admin: psycopg.Connection[Any]) -> None:
    for statement in _GIVE_BACK:
        changed = admin.execute(statement)
        if changed.rowcount:
            admin.execute(f"VACUUM {statement.split()[1]}")


def _rate(claimers: list[Connection], side: str) -> float:
    for claimer in claimers:
        claimer.send(side)
    for claimer in claimers:
        assert claimer.recv() == "ready"
    for claimer in claimers:
        claimer.send("go")
    answers = [claimer.recv() for claimer in claimers]
    claimed = [row for _began, _ended, rows in answers for row in rows]
    assert len(claimed) == len(set(claimed)) == DUE, (
        f"{len(claimed)} claimed, {len(set(claimed))} of them once"
    )
    return float(DUE / (max(ended for _, ended, _ in answers) - min(began for began, _, _ in answers)))


@contextmanager
def _claimer(made: Database) -> Iterator[Connection]:
    """A process that claims as it is told until nothing is left."""
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    urls = (made.url("postgres"), made.url("lamplighter_publish_due"))
    process = multiprocessing.get_context("spawn").Process(target=_claim_on_demand, args=(theirs, *urls))
    process.start()
    try:
        yield ours
    finally:
        ours.send("end")
        process.join(10)
        process.kill()


def _claim_on_demand(pipe: Connection, superuser: str, publish_due: str) -> None:
    with psycopg.connect(superuser) as raw, environment({"DATABASE_URL": publish_due}):
        raw.execute("SET timezone = 'UTC'")
        raw.commit()
        ticks: dict[str, Tick] = {
            WIDE: lambda: _raw_tick(raw, _CLAIM_WIDE, WIDE_BATCH),
            NARROW: lambda: _raw_tick(raw, _CLAIM_NARROW, due.BATCH),
            OURS: _our_tick,
            TURNS: lambda: _our_tick([settings().backlog_limit] * len(LANES)),
        }
        with transaction(role=DISPATCHER):
            pass
        while (side := pipe.recv()) != "end":
            pipe.send("ready")
            pipe.recv()
            claimed, began = [], time.monotonic()
            while rows := ticks[side]():
                claimed += rows
            pipe.send((began, time.monotonic(), claimed))


def _raw_tick(connection: psycopg.Connection[Any], statement: str, limit: int) -> list[UUID]:
    with connection.transaction():
        now = _value(connection, "SELECT clock_timestamp()")
        values = {
            "now": now,
            "horizon": now + timedelta(seconds=120),
            "grace": 60.0,
            "limit": limit,
            "most": None,
        }
        return [row[1] for row in connection.execute(statement, values)]


def _value(connection: psycopg.Connection[Any], statement: str, values: Values = None) -> Any:
    row = connection.execute(statement, values).fetchone()
    assert row
    return row[0]


def _our_tick(rooms: Sequence[int] | None = None) -> list[UUID]:
    """With `rooms` as publish_due runs it: where so much is due, the tenants take turns."""
    with transaction(role=DISPATCHER) as tx:
        wakes = due.claim(tx, rooms=rooms)
    return [wake.claim.publication_platform_id for wake in wakes]


def _buffers(made: Database, admin: psycopg.Connection[Any]) -> dict[str, float]:
    """Pages touched, in memory or not, for each row that one tick claims."""
    explain = "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) "
    found = {}
    with admin.transaction(force_rollback=True):
        now = _value(admin, "SELECT clock_timestamp()")
        values = {"now": now, "horizon": now + timedelta(seconds=120), "limit": WIDE_BATCH}
        found[WIDE] = _per_row(_value(admin, explain + _CLAIM_WIDE, values))
    with made.reached_by_transaction("lamplighter_publish_due"), transaction(role=DISPATCHER) as tx:
        horizon = tx.now + timedelta(seconds=settings().look_ahead_seconds)
        values = {"now": tx.now, "horizon": horizon, "grace": 60.0, "limit": due.BATCH}
        found[OURS] = _per_row(tx.session.scalar(text(explain + str(dispatches._CLAIM)), values))
    return found


def _per_row(plan: Any) -> float:
    top = plan[0]["Plan"]
    return float((top["Shared Hit Blocks"] + top["Shared Read Blocks"]) / top["Actual Rows"])


if __name__ == "__main__":
    main()
