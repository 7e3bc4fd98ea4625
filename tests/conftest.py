"""What all tests share: Postgres, migrated and reached as the application's own login."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import psycopg
import pytest

from lamplighter.clickhouse.migrations import Migration, migrations
from lamplighter.postgres import session
from lamplighter.settings import settings
from tests import logins
from tests.cluster import SCRIPTS, Cluster, Server
from tests.factories import make_workspace

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_cluster = pytest.StashKey[Cluster]()


@dataclass(frozen=True, slots=True)
class Database:
    """This worker's database."""

    server: Server
    name: str

    def url(self, login: str = "lamplighter_app") -> str:
        """postgresql://..., as the application unless another login is named ("postgres": the superuser)."""
        return self.server.url(self.name, login)


def pytest_configure(config: pytest.Config) -> None:
    """The run's process owns the server; worker processes find it by its folder."""
    given = getattr(config, "workerinput", {}).get("cluster")
    cluster = Cluster(Path(given)) if given else Cluster.of_this_run()
    config.stash[_cluster] = cluster
    if not given and getattr(config.option, "numprocesses", None):
        cluster.watch()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Runs in the run's process for each worker of pytest-xdist."""
    node.workerinput["cluster"] = str(node.config.stash[_cluster].folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):
        config.stash[_cluster].stop()


@pytest.fixture(scope="session")
def server(pytestconfig: pytest.Config) -> Server:
    """The run's PostgreSQL server, for tests that make databases of their own."""
    return pytestconfig.stash[_cluster].server()


@pytest.fixture(scope="session")
def _worker_database(server: Server) -> Iterator[Database]:
    name = f"test_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    server.create(name)
    yield Database(server, name)
    session.dispose()


@pytest.fixture
def database(_worker_database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    """The database that `transaction()` reaches in this test, as lamplighter_app. What a test commits stays:
    each works in workspaces of its own."""
    monkeypatch.setenv("DATABASE_URL", _worker_database.url())
    settings.cache_clear()
    yield _worker_database
    settings.cache_clear()


@pytest.fixture
def superuser(database: Database) -> Iterator[psycopg.Connection[Any]]:
    """A connection that no policy binds, committing each statement: to look behind, or to set the stage."""
    with psycopg.connect(database.url("postgres"), autocommit=True) as connection:
        yield connection


@pytest.fixture
def as_login(database: Database) -> Callable[[str], AbstractContextManager[None]]:
    """Inside `with as_login(name):`, `transaction()` has that login."""
    return logins.as_login


@pytest.fixture
def as_publish_due(
    as_login: Callable[[str], AbstractContextManager[None]],
) -> Callable[[], AbstractContextManager[None]]:
    """Inside `with as_publish_due():`, `transaction()` has publish_due's login."""
    return lambda: as_login("lamplighter_publish_due")


@pytest.fixture
def empty_dispatches(superuser: psycopg.Connection[Any]) -> None:
    """No work is waiting: for tests that claim across tenants."""
    superuser.execute("DELETE FROM dispatches")


@pytest.fixture
def workspace(database: Database) -> UUID:
    """A committed workspace of the test's own, in an organization of its own."""
    return make_workspace().id


@pytest.fixture(scope="session")
def _clickhouse_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """chDB lets a process open one directory, and only one process a directory."""
    return tmp_path_factory.mktemp("clickhouse")


@pytest.fixture
def clickhouse(_clickhouse_path: Path) -> Iterator["Client"]:
    """The real engine, in this process, with an empty database of the test's own."""
    with _new_clickhouse(_clickhouse_path) as client:
        yield client


@pytest.fixture
def clickhouse_copy(_clickhouse_path: Path) -> Iterator["Client"]:
    """A second database."""
    with _new_clickhouse(_clickhouse_path) as client:
        yield client


@contextmanager
def _new_clickhouse(path: Path) -> Iterator["Client"]:
    import clickhouse_connect  # noqa: PLC0415  # a second that most tests need not spend

    name = f"test_{uuid4().hex}"
    with clickhouse_connect.get_client(interface="chdb", path=str(path)) as first:
        first.command(f"CREATE DATABASE {name}")
    with clickhouse_connect.get_client(interface="chdb", path=str(path), database=name) as client:
        yield client
        client.command(f"DROP DATABASE {name}")


@pytest.fixture(scope="session")
def clickhouse_steps() -> list[Migration]:
    """ClickHouse's migrations."""
    return migrations(SCRIPTS.parent / "clickhouse")
