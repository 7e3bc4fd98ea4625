"""The stack's two databases: embedded ones, or others that the environment names."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

from infra.local.children import Child
from infra.local.postgres import SUPERUSER, EmbeddedPostgres

NAME = "lamplighter"


class Postgres:
    """`address` is what DATABASE_URL says, without a login; `admin` the login that may migrate."""

    def __init__(self, directory: Path, port: int, environ: Mapping[str, str]) -> None:
        self._given = environ.get("DATABASE_URL")
        self._server = None if self._given else EmbeddedPostgres(directory, port)

    def start(self) -> None:
        """Start the embedded server, if it is wanted, and make sure of its database."""
        if self._server is None:
            return
        self._server.start()
        with psycopg.connect(self._server.url(), autocommit=True) as connection:
            known = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME]).fetchone()
            if known is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))

    def stop(self) -> None:
        """Stop what was started."""
        if self._server is not None:
            self._server.stop()

    @property
    def url(self) -> str:
        """With the administrator's login."""
        return self._server.url(database=NAME) if self._server else str(self._given)

    @property
    def address(self) -> str:
        """Without a login: what functions get, which bring their own."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    @property
    def login(self) -> str:
        """How a person gets in, without the password itself."""
        if self._server is None:
            return "the login that DATABASE_URL gave"
        return f"`make psql` opens it; {SUPERUSER}'s password is in {self._server.directory}/password"

    @property
    def admin(self) -> str:
        """The administrator's login, as a secret holds it."""
        parts = urlsplit(self.url)
        if not parts.username:
            message = (
                "DATABASE_URL must carry the login of an administrator: postgresql://user:password@host/name"
            )
            raise ValueError(message)
        return json.dumps({"username": unquote(parts.username), "password": unquote(parts.password or "")})


class ClickHouse:
    """`url` is what CLICKHOUSE_URL says; `child` the embedded engine, if it is wanted."""

    def __init__(self, directory: Path, port: int, environ: Mapping[str, str], log: Path) -> None:
        given = environ.get("CLICKHOUSE_URL")
        self.url = given or f"http://127.0.0.1:{port}/{NAME}"
        self.child = None if given else Child("clickhouse", str(port), str(directory), log=log)

    def wait_until_ready(self) -> None:
        """Until it answers."""
        if self.child is not None:
            self.child.wait_until_ready()

    def stop(self) -> None:
        """Stop what was started."""
        if self.child is not None:
            self.child.stop()
