"""Materialising recurring posts: `services.spawning.plan` against COPY of the same rows, and filling them.

Of 10,000 and 100,000 active rules (RULES=1000000 for a million) all, or VISITS of them, are visited for the
first time, which enters what lies within the horizon; then up to 20,000 again a day later. The spawner is a
process of its own, whose memory is told. COPY is binary and into tables without row level security, once bare
and once with the ledger's keys, indices and references; beside it the same rows are written into the ledger
itself, as the spawner writes them. At last one workspace's occurrences are made into publications.
"""

import multiprocessing
import os
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from datetime import timedelta
from itertools import batched
from typing import Any

import psycopg

from lamplighter.ids import new_id
from lamplighter.postgres.queries import occurrences
from lamplighter.postgres.queries.occurrences import Written
from lamplighter.postgres.roles import SPAWN_RECURRING, SPAWNER
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import filling, spawning
from tests.benchmarks._harness import Database, console, database, progress, report, table

SIZES = [int(each) for each in os.environ.get("RULES", "10000,100000").split(",")]
VISITS = int(os.environ.get("VISITS", "0")) or None
COPIED = 100_000
AGAIN = 20_000
PUBLICATIONS = 5_000
CHUNK = 10_000

_TENANTS = """
    INSERT INTO organizations (id, name, slug)
    SELECT md5(n::text)::uuid, 'O', 'o-' || n FROM generate_series(0, 999) n;
    INSERT INTO workspaces (id, organization_id, name, slug)
    SELECT md5('w' || n)::uuid, md5(n::text)::uuid, 'W', 'w-' || n FROM generate_series(0, 999) n;
"""
# Of ten rules six are daily, two weekly, one monthly, one is a cron expression for every three hours.
_RULES = """
    INSERT INTO recurring_posts (id, workspace_id, name, schedule_type, schedule_config, timezone,
                                 content_type, next_run_at, visit_at, created_at)
    SELECT uuidv7(), md5('w' || n %% 1000)::uuid, 'R' || n, kind,
           config || jsonb_build_object('timezone', zone, 'starts_at', '2024-01-01T00:00'), zone,
           'fixed', now(), now(), now()
      FROM generate_series(%(first)s::int, %(last)s::int) AS n
     CROSS JOIN LATERAL (
            SELECT (ARRAY['Europe/Berlin', 'America/New_York', 'Asia/Kolkata', 'Australia/Sydney'])
                   [1 + n %% 4] AS zone,
                   jsonb_build_array(to_char(interval '1 minute' * (n %% 1440), 'HH24:MI')) AS times) AS each
     CROSS JOIN LATERAL (
            SELECT CASE WHEN n %% 10 < 6 THEN 'daily' WHEN n %% 10 < 8 THEN 'weekly'
                        WHEN n %% 10 = 8 THEN 'monthly' ELSE 'cron' END AS kind,
                   CASE WHEN n %% 10 < 6 THEN jsonb_build_object('times', times)
                        WHEN n %% 10 < 8
                        THEN jsonb_build_object('times', times, 'weekdays', '["mo", "we", "fr"]'::jsonb)
                        WHEN n %% 10 = 8
                        THEN jsonb_build_object('times', times, 'days', '[1, 15]'::jsonb)
                        ELSE jsonb_build_object('expression', (n %% 60) || ' */3 * * *') END AS config) AS w
"""
_COLUMNS = "workspace_id, recurring_post_id, local_time, fold, due_at, status, code"

type Figures = dict[str, float]


def main() -> None:
    found: dict[str, Figures] = {}
    for size in SIZES:
        with ExitStack() as stack:
            made = stack.enter_context(database())
            admin = stack.enter_context(made.connect())
            _fill(admin, size)
            found[f"{size:,}"] = {
                **_visits(made, admin),
                **_copies(made, admin),
                **_publications(made, admin),
            }
            _show(found)
    report("materialise", {"rules": found})


def _show(found: Mapping[str, Figures]) -> None:
    names = list(dict.fromkeys(name for figures in found.values() for name in figures))
    rows = [(name, *(f"{figures[name]:,.2f}" for figures in found.values())) for name in names]
    table("Recurring posts, by how many rules are active", ("", *found), rows)


def _fill(admin: psycopg.Connection[Any], size: int) -> None:
    admin.execute(_TENANTS)
    for first in progress(range(0, size, CHUNK), f"{size:,} rules"):
        admin.execute(_RULES, {"first": first, "last": min(first + CHUNK, size) - 1})
    admin.execute("VACUUM ANALYZE recurring_posts")


def _visits(made: Database, admin: psycopg.Connection[Any]) -> Figures:
    """The first visit to each rule, then a later one to some."""
    first = _spawned(made, timedelta(0), VISITS)
    admin.execute("VACUUM ANALYZE")
    admin.execute(
        "UPDATE recurring_occurrences SET status = 'made', made_at = now() WHERE recurring_post_id IN"
        " (SELECT id FROM recurring_posts WHERE status = 'active' ORDER BY visit_at LIMIT %s)",
        [AGAIN],
    )
    again = _spawned(made, timedelta(days=1), AGAIN)
    return {
        "first visit: rules/s": first["visited"] / first["seconds"],
        "first visit: rows/s": first["written"] / first["seconds"],
        "rows a rule": first["written"] / first["visited"],
        "peak memory, MB": first["memory"],
        "later visit: us a rule": again["seconds"] / again["visited"] * 1e6,
        "later visit: rows a rule": again["written"] / again["visited"],
    }


def _spawned(made: Database, ahead: timedelta, most: int | None = None) -> Figures:
    """What a process of its own does until nothing is left, as one invocation after the other would; or until
    it has visited so many."""
    with made.reached_by_transaction(SPAWN_RECURRING):
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        child = context.Process(target=_spawn, args=(theirs, ahead, most))
        child.start()
        theirs.close()  # so that its end is heard of
        while isinstance(answer := ours.recv(), int):
            if answer % 20_000 == 0:
                console.print(f"{answer:,} rules visited")
        child.join()
    figures: Figures = answer
    return figures


def _spawn(parent: Any, ahead: timedelta, most: int | None) -> None:
    with transaction(role=SPAWNER):
        pass
    move_clock(ahead)
    began, visited, written, is_last = time.perf_counter(), 0, 0, False
    while not is_last and (most is None or visited < most):
        with transaction(role=SPAWNER) as tx:
            batch = spawning.plan(tx)
        visited, written, is_last = visited + batch.visited, written + batch.written, batch.is_last
        parent.send(visited)
    seconds = time.perf_counter() - began
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    parent.send({"visited": visited, "written": written, "seconds": seconds, "memory": memory})


def _copies(made: Database, admin: psycopg.Connection[Any]) -> Figures:
    """COPY of rows of the ledger as they are, into tables that no policy binds; and the ledger's own way."""
    rows = admin.execute(
        "SELECT workspace_id, recurring_post_id, local_time, fold, due_at, 'planned', code"
        " FROM recurring_occurrences LIMIT %s",
        [COPIED],
    ).fetchall()
    admin.execute("CREATE TABLE bare (LIKE recurring_occurrences INCLUDING DEFAULTS)")
    admin.execute("CREATE TABLE whole (LIKE recurring_occurrences INCLUDING ALL)")
    for (reference,) in admin.execute(
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE conrelid = 'recurring_occurrences'::regclass AND contype = 'f'"
    ).fetchall():
        admin.execute(f"ALTER TABLE whole ADD {reference}")
    entered = [Written(*row[:5], row[6]) for row in rows]
    rates: dict[str, list[float]] = {"bare": [], "whole": [], "recurring_occurrences": []}
    for name in progress(list(rates) * 3, "COPY"):
        admin.execute(f"TRUNCATE {name}")
        with made.reached_by_transaction(SPAWN_RECURRING):
            if name in {"bare", "whole"}:
                seconds = _seconds(lambda name=name: _copy(admin, name, rows))
            else:
                seconds = _seconds(lambda: _write(entered))
        rates[name].append(len(rows) / seconds)
    bare, whole, ours = (statistics.median(each) for each in rates.values())
    return {
        "COPY, bare table: rows/s": bare,
        "COPY, keys, indices, references: rows/s": whole,
        "written into the ledger: rows/s": ours,
        "written: x COPY into the same": ours / whole,
    }


def _write(rows: list[Written]) -> None:
    for part in batched(rows, spawning.MOST_IN_ALL, strict=False):
        with transaction(role=SPAWNER) as tx:
            occurrences.write(tx, part)


def _copy(admin: psycopg.Connection[Any], name: str, rows: list[Any]) -> None:
    with (
        admin.cursor() as cursor,
        cursor.copy(f"COPY {name} ({_COLUMNS}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(occurrences._COPIED)
        for row in rows:
            copy.write_row(row)


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _publications(made: Database, admin: psycopg.Connection[Any]) -> Figures:
    """One workspace's planned occurrences, batch by batch, each on two accounts."""
    workspace_id = admin.execute("SELECT id FROM workspaces LIMIT 1").fetchone()[0]  # type: ignore[index]
    content_id, accounts = new_id(), [new_id(), new_id()]
    admin.execute(
        "INSERT INTO content (id, workspace_id, original_text) VALUES (%s, %s, 'Good evening')",
        [content_id, workspace_id],
    )
    for n, account in enumerate(accounts):
        admin.execute(
            "INSERT INTO platform_connections"
            " (id, workspace_id, platform, base_url, access_token, channel_id)"
            " VALUES (%s, %s, 'sandbox', 'http://sandbox.test', 'sealed', %s)",
            [account, workspace_id, str(n)],
        )
    values = {"workspace_id": workspace_id, "content_id": content_id}
    admin.execute("DELETE FROM recurring_occurrences WHERE workspace_id = %(workspace_id)s", values)
    admin.execute(
        "UPDATE recurring_posts SET status = 'active' WHERE workspace_id = %(workspace_id)s", values
    )
    admin.execute(
        "INSERT INTO recurring_post_contents (workspace_id, recurring_post_id, content_id, position)"
        " SELECT workspace_id, id, %(content_id)s, 0 FROM recurring_posts"
        " WHERE workspace_id = %(workspace_id)s",
        values,
    )
    for account in accounts:
        admin.execute(
            "INSERT INTO recurring_post_connections (workspace_id, recurring_post_id, connection_id)"
            " SELECT workspace_id, id, %(account)s FROM recurring_posts"
            " WHERE workspace_id = %(workspace_id)s",
            {**values, "account": account},
        )
    admin.execute(
        "INSERT INTO recurring_occurrences (workspace_id, recurring_post_id, local_time, fold, due_at)"
        " SELECT workspace_id, id, timestamp '2026-01-01' + n * interval '1 minute', 0,"
        " now() + interval '1 hour' + n * interval '1 s'"
        " FROM recurring_posts, generate_series(1, %(many)s::int) n"
        " WHERE workspace_id = %(workspace_id)s LIMIT %(many)s",
        {**values, "many": PUBLICATIONS},
    )
    admin.execute("VACUUM ANALYZE")
    with made.reached_by_transaction():
        count, seconds = 0, 0.0
        while True:
            began = time.perf_counter()
            with transaction(workspace_id) as tx:
                filled = filling.made(tx, workspace_id)
            seconds += time.perf_counter() - began
            count += filled.made
            if not filled.left:
                break
    return {"publications on two accounts: each/s": count / seconds}


if __name__ == "__main__":
    main()
