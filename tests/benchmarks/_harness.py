"""What benchmarks share: a server of their own, interleaved rounds, and a report that is kept."""

import json
import os
import platform
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.local.postgres import EmbeddedPostgres
from lamplighter.postgres import migrations, session
from lamplighter.postgres.roles import LOGINS
from lamplighter.settings import settings

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / ".local" / "bench"
PASSWORD = "a password of the benchmarks"
SERVER = {"shared_buffers": "256MB", "max_wal_size": "4GB"}
PACKAGES = ("aws-lambda-powertools", "psycopg", "pydantic", "sqlalchemy")

console = Console()


class Database:
    """A migrated database on a server of its own."""

    def __init__(self, server: EmbeddedPostgres) -> None:
        self._server = server

    def url(self, login: str = "lamplighter_app") -> str:
        """postgresql://..., as the application unless another login is named ("postgres": the superuser)."""
        password = self._server.password if login == "postgres" else PASSWORD
        return self._server.url(login, password, "bench")

    def connect(self, login: str = "postgres") -> psycopg.Connection[Any]:
        """A connection that commits each statement."""
        return psycopg.connect(self.url(login), autocommit=True, options="-c timezone=UTC")

    @contextmanager
    def reached_by_transaction(self, login: str = "lamplighter_app") -> Iterator[None]:
        """Inside, `transaction()` has that login."""
        with environment({"DATABASE_URL": self.url(login)}):
            yield
        session.dispose()


@contextmanager
def database() -> Iterator[Database]:
    """PostgreSQL with the migrated schema; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="lamplighter-bench-"))
    server = EmbeddedPostgres(folder / "postgres", settings=SERVER)
    try:
        server.start()
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        made = Database(server)
        migrations.upgrade(made.url("postgres"), ROOT / "infra" / "migrations" / "postgres")
        with made.connect() as connection:
            for login in LOGINS:
                statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
                connection.execute(statement.format(sql.Identifier(login), sql.Literal(PASSWORD)))
        yield made
    finally:
        server.remove()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Inside, the process's settings are read with these variables."""
    before = dict(os.environ)
    os.environ.update(values)
    settings.cache_clear()
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


def interleaved(sides: Mapping[str, Callable[[], object]], rounds: int, calls: int) -> dict[str, float]:
    """Microseconds a call of each side: in every round each runs `calls` times, in turns that rotate; the
    median over the rounds."""
    names = list(sides)
    for side in sides.values():
        for _ in range(max(10, calls // 5)):
            side()
    taken: dict[str, list[float]] = {name: [] for name in names}
    for turn in progress(range(rounds), "rounds"):
        shift = turn % len(names)
        for name in names[shift:] + names[:shift]:
            side, began = sides[name], time.perf_counter()
            for _ in range(calls):
                side()
            taken[name].append((time.perf_counter() - began) / calls * 1e6)
    return {name: statistics.median(values) for name, values in taken.items()}


def progress[Item](items: Sequence[Item], what: str) -> Iterator[Item]:
    """The items, with a bar on the terminal."""
    columns = (TextColumn("{task.description:>24}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as shown:
        task = shown.add_task(what, total=len(items))
        for item in items:
            yield item
            shown.advance(task)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print one."""
    shown = Table(title=title, title_justify="left")
    for index, name in enumerate(head):
        shown.add_column(name, justify="right" if index else "left")
    for row in rows:
        shown.add_row(*row)
    console.print(shown)


def report(name: str, figures: Mapping[str, Any]) -> None:
    """Keep the figures beside when, with what and on what they were taken."""
    document = {
        "benchmark": name,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "versions": {"python": platform.python_version()} | {p: version(p) for p in PACKAGES},
        "machine": {"system": platform.system(), "architecture": platform.machine(), "cores": os.cpu_count()},
        "load_average": os.getloadavg()[0],
        **figures,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(document, indent=2) + "\n")
    console.print(f"kept in {path.relative_to(ROOT)}")


def _commit() -> str:
    command = ["git", "describe", "--always", "--dirty"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()
