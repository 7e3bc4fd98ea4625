"""Two tenants, and a database without row level security."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import psycopg
import pytest

from lamplighter.postgres import session
from lamplighter.services import access_tokens
from lamplighter.settings import settings
from tests.cluster import Server
from tests.conftest import Database
from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.tenancy.lines import take_row_level_security_away
from tests.integration.tenancy.tenants import Tenant, new_tenant

type New = Callable[[], Tenant]


@pytest.fixture(scope="session")
def _open_database(server: Server, _worker_database: Database) -> Iterator[Database]:
    made = Database(server, f"{_worker_database.name}_open")
    server.create(made.name)
    take_row_level_security_away(made.url("postgres"))
    yield made
    session.dispose()
    server.drop(made.name)


@pytest.fixture
def open_database(
    aws: Cloud, _open_database: Database, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Database]:
    """What `transaction()` reaches in this test: a database in which row level security is off."""
    monkeypatch.setenv("DATABASE_URL", _open_database.url())
    settings.cache_clear()
    access_tokens.forget()  # each database has its own table of public keys
    yield _open_database
    settings.cache_clear()
    access_tokens.forget()


@pytest.fixture
def new(aws: Cloud, network: FakeNetwork, superuser: psycopg.Connection[Any]) -> New:
    """Makes tenants."""
    return partial(new_tenant, aws, superuser)


@pytest.fixture
def new_in_the_open(aws: Cloud, network: FakeNetwork, open_database: Database) -> Iterator[New]:
    """Makes tenants where row level security is off."""
    with psycopg.connect(open_database.url("postgres"), autocommit=True) as behind:
        yield partial(new_tenant, aws, behind)
