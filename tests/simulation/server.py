"""A PostgreSQL server of the simulation's own, whose upkeep moves no row behind its back."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.local.postgres import EmbeddedPostgres
from lamplighter.postgres import migrations
from tests.cluster import SCRIPTS, TEMPLATE, Server, _set_passwords

SETTINGS = {
    "max_connections": "200",
    "shared_buffers": "256MB",
    "autovacuum": "off",
    "deadlock_timeout": "60s",
    "synchronous_commit": "off",
    "max_wal_size": "4GB",
}


@contextmanager
def own_server(folder: Path) -> Iterator[Server]:
    """Started, migrated once, and removed in the end, in a folder named by the process; what a killed one
    left is removed too."""
    for left in folder.glob("postgres-*"):
        if not Path(f"/proc/{left.name.removeprefix('postgres-')}").exists():
            EmbeddedPostgres(left).remove()
    postgres = EmbeddedPostgres(folder / f"postgres-{os.getpid()}", settings=SETTINGS)
    postgres.start()
    try:
        server = Server(postgres.port, postgres.password)
        server.create(TEMPLATE, "template1")
        migrations.upgrade(server.url(TEMPLATE), SCRIPTS)
        _set_passwords(server)
        yield server
    finally:
        postgres.remove()
