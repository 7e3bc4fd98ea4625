"""Notices changes of the code that functions run."""

import threading
from collections.abc import Callable, Iterable
from pathlib import Path

LOOK_SECONDS = 1.0


def fingerprint(folders: Iterable[Path]) -> int:
    """Differs when a Python file, or the list of the time zones, appeared, went or was written."""
    files = [
        (str(path / name), (path / name).stat().st_mtime_ns)
        for folder in folders
        for path, _, names in folder.walk()
        for name in names
        if name.endswith((".py", "tzdata.zi"))
    ]
    return hash(tuple(sorted(files)))


class CodeWatch:
    """Calls `changed` with the fingerprint, at once and at each change; `tick` after each look."""

    def __init__(self, folders: list[Path], changed: Callable[[int], None], tick: Callable[[], None]) -> None:
        self._folders = folders
        self._changed = changed
        self._tick = tick
        self._stopped = threading.Event()
        self._last = fingerprint(folders)
        changed(self._last)
        threading.Thread(target=self._watch, name="code", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def _watch(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            try:
                now = fingerprint(self._folders)
            except OSError:  # a file went while we looked: the next look tells
                continue
            if now != self._last:
                self._last = now
                self._changed(now)
            self._tick()
