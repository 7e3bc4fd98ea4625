"""The network as its own login sees it, and an account per test."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from lamplighter.platforms.sandbox import token_for
from lamplighter.settings import settings
from tests.conftest import Database
from tests.integration.cloud import Cloud
from tests.integration.sandbox.client import Client


@pytest.fixture(autouse=True)
def network(database: Database, aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A network that is local, reaches its own schema only, and takes its address from the call."""
    monkeypatch.setenv("DATABASE_URL", database.url("lamplighter_sandbox"))
    monkeypatch.setenv("ENVIRONMENT", "local")
    monkeypatch.delenv("SANDBOX_URL", raising=False)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def ada() -> Client:
    return Client(token_for(uuid4().hex))


@pytest.fixture
def grace() -> Client:
    return Client(token_for(uuid4().hex))


@pytest.fixture
def nobody() -> Client:
    return Client(None)


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same network in a deployment that strangers reach."""
    monkeypatch.setenv("ENVIRONMENT", "production")
    settings.cache_clear()
