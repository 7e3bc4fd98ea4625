"""The processes that are killed, and the stage on which they play."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from lamplighter import egress
from lamplighter.platforms.registry import PLATFORMS
from lamplighter.postgres.session import move_clock
from lamplighter.settings import settings
from tests.integration.cloud import Cloud
from tests.integration.http import Http
from tests.integration.people.conftest import office
from tests.integration.people.office import Office
from tests.integration.promises.clocks import Moved, with_a_clock
from tests.integration.promises.networks import Network
from tests.integration.promises.stage import SOON, Stage
from tests.integration.promises.victims import Victims
from tests.integration.publishing.conftest import Desk, desk, tick

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


@pytest.fixture
def stage(  # noqa: PLR0917  # a stage has many parts
    desk: Desk, http_test_key: Http, network: Network, tmp_path: Path, office: Office, empty_dispatches: None
) -> Stage:
    """A tenant with nothing to do, and who approves there."""
    move_clock(SOON)
    approver = office.hire(workspace_role="approver").logged_in_again().http.key
    move_clock(None)
    return Stage(desk, network, tmp_path, http_test_key, approver or "")


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    move_clock(None)


@pytest.fixture
def connectors_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Moved along with the database's."""
    for platform in PLATFORMS.values():
        import_module(platform)
    for module in with_a_clock():
        monkeypatch.setattr(module, "datetime", Moved)
