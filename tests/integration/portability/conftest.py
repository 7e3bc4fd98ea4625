"""Exports, deletions and pruning, by the jobs that do them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from infra.local.children import Child
from infra.local.first_workspace import FirstWorkspace
from infra.local.ports import free
from lamplighter.clickhouse import client as clickhouse_client
from lamplighter.clickhouse import migrations
from lamplighter.clickhouse.migrations import Migration
from lamplighter.settings import settings
from tests.integration.accounts.conftest import mailed, new_person, person
from tests.integration.cloud import Cloud
from tests.integration.http import Http
from tests.integration.people.office import Office, Someone
from tests.integration.portability.jobs import Jobs, Message
from tests.integration.portability.marks import Search, Superuser
from tests.integration.portability.workspaces import Marked, filled

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

__all__ = ["mailed", "new_person", "person"]


@pytest.fixture
def jobs(aws: Cloud) -> Iterator[Jobs]:
    """The jobs, each with its own login; their queue is empty."""
    aws.waiting("EXPORT_QUEUE_URL")
    yield Jobs(aws)
    aws.waiting("EXPORT_QUEUE_URL")


@pytest.fixture
def put_away(aws: Cloud, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[Message]]:
    """Take the messages that were refused."""
    url = aws.sqs.create_queue(QueueName=f"dead-{uuid4().hex}")["QueueUrl"]
    monkeypatch.setenv("DEAD_LETTERS_URL", url)
    settings.cache_clear()
    looking = replace(aws, environment={**aws.environment, "DEAD_LETTERS_URL": url})
    return lambda: looking.waiting("DEAD_LETTERS_URL")


@pytest.fixture(scope="session")
def _clickhouse_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder, port = tmp_path_factory.mktemp("analytics"), free()
    child = Child("clickhouse", str(port), str(folder / "data"), log=folder / "log")
    child.wait_until_ready()
    yield port
    child.stop()


@pytest.fixture
def analytics(
    aws: Cloud,
    _clickhouse_port: int,
    clickhouse_steps: list[Migration],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator["Client"]:
    """ClickHouse, migrated, in the place that the settings name."""
    monkeypatch.setenv("CLICKHOUSE_URL", f"http://127.0.0.1:{_clickhouse_port}/analytics")
    settings.cache_clear()
    with clickhouse_client.opened() as opened:  # the database, made if it is missing
        assert opened is not None
        migrations.upgrade(opened, clickhouse_steps)
        yield opened
    clickhouse_client.client().close()
    clickhouse_client._client.cache_clear()
    settings.cache_clear()


@pytest.fixture
def search(superuser: Superuser, aws: Cloud, analytics: "Client") -> Search:
    """Looks for words in all that is stored."""
    return Search(superuser, aws, analytics)


@pytest.fixture
def office(first: FirstWorkspace, superuser: Superuser, no_other_deletions: None) -> Office:
    """The test's organization."""
    return Office(first, superuser)


@pytest.fixture
def no_other_deletions(superuser: Superuser) -> None:
    """What other tests deleted counts as erased: this test's is all that the job finds."""
    superuser.execute("UPDATE workspaces SET erased_at = now() WHERE deleted_at IS NOT NULL")


@pytest.fixture
def owner(office: Office) -> Someone:
    """Who may delete."""
    return office.hire("owner")


@pytest.fixture
def marked(jobs: Jobs, office: Office, owner: Someone, http: Http, search: Search) -> Marked:
    """The test's workspace, with something in all that can have it."""
    return filled(office, owner, http, jobs, search)
