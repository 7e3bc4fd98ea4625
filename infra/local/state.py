"""Who runs the stack of a directory: a lock that dies with its holder, and a file that says more."""

import fcntl
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any


class AlreadyRunningError(RuntimeError):
    """Another process runs the stack of this directory."""

    def __init__(self, state: Mapping[str, Any]) -> None:
        super().__init__(f"Lamplighter already runs: process {state.get('pid')}, {state.get('url')}")


class State:
    """`.local/stack.json`, written by whoever holds `.local/lock`."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True)
        directory.chmod(0o700)  # keys and passwords lie below it
        self.directory = directory
        self._lock_path = directory / "lock"
        self._path = directory / "stack.json"
        self._lock: IO[str] | None = None

    def take(self) -> dict[str, Any]:
        """Take the lock; gives what a run that was killed has left behind, else {}."""
        if not self._try_lock():
            raise AlreadyRunningError(self.read())
        assert self._lock is not None  # noqa: S101  # just taken
        self._lock.truncate(0)
        self._lock.write(str(os.getpid()))
        self._lock.flush()
        return self.read()

    def write(self, state: Mapping[str, Any]) -> None:
        """Say who runs, and where."""
        unfinished = self._path.with_suffix(".new")
        unfinished.write_text(json.dumps(state, indent=1))
        unfinished.replace(self._path)

    def release(self) -> None:
        """A clean end: nothing is left behind."""
        if self._lock is not None:
            self._path.unlink(missing_ok=True)
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def read(self) -> dict[str, Any]:
        """What the file says; {} if there is none."""
        try:
            state: dict[str, Any] = json.loads(self._path.read_text())
        except (OSError, ValueError):
            return {}
        return state

    def holder(self) -> int | None:
        """The process that has the lock, or had it last; the file beside may still be an earlier run's."""
        text = self._lock_path.read_text()
        return int(text) if text else None

    def is_held(self) -> bool:
        """Whether a process runs this stack now."""
        if not self._try_lock():
            return True
        if self._lock is not None:
            self._lock.close()
            self._lock = None
        return False

    def _try_lock(self) -> bool:
        file = self._lock_path.open("a")  # it names the holder: not emptied by who only asks
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._lock = file
        return True
