"""What is slow, or has much under way, waits in a queue of its own and holds nobody else's worker."""

import time
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lamplighter.domain import gates as rules
from lamplighter.domain.vocabulary import LANES
from lamplighter.postgres.session import transaction
from lamplighter.services import publishing
from lamplighter.services.wakeups import Claim
from lamplighter.services.work import Work
from lamplighter.settings import settings
from tests.factories import make_attempt, make_publication_platform
from tests.integration.fake_network import FakeNetwork
from tests.integration.gates.conftest import Account
from tests.integration.publishing.conftest import Message

SLOW = LANES.index("slow")


def slow_queue(account: Account) -> list[Message]:
    """The tenant's wake-ups in the slow lane."""
    found = account.desk.aws.waiting("PUBLISH_SLOW_QUEUE_URL")
    return [message for message in found if message["workspace_id"] == account.desk.http.workspace_id]


@pytest.fixture(autouse=True)
def _empty(account: Account) -> None:
    account.desk.aws.waiting("PUBLISH_SLOW_QUEUE_URL")


def mark_slow(account: Account, left: timedelta = timedelta(minutes=1)) -> None:
    account.set_gate(failures=0, slow_until=datetime.now(UTC) + left)


def test_a_call_that_took_long_marks_the_account(
    account: Account, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(rules, "SLOW_CALL_SECONDS", 0.2)
    network.before = lambda: time.sleep(0.25)

    account.work(account.post())

    gate = account.gate()
    assert gate is not None
    assert timedelta(minutes=4) < gate["slow_until"] - datetime.now(UTC) <= timedelta(minutes=5)


def test_a_slow_accounts_post_goes_on_to_the_slow_lane_untouched(account: Account, network: FakeNetwork):
    mark_slow(account)
    post = account.post()
    before = account.read(post)

    account.work(post)

    [message] = slow_queue(account)
    assert message == account.message(post)
    assert message["lane"] == SLOW
    assert network.calls == 0
    assert account.attempts() == []
    assert account.read(post)["status"] == before["status"]


def test_the_slow_lanes_worker_posts_it(account: Account, network: FakeNetwork):
    mark_slow(account)
    post = account.post()
    account.work(post)

    account.desk.work(slow_queue(account))

    assert account.read(post)["status"] == "published"
    assert len(network.accepted) == 1


def test_the_wake_up_of_the_quick_lane_is_worth_nothing_any_more(account: Account, network: FakeNetwork):
    mark_slow(account)
    post = account.post()
    quick = account.message(post)
    account.work(post)

    account.desk.work([quick])
    account.desk.work(slow_queue(account))

    assert len(network.accepted) == 1


def test_a_slow_account_is_quick_again_after_a_while(account: Account, network: FakeNetwork):
    mark_slow(account, timedelta(seconds=-1))

    account.work(post := account.post())

    assert account.read(post)["status"] == "published"
    assert slow_queue(account) == []


def begin_elsewhere(account: Account, count: int, ago: timedelta) -> None:
    """Other workers' attempts on the account, begun a while ago."""
    with transaction(account.desk.workspace_id) as tx:
        for _ in range(count):
            row = make_publication_platform(tx.session, connection_id=UUID(account.id))
            make_attempt(
                tx.session,
                publication_platform_id=row.id,
                connection_id=UUID(account.id),
                status="sending",
                claimed_at=tx.now - ago,
                sending_at=tx.now - ago,
            )


def test_an_account_with_much_under_way_fills_no_more_quick_workers(account: Account, network: FakeNetwork):
    begin_elsewhere(account, settings().connection_concurrency, timedelta(seconds=10))

    account.work(post := account.post())

    assert account.message(post)["lane"] == SLOW
    assert len(slow_queue(account)) == 1
    assert network.calls == 0


def test_one_below_that_is_posted_at_once(account: Account, network: FakeNetwork):
    begin_elsewhere(account, settings().connection_concurrency - 1, timedelta(seconds=10))

    account.work(post := account.post())

    assert account.read(post)["status"] == "published"


def test_an_account_fills_no_more_slow_workers_either(account: Account, network: FakeNetwork):
    begin_elsewhere(account, 2 * settings().connection_concurrency, timedelta(seconds=10))
    post = account.post()

    account.work(post)

    row, dispatch = account.read(post), account.dispatch(post)
    assert (row["status"], row["error_code"]) == ("pending", "account_busy")
    assert (dispatch["lane"], network.calls, slow_queue(account)) == (0, 0, [])
    assert dispatch["due_at"] - datetime.now(UTC) < timedelta(seconds=1)


def test_in_the_slow_lane_it_may_have_as_many_again(account: Account, network: FakeNetwork):
    begin_elsewhere(account, 2 * settings().connection_concurrency - 1, timedelta(seconds=10))
    account.work(post := account.post())

    account.desk.work(slow_queue(account))

    assert account.read(post)["status"] == "published"


def begun(account: Account, post: str) -> Work:
    """A worker's attempt, up to its call."""
    said = account.message(post)
    ids = UUID(said["workspace_id"]), UUID(said["publication_platform_id"])
    with transaction(account.desk.workspace_id) as tx:
        work = publishing.begin(tx, Claim(*ids, said["fence"], said["lane"])).work
    assert work is not None
    return work


def test_of_those_that_begin_at_the_same_moment_the_first_ones_go_on(account: Account, network: FakeNetwork):
    """They do not see each other as they begin: who comes too late learns of it right before the call."""
    work = begun(account, post := account.post())
    begin_elsewhere(account, settings().connection_concurrency, timedelta(seconds=10))

    with transaction(account.desk.workspace_id) as tx:
        answer = publishing.arm(tx, work, {})

    assert answer.work is None
    assert [wake.claim.lane for wake in answer.wakes] == [SLOW]
    assert (account.message(post)["lane"], account.read(post)["retry_count"]) == (SLOW, 0)
    account.desk.work([account.message(post)])
    assert account.read(post)["status"] == "published"


def test_whoever_began_later_holds_nobody_back(account: Account, network: FakeNetwork):
    work = begun(account, account.post())
    begin_elsewhere(account, settings().connection_concurrency, -timedelta(seconds=10))

    with transaction(account.desk.workspace_id) as tx:
        assert publishing.arm(tx, work, {}).work is work


def test_in_the_slow_lane_too_the_first_ones_go_on(account: Account, network: FakeNetwork):
    mark_slow(account)
    account.work(post := account.post())
    work = begun(account, post)
    begin_elsewhere(account, 2 * settings().connection_concurrency, timedelta(seconds=10))

    with transaction(account.desk.workspace_id) as tx:
        assert publishing.arm(tx, work, {}).work is None

    row = account.read(post)
    assert (row["status"], row["error_code"], account.message(post)["lane"]) == (
        "pending",
        "account_busy",
        SLOW,
    )


def test_attempts_of_lost_workers_do_not_count(account: Account, network: FakeNetwork):
    lease = timedelta(seconds=settings().attempt_lease_seconds)
    begin_elsewhere(account, settings().connection_concurrency, lease + timedelta(seconds=1))

    account.work(post := account.post())

    assert account.read(post)["status"] == "published"


def test_a_retry_stays_in_the_slow_lane(account: Account, network: FakeNetwork):
    mark_slow(account)
    post = account.post()
    account.work(post)
    network.refusals = [(503, {})]
    account.desk.work(slow_queue(account))

    assert account.message(post)["lane"] == SLOW
