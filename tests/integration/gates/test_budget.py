"""An account posts no more than its network takes and its people allow, whoever asks at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest

from lamplighter.domain import networks
from lamplighter.domain.gates import DAY
from lamplighter.domain.networks import SANDBOX, Budget
from lamplighter.postgres.models import PlatformConnection, PublicationAttempt
from lamplighter.postgres.session import transaction
from lamplighter.services import gates, ledger
from tests.factories import make_attempt, make_publication_platform
from tests.integration.fake_network import FakeNetwork
from tests.integration.gates.conftest import Account
from tests.integration.http import Http

SENT = datetime.now(UTC)


def test_beyond_the_cap_a_post_waits_and_says_until_when(account: Account, network: FakeNetwork):
    account.cap(2)
    posts = [account.post() for _ in range(3)]

    for post in posts:
        account.work(post)

    row, dispatch = account.read(posts[2]), account.dispatch(posts[2])
    assert len(network.accepted) == 2
    assert (row["status"], row["error_code"]) == ("pending", "budget_spent")
    assert row["error_message"].startswith("The account's daily cap is 2 posts; the next one fits at ")
    assert account.attempts() == ["published"] * 2  # it is not even prepared
    assert dispatch["due_at"] - datetime.now(UTC) <= timedelta(hours=1)  # the cap may be raised


def test_a_post_that_waited_goes_out_when_the_oldest_is_a_day_old(account: Account, network: FakeNetwork):
    account.cap(1)
    first, second = account.post(), account.post()
    account.work(first)
    account.work(second)

    account.make_due()
    account.work(second, DAY - timedelta(minutes=1))
    assert len(network.accepted) == 1
    account.make_due()
    account.work(second, DAY + timedelta(minutes=1))

    assert account.read(second)["status"] == "published"


def test_a_cap_that_is_raised_lets_the_next_one_through(account: Account, network: FakeNetwork):
    account.cap(1)
    first, second = account.post(), account.post()
    account.work(first)
    account.work(second)
    account.cap(2)

    account.work(second, timedelta(hours=1, minutes=1))

    assert account.read(second)["status"] == "published"


def test_a_cap_of_nothing_lets_nothing_out(account: Account, network: FakeNetwork):
    account.cap(0)

    account.work(post := account.post())

    assert account.read(post)["error_code"] == "budget_spent"
    assert network.calls == 0


def test_each_part_of_a_thread_counts(account: Account, network: FakeNetwork):
    account.cap(2)
    thread = [{"kind": "thread", "text": f"Part {number}"} for number in (2, 3)]
    post = account.post(content={"segments": thread})

    for _ in range(3):
        account.work(post)

    row = account.read(post)
    assert len(network.accepted) == 2
    assert (row["status"], row["error_code"]) == ("publishing", "budget_spent")
    account.make_due()
    account.work(post, DAY + timedelta(minutes=1))
    assert len(network.accepted) == 3


def test_another_accounts_posts_do_not_count(account: Account, another: Account, network: FakeNetwork):
    account.cap(1)
    account.work(account.post())

    another.work(post := another.post())

    assert another.read(post)["status"] == "published"


def test_tests_do_not_count(account: Account, http_test_key: Http, network: FakeNetwork):
    account.cap(1)
    tester = account.of(http_test_key)
    for _ in range(3):
        tester.work(tester.post())

    account.work(post := account.post())

    assert account.read(post)["status"] == "published"


def test_what_the_network_allows_is_heeded_beside_the_cap(
    account: Account, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    small = networks.replace(SANDBOX, budget=Budget(1, timedelta(hours=3)))
    monkeypatch.setitem(networks.NETWORKS, SANDBOX.key, small)  # type: ignore[arg-type]
    account.cap(100)
    first, second = account.post(), account.post()

    account.work(first)
    account.work(second)

    assert account.read(second)["error_message"].startswith("the sandbox takes 1 posts in 3 hours")
    account.make_due()
    account.work(second, timedelta(hours=3, minutes=1))
    assert account.read(second)["status"] == "published"


@pytest.mark.parametrize("ended", ["sending", "unknown", "published"])
def test_what_may_have_been_posted_counts(account: Account, network: FakeNetwork, ended: str):
    account.cap(1)
    with transaction(account.desk.workspace_id) as tx:
        row = make_publication_platform(tx.session, connection_id=UUID(account.id))
        make_attempt(
            tx.session,
            publication_platform_id=row.id,
            connection_id=UUID(account.id),
            status=ended,
            sending_at=tx.now,
        )

    account.work(post := account.post())

    assert account.read(post)["error_code"] == "budget_spent"


@pytest.mark.parametrize(
    "found",
    [
        {"status": "published", "reconciles": True},
        {"status": "rejected"},
        {"status": "not_sent"},
        {"status": "published", "sending_at": SENT - timedelta(hours=25)},
    ],
)
def test_looks_refusals_and_the_day_before_do_not_count(
    account: Account, network: FakeNetwork, found: dict[str, Any]
):
    account.cap(1)
    with transaction(account.desk.workspace_id) as tx:
        row = make_publication_platform(tx.session, connection_id=UUID(account.id))
        values = {"connection_id": UUID(account.id), "sending_at": tx.now, **found}
        make_attempt(tx.session, publication_platform_id=row.id, **values)

    account.work(post := account.post())

    assert account.read(post)["status"] == "published"


def armed(account: Account, attempt: PublicationAttempt, together: Barrier) -> bool:
    """One worker at the last step before its call."""
    with transaction(account.desk.workspace_id) as tx:
        connection = tx.session.get_one(PlatformConnection, UUID(account.id))
        together.wait(10)
        if gates.budgeted(tx, connection) is not None:
            return False
        ledger.mark_sending(tx, account.desk.workspace_id, attempt.id, {})
        return True


def test_of_many_workers_at_once_no_more_get_through_than_fit(account: Account):
    account.cap(5)
    with transaction(account.desk.workspace_id) as tx:
        waiting = [
            make_attempt(
                tx.session,
                publication_platform_id=make_publication_platform(
                    tx.session, connection_id=UUID(account.id)
                ).id,
                connection_id=UUID(account.id),
                status="prepared",
            )
            for _ in range(12)
        ]
    together = Barrier(12)

    with ThreadPoolExecutor(12) as threads:
        through = list(threads.map(lambda attempt: armed(account, attempt, together), waiting))

    assert through.count(True) == 5


def test_what_removes_a_post_needs_no_budget(account: Account, network: FakeNetwork):
    account.cap(1)
    post = account.post()
    account.work(post)
    row = account.read(post)
    answer = account.desk.http.post(f"/publications/{post}/platforms/{row['id']}/remove", None)
    assert answer.status == 200, answer.json

    account.work(post)

    assert account.read(post)["error_code"] != "budget_spent"
    assert len(account.attempts()) == 2


def test_those_who_wait_have_a_moment_each(account: Account, network: FakeNetwork):
    account.cap(24)
    with transaction(account.desk.workspace_id) as tx:
        for _ in range(24):
            row = make_publication_platform(tx.session, connection_id=UUID(account.id))
            make_attempt(
                tx.session,
                publication_platform_id=row.id,
                connection_id=UUID(account.id),
                status="published",
                sending_at=tx.now - DAY + timedelta(minutes=1),
            )
    posts = [account.post() for _ in range(3)]

    for post in posts:
        account.work(post)

    moments = [account.dispatch(post)["due_at"] - datetime.now(UTC) for post in posts]
    assert moments[0] <= timedelta(minutes=1)
    assert all(timedelta(minutes=59) < later <= timedelta(hours=1) for later in moments[1:])
