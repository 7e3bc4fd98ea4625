"""Claiming due work: `services.due.claim` against raw SQL that claims in the publications themselves.

100k are due among a million rows, in an order unlike that in which they lie. A round claims all of them tick
by tick; nothing may be claimed twice or left. After it all is given back and vacuumed, untimed. Claimers are
processes, as in Lambda. ROWS=1000000,10000000 takes both sizes in turns, each on a server of its own, and
compares the last with the first. The plans of one tick each are printed and kept.
"""

import multiprocessing
import os
import re
import statistics
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
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
from tests.benchmarks._harness import Database, console, database, environment, progress, report, table

SIZES = [int(size) for size in os.environ.get("ROWS", "1000000").split(",")]
DUE = 100_000
ROUNDS = 3
CLAIMERS = (1, 4)
CHUNKS = 10
WIDE, NARROW, OURS = "publications, raw SQL", "dispatches, raw SQL", "dispatches, due.claim"
TURNS = "dispatches, due.claim, tenants in turns"
NAMES = (WIDE, NARROW, OURS, TURNS)
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
           CASE row_number() OVER () / {every} % 10 WHEN 0 THEN 0 WHEN 1 THEN 2 ELSE 1 END
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
_INDEXES = """
    SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
     WHERE indrelid IN ('publications'::regclass, 'dispatches'::regclass)
       AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
_GIVE_BACK = (
    "UPDATE publications SET status = 'scheduled' WHERE status = 'publishing'",
    "UPDATE dispatches SET lease_until = NULL WHERE lease_until IS NOT NULL",
)

type Tick = Callable[[], list[UUID]]
type Values = Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class Side:
    """A size and who claims, how many at once."""

    rows: int
    count: int
    name: str


@dataclass(frozen=True, slots=True)
class Filled:
    """A server with so many rows, and who claims there."""

    made: Database
    admin: psycopg.Connection[Any]
    claimers: list[Connection]


@dataclass(frozen=True, slots=True)
class Explained:
    """Of one tick: its plan, and the pages it touched, in memory or not, for each row that it claimed."""

    plan: list[str]
    buffers: float


def main() -> None:
    with ExitStack() as stack:
        filled = {rows: _filled(stack, rows) for rows in SIZES}
        sides = [Side(rows, count, name) for count in CLAIMERS for name in NAMES for rows in SIZES]
        rates: dict[Side, list[float]] = {side: [] for side in sides}
        for side in progress(sides * ROUNDS, f"{DUE:,} due"):
            rates[side].append(_rate(filled[side.rows].claimers[: side.count], side.name))
            _give_back(filled[side.rows].admin)
        medians = {side: statistics.median(values) for side, values in rates.items()}
        for rows, each in filled.items():
            _show(rows, medians, rates, _explained(each.made, each.admin))


def _show(
    rows: int,
    medians: Mapping[Side, float],
    rates: Mapping[Side, list[float]],
    explained: Mapping[str, Explained],
) -> None:
    for name, one in explained.items():
        console.print(f"\n{name}, {rows:,} rows:", *one.plan, sep="\n", highlight=False, markup=False)
    claimers = [f"{count} claimer{'s'[: count > 1]}, rows/s" for count in CLAIMERS]
    head = ("", *claimers, "x wide", f"x {SIZES[0]:,}", "buffers a row")
    cells, figures = [], {}
    for name in NAMES:
        speeds = {str(count): medians[Side(rows, count, name)] for count in CLAIMERS}
        wide = {str(count): speeds[str(count)] / medians[Side(rows, count, WIDE)] for count in CLAIMERS}
        first = {str(count): speeds[str(count)] / medians[Side(SIZES[0], count, name)] for count in CLAIMERS}
        shown = f"{explained[name].buffers:.1f}" if name in explained else ""
        ratios = [" / ".join(f"{ratio:.2f}" for ratio in found.values()) for found in (wide, first)]
        cells.append((name, *(f"{speed:,.0f}" for speed in speeds.values()), *ratios, shown))
        figures[name] = {
            "rows_per_second": {count: round(speed) for count, speed in speeds.items()},
            "rounds": {str(count): [round(r) for r in rates[Side(rows, count, name)]] for count in CLAIMERS},
            "ratio": wide,
            f"ratio_to_{SIZES[0]}": first,
        }
    table(f"{DUE:,} due among {rows:,}", head, cells)
    kept = {
        "rows": rows,
        "due": DUE,
        "sides": figures,
        "buffers_per_row": {name: one.buffers for name, one in explained.items()},
        "plans": {name: one.plan for name, one in explained.items()},
    }
    report(f"claim_{rows}", kept)


def _filled(stack: ExitStack, rows: int) -> Filled:
    made = stack.enter_context(database())
    admin = stack.enter_context(made.connect())
    _fill(admin, rows)
    return Filled(made, admin, [stack.enter_context(_claimer(made)) for _ in range(max(CLAIMERS))])


def _fill(admin: psycopg.Connection[Any], rows: int) -> None:
    """Without foreign keys: content and accounts play no part here. Indexes that are no key are made when the
    rows are there."""
    for setting in (
        "session_replication_role = replica",
        "synchronous_commit = off",
        "maintenance_work_mem = '1GB'",
    ):
        admin.execute(f"SET {setting}")
    indexes = admin.execute(_INDEXES).fetchall()
    for name, _ in indexes:
        admin.execute(f"DROP INDEX {name}")
    statement = _FILL.format(every=rows // DUE, chunk=rows // CHUNKS)
    steps = (
        [statement] * CHUNKS + [definition for _, definition in indexes] + ["VACUUM ANALYZE", "CHECKPOINT"]
    )
    for step in progress(steps, f"{rows:,} rows"):
        admin.execute(step)


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


def _explained(made: Database, admin: psycopg.Connection[Any]) -> dict[str, Explained]:
    """Each undone and vacuumed, so that the next finds what it found."""
    explain = "EXPLAIN (ANALYZE, BUFFERS) "
    with admin.transaction(force_rollback=True):
        now = _value(admin, "SELECT clock_timestamp()")
        values = {"now": now, "horizon": now + timedelta(seconds=120), "limit": WIDE_BATCH}
        found = {WIDE: _read(row[0] for row in admin.execute(explain + _CLAIM_WIDE, values))}
    for name, statement in ((OURS, dispatches._CLAIM), (TURNS, dispatches._CLAIM_IN_TURNS)):
        with made.reached_by_transaction("lamplighter_publish_due"), transaction(role=DISPATCHER) as tx:
            horizon = tx.now + timedelta(seconds=settings().look_ahead_seconds)
            limits = {"limit": due.BATCH} if name == OURS else {"lane": 0, "room": due.BATCH}
            values = {"now": tx.now, "horizon": horizon, "grace": 60.0, **limits}
            query = text(explain + str(statement))
            found[name] = _read(tx.session.scalars(query, values))
            tx.session.rollback()
        admin.execute("VACUUM dispatches")
    return found


def _read(lines: Iterable[str]) -> Explained:
    """The top of a plan counts what is below it."""
    plan = list(lines)
    claimed = re.search(r"actual time=\S+ rows=(\S+)", plan[0])
    pages = re.findall(r"(?:hit|read)=(\d+)", next(line for line in plan if "Buffers: shared" in line))
    assert claimed
    return Explained(plan, sum(map(int, pages)) / float(claimed[1]))


if __name__ == "__main__":
    main()
