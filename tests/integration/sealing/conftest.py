"""A workspace with sealed secrets of every kind, and the job that replaces its key."""

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from lamplighter.clients.keys import new_data_key
from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.platforms.base import Account, Credentials
from lamplighter.postgres import session
from lamplighter.postgres.models import PlatformConnection, Webhook, WorkspaceKey
from lamplighter.postgres.roles import ROTATE_KEYS
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.services import connections, sealing
from lamplighter.services.cipher import version_of
from tests.cluster import Server
from tests.conftest import Database
from tests.factories import make_workspace
from tests.integration.cloud import Cloud
from tests.integration.http import handler_of, lambda_context

SECRET, PREVIOUS = (sealing.purpose_of("webhooks", column) for column in ("secret", "previous_secret"))
DAY = timedelta(hours=25)


@pytest.fixture(scope="session")
def _worker_database(server: Server) -> Iterator[Database]:
    """A database of these tests' own: the job works on all workspaces that it finds."""
    name = f"test_sealing_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    server.create(name)
    yield Database(server, name)
    session.dispose()


@dataclass(frozen=True, slots=True)
class Vault:
    """A workspace, seen as the application sees it."""

    id: UUID
    organization_id: UUID

    def connect(self, channel: str, access: str, refresh: str | None = None) -> UUID:
        """The account connected, or connected again, as the route does it."""
        with transaction(self.id) as tx:
            keyring = sealing.keyring(tx, self.id)
        keyring.ready()
        tenant = {"workspace_id": self.id, "organization_id": self.organization_id}
        caller = Caller(kind="api_key", id=uuid4(), **tenant)
        account = Account("sandbox", channel, channel, "http://sandbox.test", Credentials(access, refresh))
        with transaction(**tenant) as tx:
            return connections.save(tx, caller, account, keyring).id

    def hook(self, secret: str, previous: str | None = None) -> UUID:
        """A webhook with its secret and the one before."""
        row_id = new_id()
        with transaction(self.id) as tx:
            keyring = sealing.keyring(tx, self.id).ready()
            sealed = {"secret": keyring.seal(SECRET, row_id, secret)}
            if previous:
                sealed["previous_secret"] = keyring.seal(PREVIOUS, row_id, previous)
            tx.session.add(Webhook(id=row_id, workspace_id=self.id, url="https://example.com", **sealed))
        return row_id

    def rows(self) -> dict[UUID, tuple[str | None, ...]]:
        """Every row's sealed columns as they are stored."""
        wanted = (
            select(PlatformConnection.id, PlatformConnection.access_token, PlatformConnection.refresh_token),
            select(Webhook.id, Webhook.secret, Webhook.previous_secret),
        )
        with transaction(self.id) as tx:
            return {id_: tuple(texts) for query in wanted for id_, *texts in tx.session.execute(query)}

    def opened(self) -> dict[UUID, tuple[str | None, ...]]:
        """Every row's secrets: the rows are read first, then the keys, then all is opened."""
        rows = self.rows()
        with transaction(self.id) as tx:
            keyring = sealing.keyring(tx, self.id)
            hooks = set(tx.session.scalars(select(Webhook.id)))
        purposes = {True: (SECRET, PREVIOUS), False: (connections.ACCESS_TOKEN, connections.REFRESH_TOKEN)}
        return {
            id_: tuple(
                text and keyring.unseal(purpose, id_, text)
                for purpose, text in zip(purposes[id_ in hooks], texts, strict=True)
            )
            for id_, texts in rows.items()
        }

    def versions(self) -> set[int]:
        """The keys that stored texts name."""
        return {version_of(text) for texts in self.rows().values() for text in texts if text}

    def keys(self) -> dict[int, bool]:
        """Every key's version, and whether it is marked as no longer needed."""
        with transaction(self.id) as tx:
            found = tx.session.execute(select(WorkspaceKey.version, WorkspaceKey.retired_at))
            return {version: retired_at is not None for version, retired_at in found}

    def write(self, row_id: UUID, **columns: Any) -> None:
        """Put texts into a connection's columns as they are."""
        with transaction(self.id) as tx:
            tx.session.execute(
                update(PlatformConnection).where(PlatformConnection.id == row_id).values(**columns)
            )


@pytest.fixture
def new_vault(aws: Cloud) -> Callable[[], Vault]:
    """Another workspace, with a key and nothing in it."""

    def make() -> Vault:
        row = make_workspace()
        made = Vault(row.id, row.organization_id)
        wrapped = new_data_key(made.id)
        with transaction(made.id) as tx:
            sealing.add_key(tx, made.id, wrapped)
        return made

    return make


@pytest.fixture
def vault(new_vault: Callable[[], Vault]) -> Vault:
    """A workspace with a secret in every column that may hold one."""
    made = new_vault()
    made.connect("one", "access of one", "refresh of one")
    made.connect("two", "access of two")
    made.hook("secret of three", "previous secret of three")
    made.hook("secret of four")
    return made


@pytest.fixture
def as_rotator(
    as_login: Callable[[str], AbstractContextManager[None]],
) -> Callable[[], AbstractContextManager[None]]:
    """Inside, the database is reached with the job's own login."""
    return lambda: as_login(ROTATE_KEYS)


@pytest.fixture
def rotate(as_rotator: Callable[[], AbstractContextManager[None]]) -> Callable[..., Any]:
    """Run the job; its answer. `later`: on a clock that is ahead."""

    def run(event: dict[str, Any], *, later: timedelta | None = None, seconds: float = 900) -> Any:
        move_clock(later)
        try:
            with as_rotator():
                return handler_of("rotate_keys")(event, lambda_context(seconds))
        finally:
            move_clock(None)

    return run


def of(vault: Vault) -> dict[str, str]:
    """The event that replaces this workspace's key."""
    return {"workspace_id": str(vault.id)}


EVERY_DAY = {"source": "aws.events"}
