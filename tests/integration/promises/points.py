"""The numbered steps of a run: every commit, and every call that leaves the process.

They are taken where nothing can go around them: SQLAlchemy's commit, `egress.request`, botocore's one way to
AWS, and the secrets extension. Nothing in the product knows that it is watched.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from botocore.client import BaseClient
from sqlalchemy.engine.default import DefaultDialect

from lamplighter import egress, secrets_store

ROOT = Path(__file__).resolve().parents[3]
OURS = (str(ROOT / "shared" / "lamplighter") + "/", str(ROOT / "functions") + "/")


class Points:
    """Numbers the steps of what runs inside `watched()`; with `kill` (number, side) the process ends itself
    with SIGKILL right before or right after that step, or stops itself (SIGSTOP) before it."""

    def __init__(self, kill: tuple[int, str] | None = None) -> None:
        self._kill = kill
        self._lock = threading.Lock()
        self.kinds: list[str] = []
        self.lines: set[tuple[str, int]] = set()
        """Each line of ours that was on the way to a step, relative to the project."""

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Inside, steps count."""
        global _watching  # noqa: PLW0603  # the seams are the process's
        _watching = self
        try:
            yield
        finally:
            _watching = None

    def around(self, kind: str, real: Callable[[], Any]) -> Any:
        """The step itself, and what may happen before and after it."""
        number = self._next(kind)
        self._die(number, "before")
        try:
            return real()
        finally:
            self._die(number, "after")

    def _next(self, kind: str) -> int:
        with self._lock:
            self.kinds.append(kind)
            if self._kill is None:
                self.lines |= _lines_of_ours()
            return len(self.kinds)

    def _die(self, number: int, side: str) -> None:
        if self._kill == (number, side):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._kill == (number, "stop") and side == "before":
            os.kill(os.getpid(), signal.SIGSTOP)


_watching: Points | None = None
_carried = threading.local()
"""In a thread: the lines from which its work was handed over."""


def stand_at_the_seams() -> None:
    """Once in a process that is about to play: nothing is put back."""
    _stand_at(DefaultDialect, "do_commit", lambda *_: "commit")
    _stand_at(egress, "request", lambda method, url, *_: f"{method} {_path(url)}")
    _stand_at(BaseClient, "_make_api_call", lambda _client, name, *_: name)
    _stand_at(secrets_store, "_get", lambda *_: "secret")
    submit = ThreadPoolExecutor.submit

    def submitted(threads: ThreadPoolExecutor, work: Callable[..., Any], /, *given: Any, **named: Any) -> Any:
        lines = _lines_of_ours() if _watching else set()

        def carried(*given: Any, **named: Any) -> Any:
            _carried.lines = lines
            return work(*given, **named)

        return submit(threads, carried, *given, **named)

    ThreadPoolExecutor.submit = submitted  # type: ignore[method-assign,assignment]


def _stand_at(owner: Any, name: str, kind: Callable[..., str]) -> None:
    real = getattr(owner, name)

    def stepped(*arguments: Any, **named: Any) -> Any:
        if _watching is None:
            return real(*arguments, **named)
        return _watching.around(kind(*arguments), lambda: real(*arguments, **named))

    setattr(owner, name, stepped)


def _path(url: str) -> str:
    """Without what differs from run to run: the step before the first number, key or id."""
    path = "/" + url.partition("?")[0].partition("://")[2].partition("/")[2]
    kept = [part for part in path.split("/") if len(part) < 32 and not part.isdigit()]
    return "/".join(kept)


def _lines_of_ours() -> set[tuple[str, int]]:
    frame, lines = sys._getframe(2), set(getattr(_carried, "lines", ()))  # the stack is asked for
    while frame is not None:
        name = frame.f_code.co_filename
        if name.startswith(OURS):
            lines.add((str(Path(name).relative_to(ROOT)), frame.f_lineno))
        frame = frame.f_back  # type: ignore[assignment]
    return lines
