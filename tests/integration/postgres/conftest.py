"""What the tests of the database's rules share."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from lamplighter.domain.plans import rates
from lamplighter.postgres import security
from lamplighter.postgres.models import UserSession, Workspace
from lamplighter.postgres.session import lookup, transaction
from tests import factories
from tests.conftest import Database

type AsLogin = Callable[[str], AbstractContextManager[None]]

RATES = orjson.dumps(rates()).decode()
"""The plans' rates, as services hand them over."""


def refused(
    action: Callable[[Session], object], workspace: UUID | None = None, role: str | None = None, **ids: UUID
) -> str:
    """Why the database refused what `action` does in a transaction."""
    with (
        pytest.raises((ProgrammingError, IntegrityError)) as caught,
        transaction(workspace, role=role, **ids) as tx,
    ):
        action(tx.session)
    return str(caught.value.orig)


def asked(function: str, *arguments: object) -> dict[str, Any]:
    """The row that a lookup answers."""
    found = lookup(function, *arguments)
    assert found is not None
    return found[0]


def organization_of(workspace: UUID) -> UUID:
    """Whose workspace it is."""
    with transaction(workspace) as tx:
        return tx.session.get_one(Workspace, workspace).organization_id


@pytest.fixture
def person(database: Database) -> UUID:
    """Somebody with an account."""
    return factories.make_user().id


@pytest.fixture
def stranger(database: Database) -> UUID:
    """Somebody else."""
    return factories.make_user().id


@pytest.fixture
def accounts(database: Database, as_login: AsLogin) -> Iterator[None]:
    """The test's transactions have the login of accounts."""
    with as_login(security.ACCOUNTS):
        yield


@pytest.fixture
def session(database: Database) -> UserSession:
    """A person signed in, belonging to nothing."""
    return factories.make_session(factories.make_user().id)
