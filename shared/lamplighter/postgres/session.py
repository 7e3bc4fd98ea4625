"""The one way to the database: a transaction that knows its tenant and the time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import psycopg
from psycopg.rows import dict_row
from psycopg.types.json import set_json_dumps, set_json_loads
from sqlalchemy import URL, Connection, Engine, create_engine, make_url
from sqlalchemy.orm import Session

from lamplighter.postgres import roles
from lamplighter.secrets_store import secret
from lamplighter.settings import settings

ROLES = roles.ENTERED
"""What a transaction may become by `role`."""
LOOKUPS = frozenset(
    {
        "authenticate_key",
        "authenticate_user",
        "find_approval_link",
        "find_calendar_feed",
        "find_identity",
        "find_invitation",
        "find_login",
        "find_mail_token",
        "find_refresh",
        "take",
    }
)
"""SECURITY DEFINER functions that answer before a tenant is known."""

_SETTINGS = ("app.workspace_id", "app.organization_id", "app.user_id")

LOCK_TIMEOUT = "5s"

# A statement that hangs must end before the function's timeout does, so that the transaction ends cleanly.
_OPTIONS = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "timezone": "UTC",
        "statement_timeout": "8s",
        "lock_timeout": LOCK_TIMEOUT,
        "idle_in_transaction_session_timeout": "30s",
    }.items()
)

type _Ids = tuple[UUID | None, UUID | None, UUID | None]
_clock_offset = timedelta()
_engines: dict[tuple[str, str], Engine] = {}


@dataclass(frozen=True, slots=True)
class Transaction:
    """An open transaction. `now` is the database's clock as it began, in UTC: the only clock that counts."""

    session: Session
    now: datetime


@contextmanager
def transaction(
    workspace_id: UUID | None = None,
    *,
    organization_id: UUID | None = None,
    user_id: UUID | None = None,
    role: str | None = None,
    snapshot: bool = False,
) -> Iterator[Transaction]:
    """Commits when the block ends, rolls back when it raises. Row level security shows exactly what the ids
    allow, and nothing where none is given. `snapshot`: it only reads, and all of it as of its beginning.
    Never hold one across a call over the network."""
    if role is not None and role not in ROLES:
        message = f"no transaction runs as {role!r}"
        raise ValueError(message)
    ids = (workspace_id, organization_id, user_id)
    with (
        _opened(lambda connection: _begin(connection, ids, role, snapshot=snapshot)) as (connection, now),
        Session(connection, expire_on_commit=False) as session,
    ):
        yield Transaction(session, now + _clock_offset)
        session.flush()
        connection.commit()


def lookup(function: str, *arguments: object) -> tuple[dict[str, Any], datetime] | None:
    """The row of one of LOOKUPS, if there is one, and the database's clock. One round trip: a statement alone
    is a transaction by itself. No tenant is set, so there is nothing to see but what it answers."""
    if function not in LOOKUPS:
        message = f"{function!r} is no lookup"
        raise ValueError(message)
    places = ", ".join(["%s"] * len(arguments))
    statement = f"SELECT clock_timestamp() AS now, found.* FROM {function}({places}) AS found"  # noqa: S608  # LOOKUPS

    def ask(connection: Connection) -> dict[str, Any] | None:
        return raw(connection).cursor(row_factory=dict_row).execute(statement, arguments).fetchone()

    with _opened(ask) as (_connection, row):
        return None if row is None else (row, row.pop("now") + _clock_offset)


def move_clock(offset: timedelta | None) -> None:
    """Shift every later transaction's `now`: how a simulation moves time (tests only)."""
    global _clock_offset  # noqa: PLW0603  # the process's clock is global by nature
    _clock_offset = offset or timedelta()


def dispose() -> None:
    """Close the process's connections and forget their logins (tests and the local runtime)."""
    while _engines:
        _engines.popitem()[1].dispose()


@contextmanager
def _opened[Answer](ask: Callable[[Connection], Answer]) -> Iterator[tuple[Connection, Answer]]:
    """A connection of the pool's and what it answers first."""
    engine = _engine()
    connection = engine.connect()
    try:
        try:
            answer = ask(connection)
        except psycopg.Error:
            # Lambda freezes sandboxes for hours, and the other end hangs up meanwhile: nothing was done yet,
            # so asking again is safe. Other pooled connections are as old; all of them go.
            if not raw(connection).closed:
                raise
            connection.invalidate()
            connection.close()
            engine.dispose()
            connection = engine.connect()
            answer = ask(connection)
        yield connection, answer
    finally:
        connection.close()


def _begin(connection: Connection, ids: _Ids, role: str | None, *, snapshot: bool) -> datetime:
    """BEGIN, tenant, role and clock in one round trip: several statements in one simple query.

    That takes a connection which does not begin by itself; nothing but a lookup runs on it outside this
    BEGIN. Set locally, the tenant ends with the transaction, whatever the pool does.
    """
    connection.begin()
    local = [f"set_config('{name}', '{_text(id_)}', true)" for name, id_ in zip(_SETTINGS, ids, strict=True)]
    if role is not None:
        local.append(f"set_config('role', '{role}', true)")
    kind = " ISOLATION LEVEL REPEATABLE READ, READ ONLY" if snapshot else ""
    cursor = raw(connection).execute(f"BEGIN{kind}; SELECT clock_timestamp(), {', '.join(local)}")
    cursor.nextset()
    row = cursor.fetchone()
    assert row is not None  # noqa: S101  # a SELECT without FROM has one row
    now: datetime = row[0]
    return now


def _text(id_: UUID | None) -> str:
    """Sixteen bytes spelled anew: whatever was given, no quote can be in it."""
    return str(UUID(bytes=id_.bytes)) if id_ is not None else ""


def raw(connection: Connection) -> psycopg.Connection[tuple[Any, ...]]:
    """psycopg's connection under SQLAlchemy's, for what only it can do."""
    found = connection.connection.dbapi_connection
    assert isinstance(found, psycopg.Connection)  # noqa: S101  # what the URL's driver says
    return found


def _engine() -> Engine:
    login = (settings().database_url, settings().database_secret_id)
    return _engines.get(login) or _engines.setdefault(login, _new_engine(*login))


def _new_engine(database_url: str, secret_id: str) -> Engine:
    """One small pool per login. A Lambda sandbox serves one request at a time and opens one connection; the
    local runtime's threads share up to sixteen."""
    url = make_url(database_url).set(drivername="postgresql+psycopg")

    def connect() -> psycopg.Connection[tuple[Any, ...]]:
        if url.username or not secret_id:
            return _connected(url)
        known = secret(secret_id)
        try:
            return _connected(_with_login(url, known))
        except psycopg.OperationalError:
            current = secret(secret_id, fresh=True)
            if current == known:
                raise
            return _connected(_with_login(url, current))  # the password was rotated

    return create_engine(
        url,
        creator=connect,
        pool_size=4,
        max_overflow=12,
        pool_use_lifo=True,
        use_native_hstore=False,
        hide_parameters=True,  # an error is logged, and its parameters may hold a secret
    )


def _with_login(url: URL, login: dict[str, Any]) -> URL:
    return url.set(username=login["username"], password=login["password"])


def _connected(url: URL) -> psycopg.Connection[tuple[Any, ...]]:
    parameters: dict[str, Any] = {
        **url.translate_connect_args(username="user", database="dbname"),
        **url.query,
        "application_name": "lamplighter",
        "connect_timeout": 5,
        # A frozen sandbox may miss the other end's goodbye: without this, a send waits a quarter of an hour.
        "tcp_user_timeout": 10_000,
        "options": _OPTIONS,
    }
    connection = psycopg.connect(autocommit=True, **parameters)  # _begin sends the BEGIN
    set_json_dumps(orjson.dumps, connection)
    set_json_loads(orjson.loads, connection)  # create_engine's own are not heeded beside a `creator`
    return connection
