"""Migrating both databases: status, apply, roll back, rehearse, and what production asks for."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lamplighter.clickhouse import client as clickhouse
from lamplighter.clickhouse import migrations as clickhouse_migrations
from lamplighter.clickhouse import rehearsal as clickhouse_rehearsal
from lamplighter.postgres import migrations, rehearsal
from lamplighter.secrets_store import secret
from lamplighter.settings import settings

type Record = dict[str, Any]


class NotRehearsed(Exception):  # noqa: N818  # reads as what happened
    """Production is asked to apply what was never rehearsed in just this form."""


@dataclass(frozen=True, slots=True)
class Migrations:
    """The migrations in a folder and the databases of the settings. The login must be the administrator's."""

    folder: Path

    def status(self) -> Record:
        """Where both databases stand."""
        found: Record = {"postgres": asdict(migrations.status(self._postgres_url, self._scripts))}
        with clickhouse.opened() as client:
            if client is not None:
                found["clickhouse"] = asdict(clickhouse_migrations.status(client, self._steps))
        return found

    def apply(self, rehearsed: Mapping[str, Any] | None = None) -> Record:
        """Apply what is pending and give the logins their passwords. In production only what was rehearsed:
        the record lies beside the migrations, or is given as `rehearsed`."""
        if settings().environment == "production":
            self._check_rehearsed(rehearsed or self._record())
        migrations.upgrade(self._postgres_url, self._scripts)
        self.set_passwords()
        with clickhouse.opened() as client:
            if client is not None:
                clickhouse_migrations.upgrade(client, self._steps)
        return self.status()

    def rollback(self, to: str | None = None, clickhouse_to: int | None = None) -> Record:
        """Roll back to the given revision of Postgres ("base": all of it) and version of ClickHouse (0)."""
        with clickhouse.opened() as client:
            if client is not None and clickhouse_to is not None:
                clickhouse_migrations.downgrade(client, self._steps, clickhouse_to)
        if to is not None:
            migrations.downgrade(self._postgres_url, self._scripts, to)
        return self.status()

    def rehearse(self, *, disconnect: bool = False) -> Record:
        """Migrate copies of both databases up, down and up; the record that production asks for."""
        record: Record = {
            **self._identity(),
            "rehearsed_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "environment": settings().environment,
            "postgres": asdict(rehearsal.rehearse(self._postgres_url, self._scripts, disconnect=disconnect)),
        }
        if rehearsed := _rehearse_clickhouse(self.folder / "clickhouse"):
            record["clickhouse"] = asdict(rehearsed)
        return record

    def record_path(self) -> Path:
        """Where the newest migrations' record lies."""
        identity = self._identity()
        return (
            self.folder / "rehearsals" / f"{identity['revision']}-{identity['clickhouse_version']:04d}.json"
        )

    def set_passwords(self) -> None:
        """Each login's, from the secrets that LOGIN_SECRET_IDS names."""
        secrets = [secret(name) for name in settings().login_secret_ids.split(",") if name]
        passwords = {login["username"]: login["password"] for login in secrets}
        migrations.set_passwords(self._postgres_url, passwords)

    @property
    def _scripts(self) -> Path:
        return self.folder / "postgres"

    @property
    def _steps(self) -> list[clickhouse_migrations.Migration]:
        return clickhouse_migrations.migrations(self.folder / "clickhouse")

    @property
    def _postgres_url(self) -> str:
        login = secret(settings().database_secret_id) if settings().database_secret_id else None
        return migrations.address(settings().database_url, login)

    def _identity(self) -> Record:
        """What a record must say to count for these migrations: the newest of each, a hash of them all."""
        files = [*self._scripts.glob("versions/*.py"), *(self.folder / "clickhouse").glob("*.sql")]
        digest = hashlib.sha256()
        for path in sorted(files, key=lambda path: path.name):
            digest.update(f"{path.name}\0{path.read_text()}\0".encode())
        return {
            "revision": migrations.revisions(self._scripts)[-1],
            "clickhouse_version": len(self._steps),
            "sha256": digest.hexdigest(),
        }

    def _record(self) -> Mapping[str, Any]:
        path = self.record_path()
        found: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {}
        return found

    def _check_rehearsed(self, record: Mapping[str, Any]) -> None:
        different = [name for name, value in self._identity().items() if record.get(name) != value]
        if different:
            named = f"{', '.join(different)} differ from {self.record_path().name}"
            message = f"these migrations were not rehearsed: {named}"
            raise NotRehearsed(message)


def _rehearse_clickhouse(folder: Path) -> clickhouse_rehearsal.Rehearsal | None:
    source = clickhouse.database()
    name = f"{source}_rehearsal"
    with clickhouse.opened() as client, clickhouse.opened(name) as copy:
        if client is None or copy is None:
            return None
        try:
            return clickhouse_rehearsal.rehearse(
                client, source, copy, clickhouse_migrations.migrations(folder)
            )
        finally:
            client.command(f"DROP DATABASE `{name}`")
