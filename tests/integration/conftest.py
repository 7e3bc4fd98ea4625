"""What integration tests share: a local AWS and a workspace with a key of its own per test."""

from collections.abc import Iterator
from uuid import uuid4

import pytest

from infra.local.first_workspace import FirstWorkspace, first_workspace
from lamplighter import egress, secrets_store
from lamplighter.services import access_tokens
from lamplighter.settings import settings
from tests import payloads
from tests.integration.cloud import Cloud, cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http
from tests.integration.post_office import PostOffice


@pytest.fixture(scope="session")
def _cloud() -> Iterator[Cloud]:
    with cloud() as made:
        yield made


@pytest.fixture
def aws(_cloud: Cloud, database: object, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    """AWS for handlers called in this process."""
    for name, value in _cloud.environment.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    secrets_store.forget()
    access_tokens.forget()  # another test's keys, read a moment ago, would hide those of this one
    yield _cloud
    _cloud.waiting()
    _cloud.waiting("MAIL_QUEUE_URL")
    settings.cache_clear()


@pytest.fixture
def post_office(aws: Cloud) -> PostOffice:
    """Sends the mails that were asked for, and shows them."""
    return PostOffice(aws)


@pytest.fixture
def network(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeNetwork]:
    """The network that sandbox connections post to."""
    with FakeNetwork() as fake:
        monkeypatch.setenv("SANDBOX_URL", f"http://{fake.address}")
        monkeypatch.setenv("EGRESS_ALLOW", fake.address)
        settings.cache_clear()
        yield fake
        egress.close_idle()


@pytest.fixture
def first(aws: Cloud) -> Iterator[FirstWorkspace]:
    """A tenant of the test's own. Whatever events it came to have are as they are published."""
    made = first_workspace("Organization", "Workspace", f"t-{uuid4().hex}")
    yield made
    payloads.check_all(made.workspace_id)


@pytest.fixture
def http(first: FirstWorkspace) -> Http:
    """A caller with every permission in that tenant."""
    return Http(str(first.workspace_id), first.key)


@pytest.fixture
def http_test_key(first: FirstWorkspace) -> Http:
    """The same tenant's test key."""
    return Http(str(first.workspace_id), first.test_key)
