"""The processes that are killed, and the stage on which they play."""

from collections.abc import Iterator

import pytest

from lamplighter import egress
from lamplighter.settings import settings
from tests.integration.cloud import Cloud
from tests.integration.people.conftest import office
from tests.integration.promises.networks import Network
from tests.integration.promises.victims import Victims
from tests.integration.publishing.conftest import desk, tick

__all__ = ["desk", "office", "tick"]

_victims: list[Victims] = []


@pytest.fixture(scope="session")
def _victims_end() -> Iterator[None]:
    yield
    for each in _victims:
        each.close()


@pytest.fixture
def network(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[Network]:
    """The networks that every account of a scenario is on."""
    with Network() as fake:
        monkeypatch.setenv("SANDBOX_URL", fake.url)
        monkeypatch.setenv("EGRESS_ALLOW", fake.address)
        settings.cache_clear()
        yield fake
        egress.close_idle()


@pytest.fixture
def victims(aws: Cloud, _victims_end: None) -> Victims:
    """Made when first asked for, in the environment that all tests of this process share."""
    if not _victims:
        _victims.append(Victims())
    return _victims[0]
