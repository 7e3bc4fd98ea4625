"""Processes that play a scenario and may be killed in the middle: forked from one that has imported it all.

`python -m tests.integration.promises.victims` reads an order a line, forks a process for it, and writes how
that ended.
"""

import gc
import importlib
import json
import os
import pkgutil
import subprocess
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

import lamplighter
from lamplighter import egress
from lamplighter.clients import aws
from lamplighter.postgres import session
from tests.integration.promises.points import ROOT, Points


@dataclass(frozen=True, slots=True)
class End:
    """How a process ended: by a signal, or with what it has to say."""

    killed_by: int
    said: Any


class Victims:
    """The process that others are forked from; its environment is the test's as it stands now."""

    def __init__(self) -> None:
        command = [sys.executable, "-m", "tests.integration.promises.victims"]
        environ = {**os.environ, "PYTHONPATH": f"{ROOT / 'shared'}:{ROOT}", "POWERTOOLS_LOG_LEVEL": "ERROR"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=ROOT, env=environ, stdin=pipe, stdout=pipe, text=True)

    def play(self, order: Mapping[str, Any]) -> End:
        """What became of a process that was given this order (see play.py). Where "kill" names no step, it is
        the process itself that others are forked from: what it learns on the way, they need not."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        if answer["failed"]:
            raise AssertionError(answer["failed"])
        return End(answer["killed_by"], answer["said"])

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def _serve() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what is logged is no answer
    _warm()
    for line in sys.stdin:
        order = json.loads(line)
        if not order["kill"]:
            answers.write(json.dumps({"killed_by": 0, **_played(order)}) + "\n")
            answers.flush()
            _let_go()
            continue
        reads, writes = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reads)
            _be_one(order, writes)
        os.close(writes)
        with os.fdopen(reads, "rb") as pipe:
            said = pipe.read()
        _, status = os.waitpid(pid, 0)
        killed_by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
        answer = json.loads(said) if said else {"said": None, "failed": None}
        answers.write(json.dumps({"killed_by": killed_by, **answer}) + "\n")
        answers.flush()


def _warm() -> None:
    """Everything imported and AWS's clients made: what each process would else do anew."""
    for module in pkgutil.walk_packages(lamplighter.__path__, "lamplighter."):
        importlib.import_module(module.name)
    for function in ("publications", "content", "publish_post", "publish_due"):
        importlib.import_module(f"functions.{function}.handler")
    importlib.import_module("sqlalchemy.dialects.postgresql.psycopg")
    importlib.import_module("tests.integration.promises.play").stand_in()
    gc.collect()
    gc.freeze()


def _let_go() -> None:
    """Of every connection: none may be shared with a process that is forked."""
    for engine in session._engines.values():  # what they have compiled stays
        engine.dispose()
    for client in (aws.sqs(), aws.s3(), aws.kms()):
        client.close()
    egress.close_idle()


def _be_one(order: dict[str, Any], writes: int) -> NoReturn:
    with os.fdopen(writes, "wb") as pipe:
        pipe.write(json.dumps(_played(order)).encode())
    os._exit(0)


def _played(order: dict[str, Any]) -> dict[str, Any]:
    play = importlib.import_module("tests.integration.promises.play").play
    kill = order["kill"]
    try:
        return {"said": play(order, Points(tuple(kill) if kill else None)), "failed": None}
    except BaseException:  # told to the test
        return {"said": None, "failed": traceback.format_exc()}


if __name__ == "__main__":
    _serve()
