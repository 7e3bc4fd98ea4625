"""Requests handled in processes of their own, as Lambda does it: side by side, or killed in the middle.

`python -m tests.integration.processes FUNCTION` reads one order, forks a process for each of its events, lets
them all begin at once, and writes their answers; null for one that was killed.
"""

import importlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import Engine, event

from infra.local.http_events import Request
from infra.local.http_events import event as event_of
from infra.local.routing import resolve
from tests.integration.http import NAME_OF, ROUTES, Http, lambda_context

ROOT = Path(__file__).resolve().parents[2]
ANSWERED = 0
"""Dies when all is committed, before anybody hears of it."""


def handled(
    function: str, events: Sequence[Any], *, dies_before_commit: int | None = None, warm_up: Any = None
) -> list[Any]:
    """What the function answers to each event, all at once. With `dies_before_commit` each process is killed
    (SIGKILL) as it is about to commit for the n-th time, or with ANSWERED after all commits. With `warm_up`,
    an event like them, they begin as sandboxes that have been called before, each still without a connection;
    its answer comes first."""
    order = json.dumps({"events": list(events), "dies": dies_before_commit, "warm_up": warm_up})
    command = [sys.executable, "-m", "tests.integration.processes", function]
    environ = {**os.environ, "PYTHONPATH": "shared:."}
    done = subprocess.run(
        command, cwd=ROOT, env=environ, input=order, capture_output=True, text=True, timeout=60, check=True
    )
    answers: list[Any] = json.loads(done.stdout.splitlines()[-1])
    return answers


def asked_at_once(http: Http, method: str, path: str, bodies: Sequence[Any], **headers: str) -> list[Any]:
    """One request with each body, all at the same moment, in processes of their own; their answers."""
    target = f"/v1/workspaces/{http.workspace_id}{path}"
    sent = {"content-type": "application/json", "authorization": f"Bearer {http.key}", **headers}
    requests = [
        Request(method, target, list(sent.items()), json.dumps(body).encode(), "127.0.0.1") for body in bodies
    ]
    match = resolve(ROUTES, method, target)
    assert match
    return handled(NAME_OF[match.logical_id], [event_of(each, match) for each in requests])


def _main(function: str) -> None:
    order = json.load(sys.stdin)
    handler = importlib.import_module(f"functions.{function}.handler").handler
    warm = [] if order["warm_up"] is None else [_warmed_up(handler, order["warm_up"])]
    gate, open_gate = os.pipe()
    pipes = []
    for given in order["events"]:
        reads, writes = os.pipe()
        if os.fork() == 0:
            os.close(open_gate)
            _be_one(handler, given, order["dies"], gate, writes)
        os.close(writes)
        pipes.append(reads)
    os.close(open_gate)  # they wait for its end
    answers = [_all_of(reads) for reads in pipes]
    json.dump(warm + [json.loads(answer) if answer else None for answer in answers], sys.stdout)


def _warmed_up(handler: Any, given: Any) -> Any:
    """What a sandbox keeps from call to call is there afterwards, but for connections: nobody shares one."""
    engines = set[Engine]()
    event.listen(Engine, "engine_connect", lambda connection: engines.add(connection.engine))
    answer = handler(given, lambda_context())
    for engine in engines:
        engine.dispose()
    return answer


def _be_one(handler: Any, given: Any, dies: int | None, gate: int, writes: int) -> NoReturn:
    os.read(gate, 1)
    if dies:
        _die_before_commit(dies)
    answer = json.dumps(handler(given, lambda_context())).encode()
    if dies == ANSWERED:
        os.kill(os.getpid(), signal.SIGKILL)
    with os.fdopen(writes, "wb") as pipe:
        pipe.write(answer)
    os._exit(0)


def _die_before_commit(number: int) -> None:
    commits = 0

    @event.listens_for(Engine, "commit")
    def _count(_connection: object) -> None:
        nonlocal commits
        commits += 1
        if commits == number:
            os.kill(os.getpid(), signal.SIGKILL)


def _all_of(reads: int) -> bytes:
    with os.fdopen(reads, "rb") as pipe:
        return pipe.read()


if __name__ == "__main__":
    _main(sys.argv[1])
