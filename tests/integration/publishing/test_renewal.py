"""Expired tokens: renewed by one worker, waited for by the others, and no reason to give an account up."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from lamplighter.domain.outcomes import TokenExpired
from lamplighter.platforms import sandbox
from lamplighter.platforms.base import Account, ConnectFailed, Credentials
from lamplighter.postgres.models import PlatformConnection
from lamplighter.postgres.session import transaction
from tests.integration.fake_network import FakeNetwork
from tests.integration.publishing.conftest import Desk
from tests.integration.publishing.test_worker import attempts, messages_of, outstanding

NEW = Credentials("sbx_renewed", "refresh_renewed")


@pytest.fixture
def expired(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """Tokens that are not NEW are refused as expired; what refreshes answer, one after the other."""
    answers: list[Any] = []
    publish = sandbox.publish

    def refused(account: Account, prepared: Any) -> Any:
        fresh = account.credentials.access_token == NEW.access_token
        return publish(account, prepared) if fresh else TokenExpired("Expired.")

    def refresh(_account: Account) -> Credentials:
        answer = answers.pop(0)
        if isinstance(answer, ConnectFailed):
            raise answer
        return answer

    monkeypatch.setattr(sandbox, "publish", refused)
    monkeypatch.setattr(sandbox, "refresh", refresh)
    return answers


def connection(desk: Desk) -> PlatformConnection:
    with transaction(UUID(desk.http.workspace_id)) as tx:
        return tx.session.scalars(select(PlatformConnection)).one()


def test_a_renewed_token_is_used_at_once(desk: Desk, network: FakeNetwork, expired: list[Any]):
    expired.append(NEW)
    made = desk.publication().json
    desk.work(desk.woken())
    assert connection(desk).refresh_lease_until is None
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "published"
    assert attempts(desk) == [("not_sent", False), ("published", False)]


def test_a_renewal_that_fails_for_now_is_tried_again_later(
    desk: Desk, network: FakeNetwork, expired: list[Any]
):
    expired += [ConnectFailed("unreachable", "No answer.", transient=True), NEW]
    made = desk.publication().json
    desk.work(desk.woken())
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("pending", "token_refresh_failed")
    assert connection(desk).status == "active"
    for _ in range(2):  # the renewal, then the post
        desk.work_later(timedelta(minutes=2), messages_of(desk))
    assert desk.read(made)["status"] == "published"


def test_a_renewal_that_the_network_refuses_asks_for_a_person(
    desk: Desk, network: FakeNetwork, expired: list[Any]
):
    expired.append(ConnectFailed("reconnect_required", "Gone."))
    made = desk.publication().json
    desk.work(desk.woken())
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("failed", "needs_reconnect")
    assert (connection(desk).status, connection(desk).version) == ("needs_reconnect", 2)
    assert outstanding(desk) == []


def test_while_another_worker_renews_the_post_waits(desk: Desk, network: FakeNetwork, expired: list[Any]):
    made = desk.publication().json
    with transaction(UUID(desk.http.workspace_id)) as tx:
        row = tx.session.scalars(select(PlatformConnection)).one()
        row.refresh_lease_until = tx.now + timedelta(seconds=30)
    desk.work(desk.woken())
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("pending", "token_refreshing")
    assert connection(desk).status == "active"
