"""Clients of ClickHouse over HTTP, made on first use."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from lamplighter.secrets_store import secret
from lamplighter.settings import settings

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


def client() -> "Client":
    """The process's client of the database that CLICKHOUSE_URL, http(s)://host:port/database, names."""
    return _client(settings().clickhouse_url, settings().clickhouse_secret_id)


@contextmanager
def opened(name: str | None = None) -> Iterator["Client | None"]:
    """For administration: a client of the settings' database or of the one named, made if it is missing; None
    where the settings name no ClickHouse."""
    url, secret_id = settings().clickhouse_url, settings().clickhouse_secret_id
    if not url:
        yield None
        return
    name = name or database()
    with closing(_connected(url, secret_id, "default")) as server:
        server.command(f"CREATE DATABASE IF NOT EXISTS `{name}`")
    with closing(_connected(url, secret_id, name)) as opened_client:
        yield opened_client


def database() -> str:
    """The database that CLICKHOUSE_URL names."""
    return urlsplit(settings().clickhouse_url).path.strip("/") or "default"


@cache
def _client(url: str, secret_id: str) -> "Client":
    return _connected(url, secret_id, database())


def _connected(url: str, secret_id: str, name: str) -> "Client":
    import clickhouse_connect  # noqa: PLC0415  # 250 ms that an API handler does not have

    parts = urlsplit(url)
    login = secret(secret_id) if secret_id else {}
    return clickhouse_connect.get_client(
        host=parts.hostname,
        port=parts.port or (8443 if parts.scheme == "https" else 8123),
        secure=parts.scheme == "https",
        username=login.get("username") or unquote(parts.username or "default"),
        password=login.get("password") or unquote(parts.password or ""),
        database=name,
        autogenerate_session_id=False,  # a session takes one query at a time, and nothing here needs one
    )
