"""What the stack says on the terminal."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console as Terminal
from rich.markup import escape

from infra.local.pools import Invocation

QUIET_SECONDS = 5.0
"""The same error of the same function is shown once in this time; the log has each."""


class Console:
    """Steps with their durations, and the errors of functions. `quiet` shows nothing at all."""

    def __init__(self, *, quiet: bool = False) -> None:
        self.terminal = Terminal(quiet=quiet, highlight=False)
        self._lock = threading.Lock()
        self._shown: dict[tuple[str, str], float] = {}

    def say(self, text: str) -> None:
        """One line."""
        self.terminal.print(escape(text), soft_wrap=True)

    @contextmanager
    def step(self, doing: str, done: str) -> Iterator[None]:
        """Something that takes a while: says so while it lasts, and how long it took."""
        started = time.perf_counter()
        with self.terminal.status(escape(doing)):
            yield
        self.terminal.print(f"[green]✓[/] {escape(done)} [dim]{time.perf_counter() - started:.1f} s[/]")

    def note(self, invocation: Invocation, log: Path) -> None:
        """An error, or memory that Lambda would not have given."""
        name = invocation.function.name
        if invocation.error is not None:
            error = f"{invocation.error['errorType']}: {invocation.error['errorMessage']}"
            if self._is_news(name, invocation.error["errorType"]):
                self.terminal.print(f"[red]✗ {name}[/] {escape(error)} [dim]{log}[/]", soft_wrap=True)
        elif invocation.exceeds_memory and self._is_news(name, "memory"):
            used, limit = invocation.max_memory_mb, invocation.function.memory_mb
            self.terminal.print(f"[yellow]! {name}[/] used {used} MB of its {limit} MB")

    def _is_news(self, name: str, kind: str) -> bool:
        now = time.monotonic()
        with self._lock:
            last = self._shown.get((name, kind), -QUIET_SECONDS)
            self._shown[name, kind] = now
        return now - last >= QUIET_SECONDS
