"""A tenant whose recurring posts live where the law changes the clocks."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from infra.local.first_workspace import first_workspace
from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http
from tests.integration.zones.almaty import Almaty
from tests.zone_data import BEFORE, using


@pytest.fixture
def almaty(http: Http, network: FakeNetwork, superuser: psycopg.Connection[Any]) -> Iterator[Almaty]:
    """The test's own tenant, the only one with active rules, in the data from before the change."""
    assert network
    superuser.execute("UPDATE recurring_posts SET status = 'paused' WHERE status = 'active'")
    with using(BEFORE):
        yield Almaty(http)


@pytest.fixture
def http_of_another(aws: Cloud) -> Http:
    """A caller at home in another tenant."""
    second = first_workspace("Another", "Workspace", f"t-{uuid4().hex}")
    return Http(str(second.workspace_id), second.key)
