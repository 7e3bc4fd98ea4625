"""100,000 deliveries to a local receiver by deliver_webhook itself: rate, memory, and a neighbour's delay.

Everything counts: taking what is due out of Postgres, sealing undone, signing, posting, writing each attempt
down. Beside it, in turns in the same run, the usual HTTP client posts the same signed bodies to the same
receiver and writes nothing: one client with kept connections on as many threads, and a call each by itself.
Then a healthy endpoint is told of an event every 20 ms, alone and beside one that never answers.
"""

import asyncio
import json
import multiprocessing
import os
import queue
import resource
import statistics
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
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
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
spawn = multiprocessing.get_context("spawn")


def main() -> None:
    with ExitStack() as stack:
        made = stack.enter_context(database())
        port, silent_port, arrivals = stack.enter_context(_receivers())
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
    sides: dict[str, list[float]] = {"ours": [], "client": [], "bare": []}
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
        sides["client"].append(_client_rate(url, body))
        sides["bare"].append(_bare_rate(url, body))
        left = "SELECT count(*) FROM webhook_deliveries WHERE status <> 'delivered'"
        assert admin.execute(left).fetchone() == (0,)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    medians = {name: statistics.median(values) for name, values in sides.items()}
    return {"medians": medians, "rounds": sides, "grown_mb": grown / 1024, "rss_mb": (before + grown) / 1024}


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
    names = {"ours": "deliver_webhook", "client": "httpx2, one client", "bare": "httpx2.post"}
    rows = [(names[n], f"{rate:,.0f}", f"{medians['ours'] / rate:.2f}") for n, rate in medians.items()]
    table(f"{DELIVERIES:,} deliveries, medians of {ROUNDS} rounds", ("", "a second", "ours is x"), rows)
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


@contextmanager
def _receivers() -> Iterator[tuple[int, int, Any]]:
    """A receiver that answers at once and tells whom it was told of, and one that never answers; in a process
    of their own."""
    ports, arrivals = spawn.Queue(), spawn.Queue()
    process = spawn.Process(target=_serve, args=(ports, arrivals), daemon=True)
    process.start()
    try:
        yield ports.get(timeout=20), ports.get(timeout=20), arrivals
    finally:
        egress.close_idle()
        process.terminate()
        process.join(10)


class _Receiver(asyncio.Protocol):
    def __init__(self, arrivals: Any, *, answers: bool) -> None:
        self._arrivals, self._answers, self._buffer = arrivals, answers, b""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while b"\r\n\r\n" in self._buffer:
            head, _, rest = self._buffer.partition(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            if len(rest) < length:
                return
            body, self._buffer = rest[:length], rest[length:]
            if not self._answers:
                continue
            self._transport.write(ANSWER)
            if b'"user_id"' in body and b'"words"' not in body:
                self._arrivals.put((json.loads(body)["data"]["user_id"], time.time()))


def _serve(ports: Any, arrivals: Any) -> None:
    async def run() -> None:
        loop = asyncio.get_running_loop()
        servers = [
            await loop.create_server(lambda a=a: _Receiver(arrivals, answers=a), "127.0.0.1", 0)
            for a in (True, False)
        ]
        for server in servers:
            ports.put(server.sockets[0].getsockname()[1])
        await asyncio.gather(*(server.serve_forever() for server in servers))

    asyncio.run(run())


if __name__ == "__main__":
    main()
