"""The two lines that keep tenants apart, each of which can be taken away to see whether the other holds."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlalchemy import Engine, event

from lamplighter.entrypoints import visit
from lamplighter.entrypoints.visit import Visit
from lamplighter.postgres import security

_FILTER = re.compile(
    r"(?P<before>\b(?:WHERE|AND|OR|ON|NOT)\s+\(*)"
    r"(?P<filter>(?:\w+\.)?(?:workspace_id|organization_id|(?<!members\.)user_id)"
    r" (?:=|IS NOT DISTINCT FROM) %\(\w+\)s(?:::UUID)?)"
)
"""`column = value`, not `column=value`, which sets it. A member's user_id is its id, and not whose it is."""


@contextmanager
def without_filters() -> Iterator[list[str]]:
    """No statement of the application says any more whose rows it wants. Gives those that did say it."""
    changed: list[str] = []

    def widened(*arguments: Any) -> tuple[str, Any]:
        _connection, _cursor, statement, parameters, *_ = arguments
        wider = _FILTER.sub(r"\g<before>(\g<filter> OR true)", statement)
        if wider != statement:
            changed.append(wider)
        return wider, parameters

    event.listen(Engine, "before_cursor_execute", widened, retval=True)
    try:
        yield changed
    finally:
        event.remove(Engine, "before_cursor_execute", widened)


@contextmanager
def without_filters_and_door() -> Iterator[None]:
    """Both: nothing of the application looks at whose anything is."""
    with without_filters(), without_door():
        yield


@contextmanager
def without_door() -> Iterator[None]:
    """A key comes in everywhere: the tenant that the path names is not compared with the key's own."""

    def caller(self: Visit, _workspace_id: object, action: str) -> Any:
        found = self.authenticate().caller
        assert found is not None
        self._settle(found, {"workspace_id": found.workspace_id})
        return visit._allowed(found, action)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Visit, "caller", caller)
        yield


def take_row_level_security_away(url: str) -> None:
    """In the whole database at `url`, reached as the superuser."""
    with psycopg.connect(url, autocommit=True) as connection:
        for table in security.tables():
            statement = "ALTER TABLE {} NO FORCE ROW LEVEL SECURITY, DISABLE ROW LEVEL SECURITY"
            connection.execute(sql.SQL(statement).format(sql.Identifier(table.name)))
