"""Processes of this package that live exactly as long as the one that started them."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parents[2]
START_SECONDS = 90.0
STOP_SECONDS = 10.0
LEFT_OVER_SECONDS = 5.0


def launch(
    module: str,
    *arguments: str,
    pass_fds: Sequence[int] = (),
    stdin: int = subprocess.DEVNULL,
    stdout: int | None = None,
    stderr: int | IO[bytes] | None = None,
) -> subprocess.Popen[bytes]:
    """Start `python -m infra.local.<module>` in a session of its own: Ctrl-C reaches only who started it."""
    return subprocess.Popen(  # our own words only
        [sys.executable, "-P", "-m", f"infra.local.{module}", *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        pass_fds=pass_fds,
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


class Child:
    """A server in a process of its own. Its standard input is its lifeline: when that ends, so does it."""

    def __init__(self, module: str, *arguments: str, log: Path) -> None:
        self.module = module
        self._log = log
        with log.open("wb") as output:
            self._process = launch(
                module, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=output
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_until_ready(self) -> None:
        """Until it has said so; raises RuntimeError with the end of its log if it ends or stays silent."""
        output = self._process.stdout
        if output is None or not select.select([output], [], [], START_SECONDS)[0] or not output.readline():
            self.stop()
            tail = self._log.read_text(errors="replace")[-2000:]
            message = f"{self.module} did not start:\n{tail}"
            raise RuntimeError(message)

    def is_alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def stop(self) -> None:
        """Let go of the lifeline and wait. Repeating it does nothing."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def end_left_over(pids: Iterable[int]) -> None:
    """Processes of a run that was killed end by themselves; one that does not, within a moment, is killed."""
    deadline = time.monotonic() + LEFT_OVER_SECONDS
    left = {pid for pid in pids if is_ours(pid)}
    while left and time.monotonic() < deadline:
        time.sleep(0.02)
        left = {pid for pid in left if is_ours(pid)}
    for pid in left:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def is_ours(pid: int) -> bool:
    """Whether a process with this id runs a part of this package: ids are given anew after a while."""
    shown = subprocess.run(
        ["/bin/ps", "-p", str(pid), "-o", "command="], check=False, capture_output=True, text=True
    )
    return " infra.local." in shown.stdout


def say_ready_and_end_with_parent() -> None:
    """Called in the child once it serves: tells the parent, and ends this process when the parent is gone."""
    print("ready", flush=True)  # the line that `wait_until_ready` reads
    threading.Thread(target=_end_with_lifeline, daemon=True).start()


def _end_with_lifeline() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)
