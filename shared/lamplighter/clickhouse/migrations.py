"""Migrating ClickHouse: numbered SQL up and down, a log of what ran, and checksums of it."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

_FILE = re.compile(r"(\d{4})_(\w+)\.up\.sql")
_LOG = """
CREATE TABLE IF NOT EXISTS schema_migrations
(
    version  UInt32,
    name     String,
    checksum String,
    state    Enum8('applied' = 1, 'rolled_back' = 2),
    at       DateTime64(6, 'UTC') DEFAULT now64(6)
)
ENGINE = MergeTree
ORDER BY (version, at)
"""


class Changed(Exception):  # noqa: N818  # reads as what happened
    """A migration's file is no longer what was applied, or is gone."""


@dataclass(frozen=True, slots=True)
class Migration:
    """One step. ClickHouse rolls nothing back by itself, so each statement must bear being repeated."""

    version: int
    name: str
    up: str
    down: str

    @property
    def checksum(self) -> str:
        """Of both directions."""
        return hashlib.sha256(f"{self.up}\0{self.down}".encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Status:
    """Where a database stands: `current` 0 is an empty one."""

    current: int
    head: int
    pending: tuple[int, ...]


def migrations(folder: Path) -> list[Migration]:
    """The folder's migrations in their order; raises ValueError where a number or a rollback is missing."""
    found: list[Migration] = []
    for path in sorted(folder.glob("*.up.sql")):
        match = _FILE.fullmatch(path.name)
        down = path.with_name(path.name.replace(".up.", ".down."))
        if match is None or int(match[1]) != len(found) + 1 or not down.exists():
            message = f"{path.name} is misnamed, out of order or without its .down.sql"
            raise ValueError(message)
        found.append(Migration(int(match[1]), match[2], path.read_text(), down.read_text()))
    return found


def status(client: "Client", known: Sequence[Migration]) -> Status:
    """Where the database stands; raises Changed if what was applied is not what the files say now."""
    applied = _applied(client)
    for version, checksum in applied.items():
        if version > len(known) or known[version - 1].checksum != checksum:
            message = f"migration {version:04d} was changed or removed after it was applied"
            raise Changed(message)
    current = max(applied, default=0)
    return Status(current, len(known), tuple(m.version for m in known if m.version not in applied))


def upgrade(client: "Client", known: Sequence[Migration], to: int | None = None) -> Status:
    """Apply what is pending, up to the version `to`."""
    client.command(_LOG)
    for version in status(client, known).pending:
        if to is None or version <= to:
            _run(client, known[version - 1], "applied")
    return status(client, known)


def downgrade(client: "Client", known: Sequence[Migration], to: int) -> Status:
    """Roll back, latest first, until the version `to` is the current one (0: an empty database)."""
    status(client, known)
    for version in sorted(_applied(client), reverse=True):
        if version > to:
            _run(client, known[version - 1], "rolled_back")
    return status(client, known)


def statements(script: str) -> Iterator[str]:
    """The script's statements: each ends with a semicolon at the end of a line."""
    for statement in re.split(r";\s*$", script, flags=re.MULTILINE):
        if re.sub(r"--.*", "", statement).strip():
            yield statement.strip()


def _run(client: "Client", migration: Migration, state: str) -> None:
    for statement in statements(migration.up if state == "applied" else migration.down):
        client.command(statement)
    row = [migration.version, migration.name, migration.checksum, state]
    client.insert("schema_migrations", [row], column_names=["version", "name", "checksum", "state"])


def _applied(client: "Client") -> dict[int, str]:
    """The checksums of what stands, by version."""
    if not client.command("EXISTS TABLE schema_migrations"):
        return {}
    rows = client.query(
        "SELECT version, argMax(checksum, at), argMax(state, at) AS last"
        " FROM schema_migrations GROUP BY version HAVING last = 'applied' ORDER BY version"
    ).result_rows
    return {int(version): str(checksum) for version, checksum, _state in rows}
