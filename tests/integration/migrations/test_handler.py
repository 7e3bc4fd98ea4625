"""The migrate function as AWS and the local stack invoke it, against both databases."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from functions.migrate.handler import handler
from infra.local.children import Child
from infra.local.ports import free
from infra.local.secrets_extension import SecretsExtension
from lamplighter import secrets_store
from lamplighter.clickhouse.client import client
from lamplighter.postgres.roles import LOGINS
from lamplighter.settings import settings
from tests.cluster import PASSWORD, Server
from tests.integration.migrations.conftest import NewDatabase


@pytest.fixture(scope="module")
def clickhouse_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, port = tmp_path_factory.mktemp("clickhouse"), free()
    child = Child("clickhouse", str(port), str(folder / "data"), log=folder / "log")
    child.wait_until_ready()
    yield port
    child.stop()


@pytest.fixture
def url(new_database: NewDatabase, clickhouse_port: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty Postgres database; the settings name it, a ClickHouse, and the logins' secrets."""
    made = new_database()
    secrets = {login: json.dumps({"username": login, "password": PASSWORD}) for login in LOGINS}
    port = free()
    extension = SecretsExtension(port, secrets.get)
    monkeypatch.setenv("DATABASE_URL", made)
    monkeypatch.setenv("CLICKHOUSE_URL", f"http://127.0.0.1:{clickhouse_port}/{made.rpartition('/')[2]}")
    monkeypatch.setenv("SECRETS_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("LOGIN_SECRET_IDS", ",".join(LOGINS))
    settings.cache_clear()
    secrets_store.forget()
    yield made
    settings.cache_clear()
    secrets_store.forget()
    extension.close()


def stands(answer: dict[str, Any]) -> tuple[str | None, int]:
    json.dumps(answer)  # what Lambda will do with it
    return answer["postgres"]["current"], answer["clickhouse"]["current"]


def test_an_empty_event_applies_everything_and_sets_the_passwords(url: str, server: Server):
    assert stands(handler({"action": "status"}, None)) == (None, 0)
    answer = handler({}, None)
    assert stands(answer) == (answer["postgres"]["head"], answer["clickhouse"]["head"])
    assert stands(handler({"action": "apply"}, None)) == stands(answer)
    name = url.rpartition("/")[2]
    for login in LOGINS:
        with psycopg.connect(server.url(name, login)) as connection:
            assert connection.execute("SELECT current_user::text").fetchone() == (login,)
    assert client().command("EXISTS TABLE post_metrics") == 1


def test_it_rolls_back_as_far_as_it_is_told(url: str):
    handler({}, None)
    assert stands(handler({"action": "rollback", "to": "base", "clickhouse_to": 0}, None)) == (None, 0)


def test_it_rehearses_both_databases(url: str):
    handler({}, None)
    record = handler({"action": "rehearse"}, None)
    assert record["postgres"]["revision"] == record["revision"]
    assert record["clickhouse"]["version"] == record["clickhouse_version"]
    assert len(record["sha256"]) == 64


def test_an_unknown_action_is_refused():
    with pytest.raises(ValueError, match="no such action: 'destroy'"):
        handler({"action": "destroy"}, None)


def test_its_event_files_name_actions_that_it_knows():
    for path in (Path(__file__).parents[3] / "events" / "migrate").glob("*.json"):
        assert json.loads(path.read_text()).get("action") in {None, "apply", "status", "rehearse", "rollback"}
