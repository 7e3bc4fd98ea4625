"""A token that no longer opens: the account asks for a person, once, and nothing is tried for ever."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from infra.local.ports import free
from lamplighter.clients import aws
from lamplighter.domain.outcomes import TokenExpired
from lamplighter.platforms import sandbox
from lamplighter.postgres.models import OutboxEvent, PlatformConnection
from lamplighter.postgres.session import transaction
from lamplighter.services import sealing
from tests.integration.fake_network import FakeNetwork, cut
from tests.integration.publishing.conftest import Desk, desk
from tests.integration.publishing.test_worker import attempts, messages_of, outstanding

__all__ = ["desk"]

type Harm = Callable[[Desk], None]


@pytest.fixture
def lose_keys(superuser: Any) -> Harm:
    """The workspace's keys destroyed, as its deletion does."""

    def harm(desk: Desk) -> None:
        superuser.execute("DELETE FROM workspace_keys WHERE workspace_id = %s", [desk.http.workspace_id])

    return harm


def damage(desk: Desk) -> None:
    """One bit of the stored token changed."""
    with transaction(UUID(desk.http.workspace_id)) as tx:
        row = tx.session.scalars(select(PlatformConnection)).one()
        body = bytearray(row.access_token.encode())
        body[-9] ^= 1
        row.access_token = body.decode()


def state(desk: Desk) -> tuple[str, int]:
    """The account's status, and how many times its loss was told."""
    with transaction(UUID(desk.http.workspace_id)) as tx:
        told = select(func.count()).where(OutboxEvent.type == "platform_connection.needs_reconnect")
        status = tx.session.scalars(select(PlatformConnection.status)).one()
        return status, tx.session.scalars(told).one()


@pytest.mark.parametrize("way", ["destroyed", "damaged"])
def test_an_account_whose_token_does_not_open_asks_for_a_person_once(
    desk: Desk, network: FakeNetwork, lose_keys: Harm, way: str
):
    made = desk.publication().json
    messages = desk.woken()
    {"destroyed": lose_keys, "damaged": damage}[way](desk)
    desk.work(messages)
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("failed", "needs_reconnect")
    assert state(desk) == ("needs_reconnect", 1)
    assert (len(attempts(desk)), outstanding(desk), network.calls) == (1, [], 0)
    desk.work(messages)
    assert (len(attempts(desk)), state(desk)) == (1, ("needs_reconnect", 1))


def test_a_post_of_unknown_outcome_is_not_looked_for_without_a_token(
    desk: Desk, network: FakeNetwork, lose_keys: Harm
):
    network.answers.append(cut)
    made = desk.publication().json
    desk.work(desk.woken())
    assert len(attempts(desk)) == 1
    lose_keys(desk)
    desk.work_later(timedelta(minutes=1), messages_of(desk))
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("unknown", "needs_reconnect")
    assert state(desk) == ("needs_reconnect", 1)
    assert (len(attempts(desk)), outstanding(desk)) == (2, [])


def test_a_token_that_stops_opening_before_its_refresh_asks_for_a_person(
    desk: Desk, network: FakeNetwork, lose_keys: Harm, monkeypatch: pytest.MonkeyPatch
):
    def expired(_account: Any, _prepared: Any) -> TokenExpired:
        lose_keys(desk)
        return TokenExpired("Expired.")

    monkeypatch.setattr(sandbox, "publish", expired)
    made = desk.publication().json
    assert desk.work(desk.woken()) == {"batchItemFailures": []}
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("failed", "needs_reconnect")
    assert state(desk) == ("needs_reconnect", 1)
    assert outstanding(desk) == []


def test_the_account_works_again_once_it_is_connected_again(desk: Desk, network: FakeNetwork):
    connection = desk.connection()
    desk.publication(connection)
    damage(desk)
    desk.work(desk.woken())
    assert state(desk)[0] == "needs_reconnect"
    workspace_id = UUID(desk.http.workspace_id)
    with transaction(workspace_id) as tx:
        keyring = sealing.keyring(tx, workspace_id).ready()
        row_id = UUID(connection)
        sealed = keyring.seal("platform_connections.access_token", row_id, sandbox.token_for("again"))
        tx.session.execute(update(PlatformConnection).values(access_token=sealed, status="active"))
    made = desk.publication(connection).json
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "published"


def test_a_failure_of_kms_is_no_reason_to_give_an_account_up(
    desk: Desk, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    made = desk.publication().json
    messages = desk.woken()
    sealing._unwrapped.clear()
    with monkeypatch.context() as patched:
        patched.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{free()}")  # nobody listens there
        aws.kms.cache_clear()
        desk.work(messages)
    aws.kms.cache_clear()
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("pending", "internal_error")
    assert state(desk) == ("active", 0)
    desk.work_later(timedelta(minutes=20), messages_of(desk))
    assert desk.read(made)["status"] == "published"
