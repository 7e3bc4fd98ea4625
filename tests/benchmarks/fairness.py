"""How late a quiet tenant's posts begin while another has 50,000 due on a network that takes 30 s to answer.

B posts every quarter of a second; its start lag (from due to the commit before the call) is measured alone,
then beside A, with the lanes as they are and, for control, with all workers on one queue and no account held
back. The queues are simulated on both sides, with SQS's fair choice among tenants (_queues.py).

What B waits for is told apart: until a worker takes the post up, which is what lanes are for, and from then
until the call, which is a processor's time. The latter is the machine's: here all workers share its cores.

The run with all 50,000 posts is scaled: 3 s for 30, and two seconds and not five mark an account slow.
TRUE=1 takes the true times, of which our own cap cuts a call after 15 s, with fewer posts. Ticks come every
5 s rather than every minute, so that a run stays short.
"""

import math
import multiprocessing
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg

from tests.benchmarks._harness import Database, database, progress, report, table
from tests.benchmarks._load import LANES, SLOW_WORD, Network, Tenant, reached, tenant, ticks, workers
from tests.benchmarks._queues import Server
from tests.integration.cloud import Cloud, cloud

TRUE = bool(os.environ.get("TRUE"))
SCALE = 1 if TRUE else 10
NETWORK_SECONDS = 30 / SCALE
SLOW_SECONDS = 5 if TRUE else 2
"""Not scaled like the rest: on a busy machine a call of B's may take half a second of nothing but waiting for
a processor, and would send B to the slow lane after A."""
POSTS = int(os.environ.get("POSTS", "2000" if TRUE else "50000"))
ACCOUNTS = 3
"""Of A: one alone would be held back to four workers from the first second on."""
QUICK, SLOW = 20, 8
BACKLOG = 600 * QUICK
BEFORE_SECONDS, DURING_SECONDS = 15, 60 if TRUE else 45
GAP = 0.25
TICK_SECONDS = 5.0
LEAD = 2 * TICK_SECONDS
"""B's first is due only when a tick has surely seen it: whoever schedules something nearer wakes it himself.
And a tick that claims for A as well takes longer than the others."""
OFF = {"CONNECTION_CONCURRENCY": "1000000"}
"""For control: no account is held back for what it has under way, nor marked slow."""

_LAGS = """
    SELECT extract(epoch FROM coalesce(min(a.sending_at), clock_timestamp()) - p.scheduled_at)::float8,
           extract(epoch FROM coalesce(min(a.claimed_at), clock_timestamp()) - p.scheduled_at)::float8,
           min(a.sending_at) IS NOT NULL
      FROM publications p
      JOIN publication_platforms pp ON pp.publication_id = p.id
      LEFT JOIN publication_attempts a ON a.publication_platform_id = pp.id
     WHERE p.workspace_id = %s AND p.scheduled_at > %s
     GROUP BY p.id, p.scheduled_at
     ORDER BY p.scheduled_at
"""


@dataclass(frozen=True, slots=True)
class Lags:
    """Seconds from due to begun; one that had not begun at the end counts with what it had waited."""

    seconds: list[float]
    taken_up: list[float]
    """Of these, until a worker had it: none where it had it before its time."""
    unsent: int

    def quantile(self, share: float) -> float:
        """The lag that so large a share of the posts stayed under."""
        return _quantile(self.seconds, share)

    def waited(self, share: float) -> float:
        """The same of the wait for a worker."""
        return _quantile(self.taken_up, share)

    def figures(self) -> dict[str, Any]:
        """What is kept."""
        return {
            "posts": len(self.seconds),
            "unsent": self.unsent,
            "p50": self.quantile(0.5),
            "p99": self.quantile(0.99),
            "max": max(self.seconds),
            "mean": statistics.fmean(self.seconds),
            "in_order": [round(seconds, 3) for seconds in self.seconds],
            "for_a_worker": {"p50": self.waited(0.5), "p99": self.waited(0.99), "max": max(self.taken_up)},
        }


def _quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)]


def main() -> None:
    with ExitStack() as stack:
        made, aws = stack.enter_context(database()), stack.enter_context(cloud())
        network = Network(NETWORK_SECONDS)
        stack.callback(network.close)
        admin = stack.enter_context(made.connect())
        server = stack.enter_context(Server(ctx=multiprocessing.get_context("spawn")))
        served = server.Queues()  # type: ignore[attr-defined]  # registered
        sides = {
            "lanes on": _side(made, aws, served, network, admin, lanes=True),
            "control: lanes off": _side(made, aws, served, network, admin, lanes=False),
        }
    _show(sides)


def _side(
    made: Database, aws: Cloud, served: Any, network: Network, admin: psycopg.Connection[Any], *, lanes: bool
) -> dict[str, Any]:
    """Both phases with queues, tenants and workers of the side's own."""
    admin.execute("DELETE FROM dispatches")
    own = {name: uuid4().hex for name in LANES}
    counts = dict(zip(LANES, (QUICK, SLOW) if lanes else (QUICK + SLOW, 0), strict=True))
    slow_seconds = SLOW_SECONDS if lanes else math.inf
    more = own | {"BACKLOG_LIMIT": str(BACKLOG)} | ({} if lanes else OFF)
    with reached(made, aws, network, more) as values:
        a, b = tenant("a", f"{SLOW_WORD} lamp", ACCOUNTS), tenant("b", "quick lamp", 2)
        with workers(values, served, counts, slow_seconds), ticks(values, served, made, TICK_SECONDS):
            _wait_until_up(admin, tenant("warm", "first lamp", 2))
            side = "lanes on" if lanes else "lanes off"
            before = _phase(admin, b, None, BEFORE_SECONDS, f"{side}, B alone")
            during = _phase(admin, b, a, DURING_SECONDS, f"{side}, beside A")
            state = _state(admin, a, served, own)
    marked = "SELECT count(*) FROM connection_gates WHERE workspace_id = %s AND slow_until IS NOT NULL"
    slow = [admin.execute(marked, [each.workspace_id]).fetchone() for each in (a, b)]
    return {"before": before, "during": during, "A": state, "taken for slow": [row[0] for row in slow if row]}


def _wait_until_up(admin: psycopg.Connection[Any], other: Tenant) -> None:
    """Every worker has imported what it needs and has its connection. With a tenant of its own: first calls
    take so long on a busy machine that they would mark B's accounts as slow."""
    other.schedule(admin, 2 * (QUICK + SLOW), 0, 0)
    query = "SELECT count(*) FROM publication_platforms WHERE workspace_id = %s AND status <> 'published'"
    for _ in range(180):
        time.sleep(1)
        row = admin.execute(query, [other.workspace_id]).fetchone()
        if row == (0,):
            return
    message = "the workers do not work"
    raise RuntimeError(message)


def _phase(admin: psycopg.Connection[Any], b: Tenant, a: Tenant | None, seconds: int, what: str) -> Lags:
    """B's posts stand as they stood; A's, where there is one, fall due all at once and just before them: any
    later, and the breaker, which neither side is without, has taken A out of the way."""
    row = admin.execute("SELECT clock_timestamp()").fetchone()
    assert row
    b.schedule(admin, int(seconds / GAP), LEAD, GAP)
    if a is not None:
        a.schedule(admin, POSTS, LEAD - 1, 0)
    for _ in progress(range(int(seconds + LEAD) + 2), what):
        time.sleep(1)
    found = admin.execute(_LAGS, [b.workspace_id, row[0]]).fetchall()
    return Lags(
        [float(lag) for lag, _, _ in found],
        [max(0.0, float(waited)) for _, waited, _ in found],
        sum(not sent for _, _, sent in found),
    )


def _state(admin: psycopg.Connection[Any], a: Tenant, served: Any, own: Mapping[str, str]) -> dict[str, Any]:
    """How far A's came, and where the rest waits."""
    attempts = admin.execute(
        "SELECT status, count(*) FROM publication_attempts WHERE workspace_id = %s GROUP BY 1",
        [a.workspace_id],
    ).fetchall()
    rows = admin.execute(
        "SELECT coalesce(error_code, status), count(*) FROM publication_platforms"
        " WHERE workspace_id = %s GROUP BY 1",
        [a.workspace_id],
    ).fetchall()
    depths = {name: served.depth(url) for name, url in own.items()}
    return {"attempts": dict(attempts), "rows": dict(rows), "queues": depths}


def _show(sides: dict[str, dict[str, Any]]) -> None:
    head = (
        *("B's start lag", "p50 before", "p50 beside A", "p99 before", "p99 beside A", "max", "not begun"),
        *("for a worker: p50 beside A", "p99", "accounts taken for slow: A's, B's"),
    )
    rows = []
    for name, found in sides.items():
        before, during = found["before"], found["during"]
        seconds = [each.quantile(share) for share in (0.5, 0.99) for each in (before, during)]
        rows.append(
            (
                *(name, *(f"{s:.2f} s" for s in seconds), f"{max(during.seconds):.2f} s", str(during.unsent)),
                *(f"{during.waited(share):.2f} s" for share in (0.5, 0.99)),
                ", ".join(map(str, found["taken for slow"])),
            )
        )
    kind = "true" if TRUE else f"scaled 1:{SCALE}"
    table(f"A has {POSTS:,} posts due, its network takes {NETWORK_SECONDS:g} s ({kind})", head, rows)
    on, off = (found["during"].quantile(0.99) for found in sides.values())
    kept = {
        name: f | {"before": f["before"].figures(), "during": f["during"].figures()}
        for name, f in sides.items()
    }
    setup = {
        "posts_of_a": POSTS,
        "accounts_of_a": ACCOUNTS,
        "network_seconds": NETWORK_SECONDS,
        "slow_call_seconds": SLOW_SECONDS,
        "workers": {"quick": QUICK, "slow": SLOW},
        "tick_seconds": TICK_SECONDS,
        "backlog_limit": BACKLOG,
        "fair_choice": "simulated",
    }
    name = "fairness_true" if TRUE else "fairness"
    report(name, {"setup": setup, "sides": kept, "ratio_p99_off_to_on": off / on})


if __name__ == "__main__":
    main()
