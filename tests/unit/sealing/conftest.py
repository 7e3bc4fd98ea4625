"""Peppers, as the secrets extension would give them."""

import json
from base64 import b64encode
from collections.abc import Iterator

import pytest

from infra.local.ports import free
from infra.local.secrets_extension import SecretsExtension
from lamplighter import secrets_store
from lamplighter.settings import settings


class Peppers:
    """The secret's value, to be changed as an operator would."""

    def __init__(self) -> None:
        self.peppers = {"1": b64encode(b"1" * 32).decode()}
        self.current = 1

    def rotate(self) -> None:
        """A new pepper; those before stay listed."""
        self.current += 1
        self.peppers[str(self.current)] = b64encode(bytes([self.current]) * 32).decode()

    def get(self, secret_id: str) -> str | None:
        stored = {"current": self.current, "peppers": self.peppers}
        return json.dumps(stored) if secret_id == "peppers" else None


@pytest.fixture
def peppers(monkeypatch: pytest.MonkeyPatch) -> Iterator[Peppers]:
    held, port = Peppers(), free()
    extension = SecretsExtension(port, held.get)
    monkeypatch.setenv("SECRETS_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("PEPPERS_SECRET_ID", "peppers")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "test")
    settings.cache_clear()
    secrets_store.forget()
    yield held
    extension.close()
    secrets_store.forget()
    settings.cache_clear()
