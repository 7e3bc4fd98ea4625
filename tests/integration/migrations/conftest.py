"""Databases at whatever revision a test wants."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from lamplighter.postgres import migrations
from lamplighter.postgres.catalog import Catalog, catalog
from tests.cluster import SCRIPTS, TEMPLATE, Server

type NewDatabase = Callable[..., str]


@pytest.fixture
def new_database(server: Server) -> Iterator[NewDatabase]:
    """Makes a database, empty or migrated, and gives the superuser's URL of it."""
    made: list[str] = []

    def create(*, migrated: bool = False, login: str = "postgres") -> str:
        made.append(f"test_{uuid4().hex}")
        server.create(made[-1], TEMPLATE if migrated else "template1")
        return server.url(made[-1], login)

    yield create
    for name in made:
        server.drop(f"{name}_rehearsal")
        server.drop(name)


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A copy of Postgres' migrations to be tampered with."""
    copy = tmp_path / "postgres"
    (copy / "versions").mkdir(parents=True)
    for path in [*SCRIPTS.glob("*.*"), *SCRIPTS.glob("versions/*.*")]:
        (copy / path.relative_to(SCRIPTS)).write_bytes(path.read_bytes())
    return copy


def read(url: str) -> Catalog:
    """What the database at the URL is."""
    with migrations.engine(url).begin() as connection:
        return catalog(connection)


@pytest.fixture(scope="module")
def migrated_copy(server: Server) -> Iterator[str]:
    """A migrated database that a module's tests change in transactions of their own."""
    name = f"test_{uuid4().hex}"
    server.create(name)
    yield server.url(name)
    server.drop(name)


@pytest.fixture
def superuser_url(server: Server) -> str:
    """Where databases and roles are made."""
    return server.url("postgres")
