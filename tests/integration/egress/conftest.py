"""An authority that outgoing requests trust, names that lead to this machine, and nothing left open."""

from collections.abc import Callable, Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from lamplighter import egress
from lamplighter.egress.addresses import Address
from lamplighter.egress.wire import tls_context
from lamplighter.settings import settings
from tests.integration.egress.authority import Authority

type Allow = Callable[[str, int], None]


def here(_host: str) -> list[Address]:
    """Every name is this machine's."""
    return [ip_address("127.0.0.1")]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("trusted"))


@pytest.fixture(scope="session")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """An authority that nobody trusts."""
    return Authority(tmp_path_factory.mktemp("stranger"))


@pytest.fixture(autouse=True)
def trust(authority: Authority, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.path))
    monkeypatch.delenv("AWS_EXECUTION_ENV", raising=False)
    tls_context.cache_clear()
    settings.cache_clear()
    yield authority.path
    egress.close_idle()
    tls_context.cache_clear()
    settings.cache_clear()


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Allow:
    """Put one more pair on the allow-list."""
    pairs: list[str] = []

    def add(host: str, port: int) -> None:
        pairs.append(f"{host}:{port}")
        monkeypatch.setenv("EGRESS_ALLOW", ",".join(pairs))
        settings.cache_clear()

    return add
