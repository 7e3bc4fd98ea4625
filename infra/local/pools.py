"""The sandboxes of one function: started on demand, busy with one invocation, ended when idle or late."""

import contextlib
import datetime
import json
import os
import select
import signal
import socket
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.local import frames
from infra.local.template import Function

INIT_SECONDS = 30.0
"""Lambda gives a handler's imports 10 s; a laptop that starts everything at once may need longer."""
CONCURRENCY = 6
"""How many sandboxes a function may have at once that says nothing about it: more than a laptop has cores."""
MOST = 20
"""And how many if it asks for more; each holds a connection to the database."""


class ThrottledError(Exception):
    """Every sandbox that the function may have is busy, and stayed so."""


@dataclass(frozen=True, slots=True)
class Invocation:
    """What came of one invocation; `error` is Lambda's {"errorType", "errorMessage", "stackTrace"?}."""

    function: Function
    request_id: str
    result: Any
    error: Mapping[str, Any] | None
    seconds: float
    max_memory_mb: int

    @property
    def exceeds_memory(self) -> bool:
        """Whether Lambda would have ended it for its memory (which is only noted here)."""
        return self.max_memory_mb > self.function.memory_mb


class Sandbox:
    """The runtime's end of one sandbox process."""

    def __init__(self, pid: int, channel: socket.socket, code_version: int) -> None:
        self.pid = pid
        self.code_version = code_version
        self.idle_since = time.monotonic()
        self._channel = channel

    def ask(self, request: Mapping[str, Any], seconds: float) -> Any | None:
        """Its answer; None if the process died; raises TimeoutError."""
        try:
            frames.send(self._channel, request)
        except ConnectionError:
            return None
        return self.hear(seconds)

    def hear(self, seconds: float) -> Any | None:
        """Its next message, as in `ask`."""
        self._channel.settimeout(seconds)
        return frames.receive(self._channel)

    def is_alive(self) -> bool:
        """Between invocations a sandbox says nothing: something to read can only be its end."""
        return not select.select([self._channel], [], [], 0)[0]

    def kill(self) -> None:
        """End the process, whatever it does; who waits for its answer hears that it died."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        """The same, when nobody waits for an answer."""
        self.kill()
        self._channel.close()


class Pool:
    """The sandboxes of one function."""

    def __init__(
        self,
        function: Function,
        start: Callable[[Function], Sandbox],
        log: Path,
        code_version: Callable[[], int],
    ) -> None:
        self.function = function
        self.log = log
        asked = (mapping.maximum_concurrency for mapping in function.mappings)
        wanted = function.reserved_concurrency or max(filter(None, asked), default=CONCURRENCY)
        self.concurrency = min(wanted, MOST)
        self._free = threading.Semaphore(self.concurrency)
        self._start = start
        self._code_version = code_version
        self._idle: list[Sandbox] = []
        self._busy: set[Sandbox] = set()
        self._lock = threading.Lock()
        self._closed = False

    def invoke(self, event: object, patience: float) -> Invocation:
        """Run the handler; raises ThrottledError when no sandbox comes free within `patience` seconds."""
        if not self._free.acquire(timeout=patience):
            message = f"{self.function.name}: all {self.concurrency} sandboxes are busy"
            raise ThrottledError(message)
        try:
            return self._run(event, str(uuid.uuid4()))
        finally:
            self._free.release()

    def end_idle(self, idle_seconds: float) -> None:
        """End the sandboxes that have had nothing to do, or whose code is not what is on disk any more."""
        with self._lock:
            waiting, self._idle = self._idle, []
            for sandbox in waiting:
                rested = time.monotonic() - sandbox.idle_since > idle_seconds
                if rested or sandbox.code_version != self._code_version():
                    sandbox.end()
                else:
                    self._idle.append(sandbox)

    def close(self) -> None:
        """End all of them, the busy ones too."""
        with self._lock:
            self._closed = True
            for sandbox in self._idle:
                sandbox.end()
            self._idle.clear()
            for sandbox in self._busy:
                sandbox.kill()

    def is_busy(self) -> bool:
        """Whether an invocation runs."""
        return bool(self._busy)

    def pids(self) -> list[int]:
        """The processes that exist now."""
        with self._lock:
            return [sandbox.pid for sandbox in (*self._idle, *self._busy)]

    def _run(self, event: object, request_id: str) -> Invocation:
        started = time.perf_counter()

        def outcome(
            result: Any = None, error: Mapping[str, Any] | None = None, memory: int = 0
        ) -> Invocation:  # what handlers return
            seconds = time.perf_counter() - started
            return Invocation(self.function, request_id, result, error, seconds, memory)

        sandbox, failure = self._sandbox()
        if sandbox is None:
            return outcome(error=failure)
        started = time.perf_counter()
        request = {"event": event, "request_id": request_id, "deadline": time.time() + self.function.timeout}
        try:
            answer = sandbox.ask(request, self.function.timeout)
        except TimeoutError:
            self._discard(sandbox)
            return outcome(error=self._timed_out(request_id))
        if answer is None:
            self._discard(sandbox)
            return outcome(error=_crashed(request_id))
        self._put_back(sandbox)
        memory = answer["max_memory_mb"]
        if "error" in answer:
            return outcome(error=answer["error"], memory=memory)
        return outcome(json.loads(answer["result"]), memory=memory)

    def _sandbox(self) -> tuple[Sandbox, None] | tuple[None, Mapping[str, Any]]:
        """An idle sandbox that is alive and of today's code, or a new one, or why that could not be had."""
        with self._lock:
            while self._idle:
                sandbox = self._idle.pop()
                if sandbox.is_alive() and sandbox.code_version == self._code_version():
                    self._busy.add(sandbox)
                    return sandbox, None
                sandbox.end()
        try:
            sandbox = self._start(self.function)
        except ConnectionError:
            return None, _crashed("init")
        with self._lock:
            self._busy.add(sandbox)
            if self._closed:
                sandbox.kill()
        try:
            greeting = sandbox.hear(INIT_SECONDS)
        except TimeoutError:
            greeting = {
                "error": _error("Sandbox.Timedout", f"Init timed out after {INIT_SECONDS:.0f} seconds")
            }
        if greeting is not None and "ready" in greeting:
            return sandbox, None
        self._discard(sandbox)
        return None, (greeting or {"error": _crashed("init")})["error"]

    def _put_back(self, sandbox: Sandbox) -> None:
        sandbox.idle_since = time.monotonic()
        with self._lock:
            self._busy.discard(sandbox)
            if self._closed:
                sandbox.end()
            else:
                self._idle.append(sandbox)

    def _discard(self, sandbox: Sandbox) -> None:
        with self._lock:
            self._busy.discard(sandbox)
        sandbox.end()

    def _timed_out(self, request_id: str) -> Mapping[str, Any]:
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        message = f"{now} {request_id} Task timed out after {self.function.timeout:.2f} seconds"
        with self.log.open("a") as log:
            log.write(f"{message}\n")
        return _error("Sandbox.Timedout", message)


def _crashed(request_id: str) -> Mapping[str, Any]:
    return _error(
        "Runtime.ExitError", f"RequestId: {request_id} Error: Runtime exited without providing a reason"
    )


def _error(kind: str, message: str) -> Mapping[str, Any]:
    return {"errorType": kind, "errorMessage": message}
