"""The worker: one post, whatever happens to the messages, the network or the worker itself."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from lamplighter.domain.outcomes import Published
from lamplighter.domain.sandbox_tokens import is_genuine
from lamplighter.postgres.models import Dispatch, OutboxEvent, PlatformConnection, PublicationAttempt
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery, publishing, recording, wakeups
from tests.integration import fake_network
from tests.integration.cloud import SANDBOX_KEY
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http
from tests.integration.publishing.conftest import Desk


def attempts(desk: Desk) -> list[tuple[str, bool]]:
    with transaction(workspace(desk)) as tx:
        rows = tx.session.scalars(select(PublicationAttempt).order_by(PublicationAttempt.id))
        return [(row.status, row.reconciles) for row in rows]


def outstanding(desk: Desk) -> list[Dispatch]:
    with transaction(workspace(desk)) as tx:
        return list(tx.session.scalars(select(Dispatch)))


def workspace(desk: Desk) -> Any:
    return UUID(desk.http.workspace_id)


def test_a_post_goes_out_and_is_recorded(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    assert desk.work(desk.woken()) == {"batchItemFailures": []}
    done = desk.read(made)
    [platform] = done["platforms"]
    assert done["status"] == platform["status"] == "published"
    assert (platform["platform_post_id"], platform["url"]) == ("1", network.accepted[0]["url"])
    assert platform["published_at"]
    assert attempts(desk) == [("published", False)]
    assert outstanding(desk) == []


def test_the_events_of_a_post_are_in_the_outbox(desk: Desk):
    desk.publication()
    desk.work(desk.woken())
    with transaction(workspace(desk)) as tx:
        told = select(OutboxEvent.type).where(OutboxEvent.type.startswith("publication."))
        types = list(tx.session.scalars(told.order_by(OutboxEvent.id)))
    assert types == ["publication.scheduled", "publication.published"]


def test_a_message_delivered_many_times_at_once_posts_once(desk: Desk, network: FakeNetwork):
    network.remembers = False  # nothing but our own fence protects here
    desk.publication()
    messages = desk.woken()
    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda _: desk.work(messages), range(5)))
    desk.work(messages)
    assert len(network.accepted) == 1
    assert attempts(desk) == [("published", False)]


def test_two_accounts_of_one_publication_are_independent(desk: Desk, network: FakeNetwork):
    made = desk.publication(desk.connection("one"), desk.connection("two")).json
    network.refusals = [(422, {})]
    desk.work(desk.woken())
    done = desk.read(made)
    assert done["status"] == "partially_published"
    assert sorted(p["status"] for p in done["platforms"]) == ["failed", "published"]
    assert len(network.accepted) == 1


def test_what_was_not_processed_is_tried_again(desk: Desk, network: FakeNetwork):
    network.refusals = [(429, {"Retry-After": "0"})]
    made = desk.publication().json
    desk.work(desk.woken())
    between = desk.read(made)
    assert (between["status"], between["platforms"][0]["error_code"]) == ("scheduled", "rate_limited")
    assert outstanding(desk)[0].due_at >= datetime.now(UTC) + timedelta(
        seconds=0.5
    )  # "retry after 0" is no storm
    desk.work_later(timedelta(minutes=1), messages_of(desk))
    done = desk.read(made)
    assert (done["status"], done["platforms"][0]["retry_count"]) == ("published", 1)
    assert attempts(desk) == [("not_sent", False), ("published", False)]


@pytest.mark.parametrize(
    "lost", [fake_network.cut, fake_network.bad_gateway, fake_network.garbage], ids=lambda f: f.__name__
)
def test_a_lost_answer_is_looked_into_and_never_sent_again_blindly(
    desk: Desk, network: FakeNetwork, lost: Callable[[Any], None]
):
    network.answers = [lost]
    made = desk.publication().json
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "publishing"
    assert attempts(desk) == [("unknown", False)]
    desk.work(messages_of(desk))
    assert desk.read(made)["status"] == "published"
    assert attempts(desk) == [("unknown", False), ("published", True)]
    assert len(network.accepted) == 1


def messages_of(desk: Desk) -> list[dict[str, Any]]:
    """What the dispatch rows' messages say, without waiting for their delay."""
    return [
        {
            "workspace_id": str(row.workspace_id),
            "publication_platform_id": str(row.publication_platform_id),
            "fence": row.fence,
        }
        for row in outstanding(desk)
    ]


def test_a_worker_lost_during_the_call_is_followed_by_a_look(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    claim = wakeups.parsed(desk.woken()[0])
    with transaction(claim.workspace_id) as tx:
        work = publishing.begin(tx, claim).work
    assert work
    frozen = delivery.prepare(work)
    assert isinstance(frozen, dict)
    with transaction(claim.workspace_id) as tx:
        assert publishing.arm(tx, work, frozen).work
    assert isinstance(delivery.call(work, frozen), Published)  # and here the worker dies
    assert attempts(desk) == [("sending", False)]
    desk.work(messages_of(desk))
    assert attempts(desk) == [("unknown", False), ("published", True)]
    assert desk.read(made)["status"] == "published"
    assert len(network.accepted) == 1


def test_a_worker_that_wakes_after_its_lease_changes_nothing(desk: Desk, network: FakeNetwork):
    desk.publication()
    claim = wakeups.parsed(desk.woken()[0])
    with transaction(claim.workspace_id) as tx:
        sleeper = publishing.begin(tx, claim).work
    assert sleeper
    frozen = delivery.prepare(sleeper)
    assert isinstance(frozen, dict)
    desk.work(messages_of(desk))  # another worker, with the next fence
    with transaction(claim.workspace_id) as tx:
        assert not publishing.arm(tx, sleeper, frozen).work
    with transaction(claim.workspace_id) as tx:
        assert recording.record(tx, sleeper, Published("99", "https://wrong.example"), 0.1) == []
    assert attempts(desk) == [("abandoned", False), ("published", False)]
    assert len(network.accepted) == 1


def test_a_post_cancelled_between_claim_and_call_does_not_go_out(desk: Desk, network: FakeNetwork):
    made = desk.publication().json
    claim = wakeups.parsed(desk.woken()[0])
    with transaction(claim.workspace_id) as tx:
        work = publishing.begin(tx, claim).work
    assert work
    frozen = delivery.prepare(work)
    assert isinstance(frozen, dict)
    assert desk.http.post(f"/publications/{made['id']}/cancel").json["status"] == "cancelled"
    with transaction(claim.workspace_id) as tx:
        assert not publishing.arm(tx, work, frozen).work
    assert network.calls == 0
    assert attempts(desk) == [("abandoned", False)]


def test_a_post_that_may_be_on_the_network_cannot_be_cancelled(desk: Desk, network: FakeNetwork):
    network.answers = [fake_network.cut]
    made = desk.publication().json
    desk.work(desk.woken())
    assert desk.http.post(f"/publications/{made['id']}/cancel").status == 409


def test_a_message_of_another_workspace_is_refused(desk: Desk, http_test_key: Http, network: FakeNetwork):
    desk.publication()
    [message] = desk.woken()
    desk.work([{**message, "workspace_id": str(uuid4())}])
    assert network.calls == 0
    assert attempts(desk) == []


def test_one_broken_message_fails_alone(desk: Desk, network: FakeNetwork):
    desk.publication()
    answer = desk.work([{"nonsense": True}, *desk.woken()])
    assert answer == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert len(network.accepted) == 1


def test_a_test_publication_never_leaves_the_sandbox(
    desk: Desk, http_test_key: Http, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    # An account on a real network, as far as the database knows: its tokens are never even opened.
    connection = desk.connection()
    with transaction(workspace(desk)) as tx:
        row = tx.session.scalars(select(PlatformConnection)).one()
        row.platform, row.base_url = "mastodon", "https://mastodon.invalid"
        row.access_token = "sealed elsewhere"
    body = {"content_id": desk.content("a test"), "connection_ids": [connection], "scheduled_at": "now"}
    made = http_test_key.post("/publications", body).json
    desk.work(desk.woken())
    assert http_test_key.get(f"/publications/{made['id']}").json["status"] == "published"
    assert network.texts == ["a test"]


def test_every_post_to_the_sandbox_bears_a_token_of_this_deployment(
    desk: Desk, http_test_key: Http, network: FakeNetwork
):
    connection = desk.connection()
    body = {"content_id": desk.content(), "connection_ids": [connection], "scheduled_at": "now"}
    body["force"] = True  # it is one text three times
    for caller in (desk.http, http_test_key, http_test_key):
        caller.post("/publications", body)
    desk.work(desk.woken())
    assert all(is_genuine(token, SANDBOX_KEY) for token in network.tokens)
    assert (len(network.tokens), len(set(network.tokens))) == (3, 2)  # a connection's tests share an account


def test_a_late_post_is_skipped_where_its_policy_says_so(desk: Desk, network: FakeNetwork):
    made = desk.publication(late_policy="skip", late_after_minutes=1).json
    [message] = desk.woken()
    desk.work_later(timedelta(minutes=2), [message])
    done = desk.read(made)
    assert (done["status"], done["platforms"][0]["error_code"]) == ("missed", "too_late")
    assert network.calls == 0
    assert outstanding(desk) == []


def test_tokens_that_no_longer_open_ask_for_a_new_connection(desk: Desk, network: FakeNetwork):
    connection = desk.connection()
    made = desk.publication(connection).json
    with transaction(workspace(desk)) as tx:
        tx.session.scalars(select(PlatformConnection)).one().access_token = "lmp1.1.AAAA"
    desk.work(desk.woken())
    assert desk.read(made)["platforms"][0]["error_code"] == "needs_reconnect"
    assert desk.http.get(f"/connections/{connection}").json["status"] == "needs_reconnect"
    assert network.calls == 0
