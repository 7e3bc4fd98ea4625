"""Migrating Postgres with Alembic: where the database stands, and moving it up and down."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from sqlalchemy.pool import NullPool

from lamplighter.postgres import security

if TYPE_CHECKING:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

_LOCK = 7_202_511  # any number, the same for all who migrate
_OPTIONS = "-c timezone=UTC -c lock_timeout=10s -c statement_timeout=0"


@dataclass(frozen=True, slots=True)
class Status:
    """Where a database stands: `current` None is an empty one."""

    current: str | None
    head: str
    pending: tuple[str, ...]


def status(url: str, scripts: Path) -> Status:
    """Where the database at `url` stands against the migrations in the folder `scripts`."""
    from alembic.runtime.migration import MigrationContext  # noqa: PLC0415  # carried by migrate alone

    known = revisions(scripts)
    with engine(url).begin() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    if current is not None and current not in known:
        message = f"the database stands at {current}, which is none of the migrations in {scripts}"
        raise ValueError(message)
    done = known.index(current) + 1 if current is not None else 0
    return Status(current, known[-1] if known else "", tuple(known[done:]))


def upgrade(url: str, scripts: Path, to: str = "head") -> Status:
    """Apply what is pending, each migration in a transaction; `url`'s login must be the administrator's."""
    from alembic import command  # noqa: PLC0415  # only the migrate function carries Alembic

    with _alone(url) as connection:
        command.upgrade(config(scripts, connection), to)
    return status(url, scripts)


def downgrade(url: str, scripts: Path, to: str) -> Status:
    """Roll back to the revision `to` ("base": to an empty database)."""
    from alembic import command  # noqa: PLC0415  # as above

    with _alone(url) as connection:
        command.downgrade(config(scripts, connection), to)
    return status(url, scripts)


def rendered(scripts: Path, revision: str) -> tuple[str, str]:
    """The SQL of one migration, up and down, as it would be sent."""
    from alembic import command  # noqa: PLC0415  # as above

    before = directory(scripts).get_revision(revision).down_revision or "base"
    up, down = StringIO(), StringIO()
    offline = config(scripts)
    offline.attributes["output"] = up
    command.upgrade(offline, f"{before}:{revision}", sql=True)
    offline.attributes["output"] = down
    command.downgrade(offline, f"{revision}:{before}", sql=True)
    return up.getvalue(), down.getvalue()


def directory(scripts: Path) -> "ScriptDirectory":
    """The migrations in the folder, in their order."""
    from alembic.script import ScriptDirectory  # noqa: PLC0415  # as above

    return ScriptDirectory.from_config(config(scripts))


def revisions(scripts: Path) -> list[str]:
    """Every revision, oldest first."""
    return [script.revision for script in reversed(list(directory(scripts).walk_revisions()))]


def address(database_url: str, login: Mapping[str, str] | None) -> str:
    """The database's URL with the login, unless it brings its own."""
    url = make_url(database_url)
    if login and not url.username:
        url = url.set(username=login["username"], password=login["password"])
    return url.render_as_string(hide_password=False)


def set_passwords(url: str, passwords: Mapping[str, str]) -> None:
    """Give login roles their passwords, hashed here: the server's log and statistics never see them."""
    with engine(url).begin() as connection:
        raw = connection.connection.driver_connection
        if not isinstance(raw, psycopg.Connection):
            message = f"{type(raw)} cannot hash passwords"
            raise TypeError(message)
        for role, password in passwords.items():
            if role not in {known.name for known in security.ROLES if known.login}:
                message = f"{role} is no login of this database"
                raise ValueError(message)
            hashed = raw.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
            connection.exec_driver_sql(f"ALTER ROLE {role} PASSWORD '{hashed}'")


def engine(url: str) -> Engine:
    """An engine for administration: no pool, no limit on how long a statement takes."""
    return create_engine(
        make_url(url).set(drivername="postgresql+psycopg"),
        poolclass=NullPool,
        connect_args={"options": _OPTIONS, "application_name": "lamplighter-migrations"},
    )


def config(scripts: Path, connection: Connection | None = None) -> "Config":
    """Alembic's configuration, without a file of its own; env.py finds the connection in its attributes."""
    from alembic.config import Config  # noqa: PLC0415  # as above

    made = Config(stdout=StringIO())
    made.set_main_option("script_location", str(scripts).replace("%", "%%"))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


@contextmanager
def _alone(url: str) -> Iterator[Connection]:
    """A connection that nobody else migrates beside: the second comer waits, then finds the work done."""
    with engine(url).connect() as holder, engine(url).connect() as connection:
        holder.execute(text("SELECT pg_advisory_lock(:number)"), {"number": _LOCK})
        yield connection
