"""100,000 deliveries to a local receiver by deliver_webhook itself: rate, memory, and a neighbour's delay.

Everything counts: taking what is due out of Postgres, sealing undone, signing, posting, writing each attempt
down. Beside it, in turns in the same run, signed posts of the same bodies to the same receiver that write
nothing: by our own way out, and by the usual HTTP client in each way that it is used (one client with kept
connections on as many threads, its asynchronous one with as many tasks, a call each by itself).
Then a healthy endpoint is told of an event every 20 ms, alone and beside one that never answers.
"""

import asyncio
import json
import os
import queue
import resource
import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import httpx2
import psycopg

from functions.deliver_webhook.handler import handler
from lamplighter import egress
from lamplighter.clients import keys, queues
from lamplighter.domain import signing
from lamplighter.ids import new_id
from lamplighter.postgres.session import transaction
from lamplighter.services import delivering, outbox
from lamplighter.services.sealing import Keyring
from tests.benchmarks._harness import database, environment, progress, report, table
from tests.benchmarks._receivers import receivers
from tests.integration.cloud import cloud
from tests.integration.http import lambda_context

DELIVERIES = int(os.environ.get("DELIVERIES", "100000"))
ROUNDS = 5
CALLS = 4_000
"""Posts of the HTTP client to a round."""
BARE_CALLS = 200
ENDPOINTS = 10
EVENTS = int(os.environ.get("EVENTS", "500"))
PAUSE_SECONDS = 0.02
WORKERS = 4
KEY = b"a key of thirty-two bytes, so so"
DATA = {"user_id": "01980000-0000-7000-8000-000000000002", "role": "editor", "words": "x" * 600}


def main() -> None:
    with ExitStack() as stack:
        made = stack.enter_context(database())
        port, silent_port, arrivals = stack.enter_context(receivers())
        aws = stack.enter_context(cloud())
        allowed = f"127.0.0.1:{port},127.0.0.1:{silent_port}"
        stack.enter_context(environment({**aws.environment, "EGRESS_ALLOW": allowed}))
        stack.enter_context(made.reached_by_transaction())
        admin = stack.enter_context(made.connect())
        workspace_id, ring = _workspace(admin)
        rates = _rates(admin, workspace_id, ring, f"http://127.0.0.1:{port}/hook")
        urls = (f"http://127.0.0.1:{port}/hook", f"http://127.0.0.1:{silent_port}/hook")
        delays = {name: _delays(admin, urls[: 1 + beside], arrivals) for name, beside in _SIDES.items()}
    _show(rates, delays)


_SIDES = {"alone": 0, "beside one that hangs": 1}


def _rates(admin: "psycopg.Connection[Any]", workspace_id: UUID, ring: Keyring, url: str) -> dict[str, Any]:
    """Deliveries a second of each side, in turns; and how much memory ours took."""
    sides: dict[str, list[float]] = {"ours": [], **{name: [] for name in _POSTS}}
    share = DELIVERIES // ROUNDS
    body = json.dumps({"type": "member.added", "data": DATA}).encode()
    handler(_records({"workspace_id": str(workspace_id)}), lambda_context(60))  # imports, connections
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in progress(range(ROUNDS), f"{DELIVERIES:,} deliveries"):
        hooks = [_endpoint(admin, workspace_id, ring, url) for _ in range(ENDPOINTS)]
        _fill(admin, workspace_id, hooks, share)
        began = time.perf_counter()
        for hook in hooks:
            wake = {"workspace_id": str(workspace_id), "webhook_id": str(hook)}
            handler(_records(wake), lambda_context(60))
        sides["ours"].append(share / (time.perf_counter() - began))
        for name, rate in _POSTS.items():
            sides[name].append(rate(url, body))
        left = "SELECT count(*) FROM webhook_deliveries WHERE status <> 'delivered'"
        assert admin.execute(left).fetchone() == (0,)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    medians = {name: statistics.median(values) for name, values in sides.items()}
    return {"medians": medians, "rounds": sides, "grown_mb": grown / 1024, "rss_mb": (before + grown) / 1024}


def _own_rate(url: str, body: bytes) -> float:
    to = egress.destination(url)

    def one() -> egress.Steps[egress.Response]:
        return egress.exchange(to, "POST", headers=_signed(body), body=body, purpose=egress.WEBHOOK)

    began = time.perf_counter()
    answers = egress.together((one() for _ in range(CALLS)), delivering.IN_FLIGHT)
    assert {answer.status for answer in answers} == {200}
    return CALLS / (time.perf_counter() - began)


def _async_rate(url: str, body: bytes) -> float:
    async def run() -> set[int]:
        limits = httpx2.Limits(max_connections=delivering.IN_FLIGHT)
        async with httpx2.AsyncClient(limits=limits) as client:
            left, statuses = iter(range(CALLS)), set()

            async def some() -> None:
                for _ in left:
                    statuses.add((await client.post(url, content=body, headers=_signed(body))).status_code)

            await asyncio.gather(*(some() for _ in range(delivering.IN_FLIGHT)))
            return statuses

    began = time.perf_counter()
    assert asyncio.run(run()) == {200}
    return CALLS / (time.perf_counter() - began)


def _client_rate(url: str, body: bytes) -> float:
    with httpx2.Client(limits=httpx2.Limits(max_connections=delivering.IN_FLIGHT)) as client:
        began = time.perf_counter()
        with ThreadPoolExecutor(delivering.IN_FLIGHT) as threads:
            answers = threads.map(
                lambda _: client.post(url, content=body, headers=_signed(body)), range(CALLS)
            )
            statuses = {answer.status_code for answer in answers}
        assert statuses == {200}
        return CALLS / (time.perf_counter() - began)


def _bare_rate(url: str, body: bytes) -> float:
    began = time.perf_counter()
    for _ in range(BARE_CALLS):
        assert httpx2.post(url, content=body, headers=_signed(body)).status_code == 200
    return BARE_CALLS / (time.perf_counter() - began)


_POSTS = {"posts": _own_rate, "client": _client_rate, "async": _async_rate, "bare": _bare_rate}


def _signed(body: bytes) -> dict[str, str]:
    id_, now = f"msg_{new_id()}", int(time.time())
    signature = signing.signatures([KEY], id_, now, body)
    stamped = {"webhook-id": id_, "webhook-timestamp": str(now), "webhook-signature": signature}
    return {"Content-Type": "application/json", **stamped}


def _delays(admin: "psycopg.Connection[Any]", urls: tuple[str, ...], arrivals: Any) -> list[float]:
    """Milliseconds from each event's commit to its arrival at the healthy endpoint: the queue is one of this
    process's, with WORKERS workers, and no fairer than first come, first served."""
    workspace_id, ring = _workspace(admin)
    for url in urls:
        _endpoint(admin, workspace_id, ring, url)
    while not arrivals.empty():
        arrivals.get()
    wakes: queue.Queue[dict[str, Any] | None] = queue.Queue()
    real = queues.send

    def at_once(_url: str, messages: Any, _seconds: float = 8.0) -> list[int]:
        for message in messages:
            if not message.delay_seconds:
                wakes.put(dict(message.body))
        return []

    queues.send = at_once
    workers = [threading.Thread(target=_work, args=(wakes,)) for _ in range(WORKERS)]
    try:
        for worker in workers:
            worker.start()
        told: dict[str, float] = {}
        for _ in range(EVENTS):
            user_id = str(new_id())
            with transaction(workspace_id) as tx:
                outbox.emit(tx, workspace_id, "member.added", {"user_id": user_id, "role": "editor"})
            told[user_id] = time.time()
            wakes.put({"workspace_id": str(workspace_id)})
            time.sleep(PAUSE_SECONDS)
        found: dict[str, float] = {}
        while len(found) < EVENTS:
            user_id, at = arrivals.get(timeout=30)
            found.setdefault(user_id, at)
    finally:
        for _ in workers:
            wakes.put(None)
        for worker in workers:
            worker.join()
        queues.send = real
    return [(found[user_id] - at) * 1000 for user_id, at in told.items()]


def _work(wakes: "queue.Queue[dict[str, Any] | None]") -> None:
    while (wake := wakes.get()) is not None:
        handler(_records(wake), lambda_context(60))


def _records(body: dict[str, Any]) -> dict[str, Any]:
    return {"Records": [{"messageId": "0", "body": json.dumps(body)}]}


def _workspace(admin: "psycopg.Connection[Any]") -> tuple[UUID, Keyring]:
    workspace_id = new_id()
    wrapped = keys.new_data_key(workspace_id)
    admin.execute("SET session_replication_role = replica")  # its organization plays no part here
    named = "INSERT INTO workspaces (id, organization_id, name, slug) VALUES (%s, %s, 'W', %s)"
    admin.execute(named, [workspace_id, new_id(), workspace_id.hex])
    kept = "INSERT INTO workspace_keys (workspace_id, version, wrapped_key) VALUES (%s, 1, %s)"
    admin.execute(kept, [workspace_id, wrapped])
    return workspace_id, Keyring(workspace_id, {1: wrapped})


def _endpoint(admin: "psycopg.Connection[Any]", workspace_id: UUID, ring: Keyring, url: str) -> UUID:
    hook = new_id()
    secret = ring.seal("webhooks.secret", hook, signing.secret_of(KEY))
    statement = "INSERT INTO webhooks (id, workspace_id, url, secret, events) VALUES (%s, %s, %s, %s, '{*}')"
    admin.execute(statement, [hook, workspace_id, url, secret])
    return hook


def _fill(admin: "psycopg.Connection[Any]", workspace_id: UUID, hooks: list[UUID], count: int) -> None:
    """So many deliveries that are due, the endpoints' in equal shares."""
    events = """
        INSERT INTO events (id, workspace_id, type, sequence, mode, payload, endpoints, created_at)
        SELECT uuidv7(), %s, 'member.added', n, 'live', %s, 1, now() FROM generate_series(1, %s) AS n
        RETURNING id
    """
    payload = json.dumps(DATA)
    ids = [row[0] for row in admin.execute(events, [workspace_id, payload, count]).fetchall()]
    columns = "(id, workspace_id, webhook_id, event_id, event, payload, next_attempt_at)"
    envelope = json.dumps({"type": "member.added", "version": 1, "data": DATA})
    with admin.cursor().copy(f"COPY webhook_deliveries {columns} FROM STDIN") as copy:
        for number, event_id in enumerate(ids):
            hook = hooks[number % len(hooks)]
            copy.write_row((new_id(), workspace_id, hook, event_id, "member.added", envelope, "now"))
    admin.execute("ANALYZE webhook_deliveries")


def _show(rates: dict[str, Any], delays: dict[str, list[float]]) -> None:
    medians = rates["medians"]
    names = {
        "ours": "deliver_webhook, all of it",
        "posts": "signed posts: egress",
        "client": "signed posts: httpx2, one client, threads",
        "async": "signed posts: httpx2, asynchronous",
        "bare": "signed posts: httpx2.post",
    }
    rows = [
        (names[n], f"{rate:,.0f}", f"{medians['ours'] / rate:.2f}", f"{medians['posts'] / rate:.2f}")
        for n, rate in medians.items()
    ]
    header = ("", "a second", "all of it is x", "our posts are x")
    table(f"{DELIVERIES:,} deliveries, medians of {ROUNDS} rounds", header, rows)
    grown = [
        ("at most", f"{rates['rss_mb']:.0f} MB"),
        ("of it for the deliveries", f"{rates['grown_mb']:.0f} MB"),
    ]
    table("memory", ("", ""), grown)
    tails = {name: statistics.quantiles(values, n=100) for name, values in delays.items()}
    shown = [(name, f"{cut[49]:.0f}", f"{cut[98]:.0f}") for name, cut in tails.items()]
    table("from the commit to a healthy receiver", ("", "median, ms", "p99, ms"), shown)
    figures = {name: {"p50": cut[49], "p99": cut[98]} for name, cut in tails.items()}
    report("webhooks", {"deliveries": DELIVERIES, **rates, "delays_ms": figures})


if __name__ == "__main__":
    main()
