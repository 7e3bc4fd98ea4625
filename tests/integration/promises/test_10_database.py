"""Promise 10: connections killed in the middle of a transaction, commits of which nobody hears: nothing is
lost and nothing doubled.
"""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event, make_url

from lamplighter.postgres import session
from lamplighter.postgres.session import raw
from lamplighter.settings import settings
from tests.conftest import Database
from tests.integration.promises.following import ledger, to_the_end
from tests.integration.promises.networks import Network
from tests.integration.promises.proxy import Proxy
from tests.integration.promises.stage import Stage
from tests.integration.publishing.conftest import Desk

COMMITS = 3
"""A worker's with a plain post: begun, sending, recorded."""


@pytest.fixture
def proxy(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """What transaction() goes through in this test."""
    url = make_url(database.url())
    between = Proxy((url.host or "", url.port or 0))
    with between.running() as port:
        through = url.set(host="127.0.0.1", port=port).render_as_string(hide_password=False)
        monkeypatch.setenv("DATABASE_URL", through)
        settings.cache_clear()
        yield between
        session.dispose()


on_both = pytest.mark.parametrize("platform", ["sandbox", "linkedin"])
"""One that knows our keys and one that would take a post twice."""


@on_both
@pytest.mark.parametrize("number", range(1, COMMITS + 1))
def test_a_commit_of_which_the_worker_does_not_hear(
    number: int, platform: str, proxy: Proxy, stage: Stage, connectors_clock: None
):
    made = scheduled(stage, platform)
    desk, network = stage.desk, stage.network
    messages = desk.woken()
    proxy.cut(number)
    [failure] = desk.work(messages)["batchItemFailures"]
    assert failure["itemIdentifier"] == "0"
    assert_posted_once(desk, network, made, messages)


def test_a_commit_of_which_the_api_does_not_hear(proxy: Proxy, desk: Desk, network: Network):
    body = {"content_id": desk.content(), "connection_ids": [desk.connection()], "scheduled_at": "now"}
    proxy.cut(1)
    key = {"idempotency-key": "once"}
    first = desk.http.post("/publications", body, **key)
    assert first.status >= 500
    again = desk.http.post("/publications", body, **key)
    assert again.status == 201, again.json
    assert len(desk.http.get("/publications").json["items"]) == 1
    assert_posted_once(desk, network, again.json, desk.woken())


@on_both
@pytest.mark.parametrize("number", range(1, COMMITS + 1))
def test_a_connection_that_is_killed_before_a_commit(
    number: int, platform: str, stage: Stage, killed_before: Callable[[int], None], connectors_clock: None
):
    made = scheduled(stage, platform)
    desk, network = stage.desk, stage.network
    messages = desk.woken()
    killed_before(number)
    [failure] = desk.work(messages)["batchItemFailures"]
    assert failure["itemIdentifier"] == "0"
    assert_posted_once(desk, network, made, messages)


@pytest.fixture
def killed_before(superuser: psycopg.Connection[Any]) -> Iterator[Callable[[int], None]]:
    """Lets an administrator end the connection right before its n-th commit."""
    left = [0]

    def end(connection: Connection) -> None:
        left[0] -= 1
        if left[0] == 0:
            pid = raw(connection).info.backend_pid
            superuser.execute("SELECT pg_terminate_backend(%s, 1000)", [pid])

    event.listen(Engine, "commit", end)
    yield lambda number: left.__setitem__(0, number)
    event.remove(Engine, "commit", end)


def scheduled(stage: Stage, platform: str) -> Any:
    stage.platform = platform
    names = stage.drafted()
    return stage.desk.publication(names["connection"], content_id=names["content"]).json


def assert_posted_once(desk: Desk, network: Network, made: Any, messages: list[Any]) -> None:
    """Whatever SQS delivers again and whatever ticks find."""
    desk.work(messages)
    to_the_end(desk)
    assert len(network.accepted) == 1
    assert desk.read(made)["status"] == "published"
    assert [status for status, _ in ledger(desk)].count("published") == 1
