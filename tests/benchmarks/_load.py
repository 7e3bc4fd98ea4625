"""A stack under load: queues that choose fairly, as many workers as a lane has, a network that is slow."""

import io
import json
import multiprocessing
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.synchronize import Event
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg

from infra.local.first_workspace import first_workspace
from lamplighter.domain import gates
from tests.benchmarks._harness import Database, environment
from tests.benchmarks._queues import SQS_CALL_SECONDS, take_over
from tests.integration.cloud import Cloud
from tests.integration.http import Http, handler_of

SLOW_WORD = "slow"
"""The network takes its time for posts that begin with it."""
LANES = ("PUBLISH_QUEUE_URL", "PUBLISH_SLOW_QUEUE_URL")

_POSTS = (
    """
    CREATE TEMP TABLE made ON COMMIT DROP AS
    SELECT uuidv7() AS id, uuidv7() AS row_id, n,
           now() + %(first)s * interval '1 second' + (n - 1) * %(gap)s * interval '1 second' AS due
      FROM generate_series(1, %(count)s) AS n
    """,
    """
    INSERT INTO publications (id, workspace_id, content_id, scheduled_at)
    SELECT id, %(workspace)s, %(content)s, due FROM made
    """,
    """
    INSERT INTO publication_platforms (id, workspace_id, publication_id, connection_id, platform)
    SELECT row_id, %(workspace)s, id,
           (%(connections)s::uuid[])[1 + n %% cardinality(%(connections)s::uuid[])], 'sandbox'
      FROM made
    """,
    """
    INSERT INTO dispatches (publication_platform_id, workspace_id, due_at, priority, lane, fence, wakes)
    SELECT row_id, %(workspace)s, due, 1, 0, 0, 0 FROM made
    """,
)


class Network:
    """Accepts every post, those that begin with SLOW_WORD after a while, and counts each text's."""

    def __init__(self, seconds: float) -> None:
        network = self
        self.seconds = seconds
        self.accepted = 0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if body["text"].startswith(SLOW_WORD):
                    time.sleep(network.seconds)
                network.accepted += 1
                key = self.headers["Idempotency-Key"]
                data = json.dumps({"id": key, "url": f"http://127.0.0.1/{key}"}).encode()
                self.send_response(201)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_arguments: object) -> None:
                """Nothing."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_arguments: object) -> None:
                """Whoever hung up is not waited for."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self.address = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@dataclass(frozen=True, slots=True)
class Tenant:
    """A workspace with accounts and one text."""

    workspace_id: UUID
    content: str
    connections: list[str]

    def schedule(self, admin: psycopg.Connection[Any], count: int, first: float, gap: float) -> None:
        """`count` posts, the first due in `first` seconds, then one every `gap` seconds."""
        values = {
            "workspace": self.workspace_id,
            "content": self.content,
            "connections": self.connections,
            "count": count,
            "first": first,
            "gap": gap,
        }
        with admin.transaction():
            # Foreign keys are looked up by plans from when the tables were empty: minutes for 50,000 rows.
            admin.execute("SET LOCAL session_replication_role = replica")
            for statement in _POSTS:
                psycopg.ClientCursor(admin).execute(statement, values)
        admin.execute("ANALYZE publications, publication_platforms, dispatches")


def tenant(name: str, text: str, accounts: int) -> Tenant:
    """A new one, made through the API."""
    made = first_workspace(name, name, f"bench-{name}-{time.time_ns()}")
    http = Http(str(made.workspace_id), made.key)
    content = http.post("/content", {"text": text}).json["id"]
    body = {"platform": "sandbox", "credentials": {"handle": "lamp"}}
    connections = [
        http.post("/connections", body | {"credentials": {"handle": f"{name}{number}"}}).json["id"]
        for number in range(accounts)
    ]
    return Tenant(made.workspace_id, content, connections)


@contextmanager
def reached(
    made: Database, cloud: Cloud, network: Network, more: Mapping[str, str]
) -> Iterator[dict[str, str]]:
    """Inside, handlers of this process are the application's; what processes of their own need for that."""
    values = {
        **cloud.environment,
        "DATABASE_URL": made.url(),
        "SANDBOX_URL": f"http://{network.address}",
        "EGRESS_ALLOW": network.address,
        "POWERTOOLS_LOG_LEVEL": "CRITICAL",
        **more,
    }
    with environment(values):
        yield values


@contextmanager
def workers(
    values: Mapping[str, str], served: Any, lanes: Mapping[str, int], slow_seconds: float, processes: int = 14
) -> Iterator[None]:
    """So many posts at a time from each lane's queue, one message each, as Lambda's mappings do it. Two or
    three to a process: its pool keeps four connections, and a fifth worker would open one every time."""
    spawn = multiprocessing.get_context("spawn")
    end = spawn.Event()
    with ExitStack() as stack:
        for number in range(processes):
            mine = {lane: (count + number) // processes for lane, count in lanes.items()}
            process = spawn.Process(
                target=_work, args=(dict(values), served, mine, slow_seconds, end), daemon=True
            )
            process.start()
            stack.callback(process.kill)
        try:
            yield
        finally:
            end.set()
            time.sleep(0.5)


def _work(
    values: dict[str, str], served: Any, lanes: dict[str, int], slow_seconds: float, end: Event
) -> None:
    take_over(served)
    with environment(values):
        gates.SLOW_CALL_SECONDS = slow_seconds  # scaled with the network
        handler = handler_of("publish_post")
        for lane, count in lanes.items():
            for _ in range(count):
                threading.Thread(target=_poll, args=(served, values[lane], handler, end), daemon=True).start()
        end.wait()


def _poll(served: Any, url: str, handler: Any, end: Event) -> None:
    """A call to receive and one to delete, between which the worker is at work."""
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000, function_name="bench")
    while not end.is_set():
        found = served.receive(url, 1.0)
        time.sleep(SQS_CALL_SECONDS)
        if found is not None:
            handle, body = found
            record = {"messageId": str(handle), "body": body}
            if not handler({"Records": [record]}, context)["batchItemFailures"]:
                served.delete(url, handle)


@contextmanager
def ticks(values: Mapping[str, str], served: Any, made: Database, every: float) -> Iterator[None]:
    """publish_due with its own login, in a process of its own."""
    spawn = multiprocessing.get_context("spawn")
    login = {**values, "DATABASE_URL": made.url("lamplighter_publish_due")}
    process = spawn.Process(target=_tick, args=(login, served, every), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.kill()


def _tick(values: dict[str, str], served: Any, every: float) -> None:
    take_over(served)
    with environment(values):
        handler = handler_of("publish_due")
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: 50_000, function_name="bench")
        with redirect_stdout(io.StringIO()):  # the lines for CloudWatch
            while True:
                began = time.monotonic()
                handler({}, context)
                time.sleep(max(0.0, every - (time.monotonic() - began)))
