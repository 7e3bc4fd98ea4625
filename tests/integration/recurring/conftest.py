"""A tenant with recurring posts."""

import pytest

from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http
from tests.integration.recurring.office import Office


@pytest.fixture
def office(http: Http, network: FakeNetwork) -> Office:
    """The test's own tenant; its accounts are on the fake network."""
    assert network
    return Office(http)
