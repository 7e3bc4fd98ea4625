"""100,000 posts due within one minute: how fast they are claimed and sent, how late their wake-ups arrive.

Eight dispatchers, each a process with the tick's own login, claim by `due.claim` and send by `wakeups.send`.
The queue is simulated: a call of ten messages takes 10 ms, a message arrives when its delay is over. A second
run kills three of the eight, each as soon as its first messages are out. Beside it stands the bare tick: no
look-ahead, once a minute.

Then eight workers get every message twice, in any order, and are killed as well: whoever passes the fence
accepts the post, and nothing may be accepted twice. What Lambda adds on top of the dispatch is a model.
"""

import contextlib
import multiprocessing
import os
import random
import signal
import statistics
import time
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from typing import Any

import psycopg

from lamplighter.clients import queues
from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.roles import DISPATCHER
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import due, wakeups
from tests.benchmarks._harness import Database, database, environment, progress, report, table

POSTS = int(os.environ.get("POSTS", "100000"))
WORKED = min(POSTS, int(os.environ.get("WORKED", "20000")))
"""Of them so many are handed to workers: a worker's transaction takes a millisecond or two."""
TENANTS = 1_000
DISPATCHERS, WORKERS, KILLED = 8, 8, 3
FIRST_DUE_SECONDS = 60
"""The minute begins this long after the tick: it falls into the look-ahead of 120 s."""
SQS_CALL_SECONDS = 0.010
TICK = timedelta(minutes=1)
SEED = 4

_FILL = """
    INSERT INTO dispatches (publication_platform_id, workspace_id, due_at, priority, lane, fence, wakes)
    SELECT uuidv7(), md5((n % {tenants})::text)::uuid,
           clock_timestamp() + {first} * interval '1 second' + random() * interval '1 minute', 1, 0, 0, 0
      FROM generate_series(1, {posts}) AS n
"""
_TABLES = (
    "CREATE UNLOGGED TABLE sent"
    " (row_id uuid, workspace_id uuid, fence bigint, arrives timestamptz, dispatcher integer)",
    "CREATE UNLOGGED TABLE accepted (row_id uuid)",
)
_LAGS = """
    SELECT greatest(extract(epoch FROM min(arrives) - due_at), 0)::float8
      FROM sent JOIN dispatches ON publication_platform_id = row_id
     GROUP BY row_id, due_at
"""
_COPY = "COPY sent (row_id, workspace_id, fence, arrives, dispatcher) FROM STDIN"
_LATEST = """
    SELECT DISTINCT ON (row_id) workspace_id, row_id, fence FROM sent ORDER BY row_id, fence DESC LIMIT %s
"""

spawn = multiprocessing.get_context("spawn")


def main() -> None:
    random.seed(SEED)
    with ExitStack() as stack:
        made = stack.enter_context(database())
        admin = stack.enter_context(made.connect())
        admin.execute("SET session_replication_role = replica")  # accounts and contents play no part here
        for statement in _TABLES:
            admin.execute(statement)
        whole = _run(made, admin, killed=0)
        killed = _run(made, admin, killed=KILLED)
        twice = _worked(made, admin)
    bare = [random.random() * 60 for _ in range(POSTS)]  # noqa: S311  # no secret
    _show(whole, killed, bare, twice)


def _run(made: Database, admin: psycopg.Connection[Any], *, killed: int) -> dict[str, Any]:
    """All is claimed and sent; what killed dispatchers left is brought back by the following ticks."""
    admin.execute("TRUNCATE sent, accepted, dispatches")
    processes = [_process(_dispatch, made) for _ in range(DISPATCHERS)]
    pipes = [pipe for _, pipe in processes]
    for pipe in pipes:
        assert pipe.recv() == "ready"
    admin.execute(_FILL.format(tenants=TENANTS, posts=POSTS, first=FIRST_DUE_SECONDS))
    admin.execute("ANALYZE dispatches")
    began = time.monotonic()
    for pipe in pipes:
        pipe.send(0.0)
    _kill_some(admin, [process for process, _ in processes[:killed]])
    answers = [pipe.recv() for pipe in pipes[killed:]]
    seconds = time.monotonic() - began
    ticks = 1
    while _count(admin, "SELECT count(DISTINCT row_id) FROM sent") < POSTS:
        assert ticks < 10, "posts are lost"
        pipes[-1].send(ticks * TICK.total_seconds())
        answers.append(pipes[-1].recv())
        ticks += 1
    for process, _ in processes:
        process.kill()
    lags = [lag for (lag,) in admin.execute(_LAGS)]
    late = sum(lag > 2 for lag in lags)
    fences = _count(admin, "SELECT count(*) - count(DISTINCT (row_id, fence)) FROM sent")
    found = {"seconds": seconds, "ticks": ticks, "late": late, "doubled_fences": fences}
    return found | {"lags": lags, "claimed": sum(answers)}


def _kill_some(admin: psycopg.Connection[Any], processes: Sequence[BaseProcess]) -> None:
    """Each as soon as it has sent something: some of what it claimed is on its way and the rest is not. With
    few posts one may never get any; it is killed in the end."""
    left = {process.pid for process in processes if process.pid is not None}
    end = time.monotonic() + 10
    while left:
        sending = {pid for (pid,) in admin.execute("SELECT DISTINCT dispatcher FROM sent")}
        for pid in left if time.monotonic() > end else left & sending:
            os.kill(pid, signal.SIGKILL)
            left = left - {pid}
        time.sleep(0.005)


def _process(target: Any, made: Database) -> tuple[BaseProcess, Any]:
    ours, theirs = spawn.Pipe()
    urls = (made.url("postgres"), made.url("lamplighter_publish_due"), made.url())
    process = spawn.Process(target=target, args=(theirs, *urls), daemon=True)
    process.start()
    return process, ours


def _dispatch(pipe: Any, superuser: str, publish_due: str, _app: str) -> None:
    """A tick whenever it is told to, on a clock that is ahead by so many seconds."""
    with psycopg.connect(superuser, autocommit=True) as sink, environment({"DATABASE_URL": publish_due}):
        with transaction(role=DISPATCHER):
            pass
        offset = timedelta()

        def sent(_url: str, messages: Sequence[queues.Message], _seconds: float = 8.0) -> list[int]:
            """SQS: sixteen calls at a time, of ten messages each."""
            time.sleep(SQS_CALL_SECONDS)
            now = datetime.now().astimezone() + offset
            with (
                sink.cursor() as cursor,
                cursor.copy(_COPY) as copy,
            ):
                for each in messages:
                    body = each.body
                    arrives = now + timedelta(seconds=each.delay_seconds)
                    ids = body["publication_platform_id"], body["workspace_id"]
                    copy.write_row((*ids, body["fence"], arrives, os.getpid()))
            return []

        queues.send = sent  # type: ignore[assignment]  # the simulated queue
        pipe.send("ready")
        while True:
            offset = timedelta(seconds=pipe.recv())
            move_clock(offset)
            pipe.send(_tick())


def _tick() -> int:
    claimed = 0
    while True:
        began = time.monotonic()
        with transaction(role=DISPATCHER) as tx:
            wakes = due.claim(tx)
        wakeups.send(wakes, tx.now, began)
        claimed += len(wakes)
        if not wakes:
            return claimed


def _worked(made: Database, admin: psycopg.Connection[Any]) -> dict[str, int]:
    """Every message twice, in any order, to workers of which three are killed."""
    messages = admin.execute(_LATEST, [WORKED]).fetchall() * 2
    random.shuffle(messages)
    parts = [messages[number::WORKERS] for number in range(WORKERS)]
    # Through the pipe once all are up: handed over at the start, they would begin one after the other.
    processes = [_process(_work, made) for _ in parts]
    for _, pipe in processes:
        assert pipe.recv() == "ready"
    for (_, pipe), part in zip(processes, parts, strict=True):
        pipe.send(part)
    began = time.monotonic()
    for process, _ in processes[:KILLED]:
        while _count(admin, "SELECT count(*) FROM accepted") < WORKED // 20:
            time.sleep(0.02)
        if process.pid is not None:
            os.kill(process.pid, signal.SIGKILL)
    for process, _ in progress(processes[KILLED:], "workers"):
        process.join(1200)
        assert process.exitcode == 0, "a worker did not come to its end"
    seconds = time.monotonic() - began
    accepted = _count(admin, "SELECT count(*) FROM accepted")
    once = _count(admin, "SELECT count(DISTINCT row_id) FROM accepted")
    assert accepted == once, f"{accepted - once} posts were accepted twice"
    return {
        "messages": len(messages),
        "posts": WORKED,
        "accepted": accepted,
        "duplicates": accepted - once,
        "seconds": round(seconds),
    }


def _work(pipe: Any, superuser: str, _publish_due: str, app: str) -> None:
    """The fence as every worker meets it; what gets past it is accepted by the network."""
    with psycopg.connect(superuser, autocommit=True) as network, environment({"DATABASE_URL": app}):
        pipe.send("ready")
        for workspace_id, row_id, fence in pipe.recv():
            with transaction(workspace_id) as tx:
                held = dispatches.hold(tx, workspace_id, row_id, fence, tx.now + TICK)
            if held is not None:
                network.execute("INSERT INTO accepted VALUES (%s)", [row_id])


def _count(admin: psycopg.Connection[Any], query: str) -> int:
    row = admin.execute(query).fetchone()
    assert row
    return int(row[0])


def quantile(values: Sequence[float], share: float) -> float:
    """The value that so large a share stays under."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def modelled(limit: int, per_minute: float, post_seconds: float) -> dict[str, float]:
    """A MODEL of Lambda, nothing measured: a mapping that begins with five workers and adds `per_minute`, up
    to `limit`, each busy for `post_seconds` with a post; the posts arrive evenly over the minute."""
    step, at, started, capacity, lags = 0.05, 0.0, 0, 0.0, []
    while started < POSTS:
        workers = min(limit, 5 + per_minute / 60 * at)
        arrived = min(POSTS, int(POSTS * at / 60))
        capacity = min(capacity + workers * step / post_seconds, arrived - started + 1)
        while capacity >= 1 and started < arrived:
            lags.append(at - started * 60 / POSTS)
            started, capacity = started + 1, capacity - 1
        at += step
    return {"p50": quantile(lags, 0.5), "p99": quantile(lags, 0.99), "last": lags[-1]}


MODELS = {
    "standard, at most 50 at once (the default)": (50, 300),
    "standard, at most 1,000": (1_000, 300),
    "standard, at most 1,250, all that SQS gives": (1_250, 300),
    "provisioned, 1,000 a minute, at most 5,000": (5_000, 1_000),
}
POST_SECONDS = 1.0
"""Half a second of waiting for the exact moment, half a second of network."""


def _show(whole: dict[str, Any], killed: dict[str, Any], bare: list[float], twice: dict[str, int]) -> None:
    runs = {"as it is": whole, f"{KILLED} of {DISPATCHERS} killed": killed}
    head = ("", "claimed and sent", "lag p50", "p99", "max", "later than 2 s", "ticks")
    rows: list[tuple[str, ...]] = [
        ("bare tick, 0-60 s (reckoned)", "", *_cells(bare), f"{sum(lag > 2 for lag in bare):,}", "")
    ]
    for name, run in runs.items():
        cells = (f"{run['seconds']:.1f} s", *_cells(run["lags"]), f"{run['late']:,}", str(run["ticks"]))
        rows.append((name, *cells))
    table(f"{POSTS:,} posts due within one minute, {DISPATCHERS} dispatchers: dispatch alone", head, rows)
    said = (
        f"{twice['messages']:,} messages for {twice['posts']:,} posts, {KILLED} of {WORKERS} workers killed"
    )
    table(said, ("accepted", "twice"), [(f"{twice['accepted']:,}", str(twice["duplicates"]))])
    models = {name: modelled(*values, POST_SECONDS) for name, values in MODELS.items()}
    rows = [(name, *(f"{m[key]:,.0f} s" for key in ("p50", "p99", "last"))) for name, m in models.items()]
    table("End to end, A MODEL of Lambda's ramps, not measured", ("", "lag p50", "p99", "the last"), rows)
    figures = {
        name: {key: value for key, value in run.items() if key != "lags"} | _figures(run["lags"])
        for name, run in runs.items()
    }
    ratio = quantile(bare, 0.99) / max(quantile(whole["lags"], 0.99), 0.001)
    sides = {"bare tick": _figures(bare), **figures}
    more = {"workers": twice, "model": {"post_seconds": POST_SECONDS, "scenarios": models}}
    setup = {"posts": POSTS, "sqs_call_seconds": SQS_CALL_SECONDS, "queue": "simulated", "seed": SEED}
    report("burst", {"setup": setup, "sides": sides, "ratio_p99_bare_to_ours": ratio, **more})


def _cells(lags: Sequence[float]) -> tuple[str, str, str]:
    return f"{quantile(lags, 0.5):.2f} s", f"{quantile(lags, 0.99):.2f} s", f"{max(lags):.2f} s"


def _figures(lags: Sequence[float]) -> dict[str, float]:
    return {
        "p50": quantile(lags, 0.5),
        "p99": quantile(lags, 0.99),
        "max": max(lags),
        "mean": statistics.fmean(lags),
    }


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
