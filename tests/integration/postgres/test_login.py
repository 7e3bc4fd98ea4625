"""The login comes from Secrets Manager, survives a rotation, and never appears in an error."""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from infra.local.ports import free
from infra.local.secrets_extension import SecretsExtension
from lamplighter import secrets_store
from lamplighter.postgres import session
from lamplighter.postgres.session import transaction
from lamplighter.secrets_store import SecretUnavailable, secret
from lamplighter.settings import settings
from tests.cluster import PASSWORD
from tests.conftest import Database

LOGIN = {"username": "lamplighter_sandbox", "password": PASSWORD}


@pytest.fixture
def secrets(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """What Secrets Manager holds; the settings name `login` as the database's."""
    known = {"login": json.dumps(LOGIN)}
    port = free()
    extension = SecretsExtension(port, known.get)
    monkeypatch.setenv("SECRETS_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("DATABASE_SECRET_ID", "login")
    monkeypatch.setenv("DATABASE_URL", f"postgresql://127.0.0.1:{database.server.port}/{database.name}")
    settings.cache_clear()
    secrets_store.forget()
    yield known
    session.dispose()
    secrets_store.forget()
    extension.close()


def user() -> Any:
    with transaction() as tx:
        return tx.session.scalar(text("SELECT current_user::text"))


def test_the_secret_is_the_login(secrets: dict[str, str]):
    assert user() == "lamplighter_sandbox"


def test_a_url_that_brings_its_login_needs_no_secret(database: Database, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("DATABASE_SECRET_ID", "never asked for")
    settings.cache_clear()
    assert user() == "lamplighter_app"


def test_a_rotated_password_is_read_anew(secrets: dict[str, str], superuser: psycopg.Connection[Any]):
    assert user() == "lamplighter_sandbox"
    superuser.execute("ALTER ROLE lamplighter_sandbox PASSWORD 'rotated'")
    try:
        secrets["login"] = json.dumps({**LOGIN, "password": "rotated"})
        session.dispose()
        assert user() == "lamplighter_sandbox"
    finally:
        superuser.execute(f"ALTER ROLE lamplighter_sandbox PASSWORD '{PASSWORD}'".encode())


def test_a_wrong_password_is_an_error_that_does_not_show_it(secrets: dict[str, str]):
    secrets["login"] = json.dumps({**LOGIN, "password": "not the right one"})
    with pytest.raises(OperationalError) as caught:
        user()
    assert "password authentication failed" in str(caught.value)
    assert "not the right one" not in repr(caught.value) + str(caught.value)


def test_a_secret_is_kept_and_can_be_asked_for_anew(secrets: dict[str, str]):
    secrets["other"] = '{"a": 1}'
    assert secret("other") == {"a": 1}
    secrets["other"] = '{"a": 2}'
    assert secret("other") == {"a": 1}
    assert secret("other", fresh=True) == {"a": 2}
    assert secret("other") == {"a": 2}


@pytest.mark.parametrize("value", ["no json", "[1]", '"text"'])
def test_a_secret_that_is_no_object_is_refused_without_being_shown(secrets: dict[str, str], value: str):
    secrets["odd"] = value
    with pytest.raises(SecretUnavailable, match="secret odd: not a JSON object"):
        secret("odd")


def test_a_secret_that_is_not_there_is_named(secrets: dict[str, str]):
    with pytest.raises(SecretUnavailable, match="secret nowhere: HTTP 400"):
        secret("nowhere")


def test_an_extension_that_does_not_answer_is_asked_again_then_given_up(
    secrets: dict[str, str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("SECRETS_ENDPOINT", f"http://127.0.0.1:{free()}")
    settings.cache_clear()
    with pytest.raises(SecretUnavailable, match="refused"):
        secret("login")
