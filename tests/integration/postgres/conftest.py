"""What the tests of the database's rules share."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session

from lamplighter.domain.plans import rates
from lamplighter.postgres.session import lookup, transaction

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
