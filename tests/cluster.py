"""The tests' Postgres: one server for a run, a template migrated once, a copy of it for each worker."""

import json
import os
import shutil
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from infra.local.postgres import EmbeddedPostgres
from lamplighter.postgres import migrations
from lamplighter.postgres.roles import LOGINS

SCRIPTS = Path(__file__).parents[1] / "infra" / "migrations" / "postgres"
PASSWORD = "a password of the tests"
TEMPLATE = "template_migrated"
START_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Server:
    """Where the run's server is."""

    port: int
    superuser_password: str

    def url(self, database: str, login: str = "postgres") -> str:
        """postgresql://..., as one of LOGINS or the superuser."""
        password = self.superuser_password if login == "postgres" else PASSWORD
        return f"postgresql://{login}:{quote(password)}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = TEMPLATE) -> None:
        """A database that is a copy of the template ("template1": an empty one)."""
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._run(statement.format(sql.Identifier(database), sql.Identifier(template)))

    def drop(self, database: str) -> None:
        """The database gone, whoever is connected to it."""
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database)))

    def _run(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)


class Cluster:
    """The server and who starts it: the run's own process, when the first test asks for it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._server: EmbeddedPostgres | None = None
        self._over = threading.Event()
        self._watcher = threading.Thread(target=self._start_when_wanted, daemon=True)

    @classmethod
    def of_this_run(cls) -> "Cluster":
        """In a folder named by the process, so that what a killed run left is found and removed."""
        runs = Path(tempfile.gettempdir()) / f"lamplighter-tests-{os.getuid()}"
        runs.mkdir(exist_ok=True)
        for left in runs.iterdir():
            if not _alive(int(left.name)):
                EmbeddedPostgres(left / "postgres").remove()
                shutil.rmtree(left, ignore_errors=True)
        folder = runs / str(os.getpid())
        folder.mkdir()
        return cls(folder)

    def watch(self) -> None:
        """Start as soon as a worker process says that it wants the server."""
        self._watcher.start()

    def server(self) -> Server:
        """The server, started now if need be; in a worker, by the run's process."""
        answer = self.folder / "server.json"
        if os.getpid() == int(self.folder.name) and not self._watcher.is_alive():
            self._start()
        (self.folder / "wanted").touch()
        deadline = time.monotonic() + START_SECONDS
        while not answer.exists():
            if time.monotonic() > deadline:
                message = f"no PostgreSQL after {START_SECONDS:.0f} s"
                raise TimeoutError(message)
            time.sleep(0.02)
        found = json.loads(answer.read_text())
        if "error" in found:
            raise RuntimeError(found["error"])
        return Server(**found)

    def stop(self) -> None:
        """Stop and delete everything."""
        self._over.set()
        if self._watcher.is_alive():
            self._watcher.join()
        if self._server is not None:
            self._server.remove()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start_when_wanted(self) -> None:
        while not self._over.wait(0.02):
            if (self.folder / "wanted").exists():
                self._start()
                return

    def _start(self) -> None:
        if self._server is not None:
            return
        try:
            self._server = EmbeddedPostgres(self.folder / "postgres", settings={"max_connections": "200"})
            self._server.start()
            server = Server(self._server.port, self._server.password)
            server.create(TEMPLATE, "template1")
            migrations.upgrade(server.url(TEMPLATE), SCRIPTS)
            _set_passwords(server)
            found: dict[str, object] = asdict(server)
        except Exception as error:  # told to the worker that waits
            found = {"error": repr(error)}
        unfinished = self.folder / "server.json.new"
        unfinished.write_text(json.dumps(found))
        unfinished.rename(self.folder / "server.json")


def _set_passwords(server: Server) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        for login in LOGINS:
            statement = sql.SQL("ALTER ROLE {} PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(login), sql.Literal(PASSWORD)))


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
