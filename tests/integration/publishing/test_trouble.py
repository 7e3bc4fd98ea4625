"""The worker when something is wrong on our side, or the world changed under the post."""

from datetime import timedelta
from typing import Any

import pytest

from lamplighter.domain.history import MAX_ATTEMPTS
from lamplighter.platforms import sandbox
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery, publishing, wakeups
from lamplighter.settings import settings
from tests.integration.fake_network import FakeNetwork
from tests.integration.publishing.conftest import Desk
from tests.integration.publishing.test_worker import attempts, messages_of, outstanding, workspace


def test_a_failure_of_our_own_before_the_call_is_recorded_and_tried_again(
    desk: Desk, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    made = desk.publication().json
    with monkeypatch.context() as broken:
        broken.setattr(sandbox, "prepare", failing)
        assert desk.work(desk.woken()) == {"batchItemFailures": []}
    assert desk.read(made)["platforms"][0]["error_code"] == "internal_error"
    assert attempts(desk) == [("not_sent", False)]
    desk.work(messages_of(desk))
    assert desk.read(made)["status"] == "published"


def test_a_failure_of_our_own_during_the_call_is_an_unknown_outcome(
    desk: Desk, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    desk.publication()
    with monkeypatch.context() as broken:
        broken.setattr(sandbox, "publish", failing)
        desk.work(desk.woken())
    assert attempts(desk) == [("unknown", False)]
    desk.work(messages_of(desk))
    assert attempts(desk) == [("unknown", False), ("published", True)]


def failing(*_arguments: object) -> Any:
    message = "a defect of ours"
    raise RuntimeError(message)


def test_a_post_whose_workers_are_always_lost_fails_in_the_end(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    for _ in range(MAX_ATTEMPTS):
        [message] = messages_of(desk)
        with transaction(workspace(desk)) as tx:
            assert publishing.begin(tx, wakeups.parsed(message))  # and the worker dies
    desk.work(messages_of(desk))
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("failed", "workers_lost")
    assert outstanding(desk) == []
    assert network.calls == 0


def test_a_post_that_was_asked_about_waits_for_an_answer_and_can_be_cancelled(
    desk: Desk, network: FakeNetwork
):
    made = desk.publication(late_policy="ask", late_after_minutes=1).json
    [message] = desk.woken()
    desk.work_later(timedelta(minutes=2), [message])
    done = desk.read(made)
    assert (done["status"], done["platforms"][0]["status"]) == ("needs_review", "held")
    assert network.calls == 0
    assert desk.http.post(f"/publications/{made['id']}/cancel").json["status"] == "cancelled"


def test_an_account_disconnected_after_the_claim_posts_nothing(desk: Desk, network: FakeNetwork):
    connection = desk.connection()
    made = desk.publication(connection).json
    claim = wakeups.parsed(desk.woken()[0])
    with transaction(claim.workspace_id) as tx:
        work = publishing.begin(tx, claim).work
    assert work
    frozen = delivery.prepare(work)
    assert isinstance(frozen, dict)
    etag = desk.http.get(f"/connections/{connection}").headers["etag"]
    desk.http.call("DELETE", f"/connections/{connection}", headers={"if-match": etag})
    with transaction(claim.workspace_id) as tx:
        assert not publishing.arm(tx, work, frozen).work
    [platform] = desk.read(made)["platforms"]
    assert (platform["status"], platform["error_code"]) == ("failed", "needs_reconnect")
    assert network.calls == 0


def test_a_worker_that_stood_still_before_the_call_makes_it_no_more(
    desk: Desk, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    made = desk.publication().json
    with monkeypatch.context() as short:
        short.setenv("ATTEMPT_LEASE_SECONDS", "0")
        settings.cache_clear()
        desk.work(desk.woken())
    settings.cache_clear()
    assert network.calls == 0
    assert desk.read(made)["platforms"][0]["error_code"] == "overslept"
    desk.work_later(timedelta(minutes=1), desk.due())
    assert desk.read(made)["status"] == "published"
