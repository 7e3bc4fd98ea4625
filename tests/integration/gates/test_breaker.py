"""A network that fails is left alone: nobody calls it in vain, one probe finds out when it is back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from uuid import UUID

import pytest

from lamplighter.domain.gates import CLOSED_CAP, FAILURES_UNTIL_CLOSED
from lamplighter.postgres.models import PlatformConnection
from lamplighter.postgres.session import transaction
from lamplighter.services import gates
from lamplighter.settings import settings
from tests.integration.fake_network import FakeNetwork
from tests.integration.gates.conftest import Account
from tests.integration.http import Http

NOBODY = "127.0.0.1:9"
SOON = timedelta(minutes=1)


def break_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens where the network was."""
    monkeypatch.setenv("SANDBOX_URL", f"http://{NOBODY}")
    monkeypatch.setenv("EGRESS_ALLOW", NOBODY)
    settings.cache_clear()


def mend_network(monkeypatch: pytest.MonkeyPatch, network: FakeNetwork) -> None:
    """It is back."""
    monkeypatch.setenv("SANDBOX_URL", f"http://{network.address}")
    monkeypatch.setenv("EGRESS_ALLOW", network.address)
    settings.cache_clear()


def closed(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail as often as it takes."""
    break_network(monkeypatch)
    for _ in range(FAILURES_UNTIL_CLOSED):
        account.work(account.post())


def test_the_sixth_post_of_an_account_whose_network_is_gone_is_not_tried(
    account: Account, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    closed(account, monkeypatch)
    tried = account.attempts()
    mend_network(monkeypatch, network)
    post = account.post()

    account.work(post)

    row, dispatch = account.read(post), account.dispatch(post)
    assert (row["status"], row["error_code"]) == ("pending", "circuit_open")
    assert "it is called again at" in row["error_message"]
    assert account.attempts() == tried == ["not_sent"] * FAILURES_UNTIL_CLOSED
    assert network.calls == 0
    assert timedelta(seconds=20) < dispatch["due_at"] - datetime.now(UTC) <= timedelta(seconds=31)


def test_other_accounts_on_the_same_network_are_none_the_worse(
    account: Account, another: Account, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    closed(account, monkeypatch)
    mend_network(monkeypatch, network)
    post = another.post()

    another.work(post)

    assert another.read(post)["status"] == "published"


def test_a_post_waits_without_spending_its_tries(
    account: Account, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    closed(account, monkeypatch)
    tried = account.attempts()
    post = account.post()
    for _ in range(20):
        account.work(post)
        account.make_due()
    assert account.attempts() == tried
    mend_network(monkeypatch, network)

    account.work(post, CLOSED_CAP)

    assert account.read(post)["status"] == "published"


def test_a_network_that_is_back_opens_the_gate_again(
    account: Account, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    closed(account, monkeypatch)
    mend_network(monkeypatch, network)
    posts = [account.post() for _ in range(3)]

    for post in posts:
        account.work(post, SOON)

    gate = account.gate()
    assert [account.read(post)["status"] for post in posts] == ["published"] * 3
    assert gate is not None
    assert (gate["failures"], gate["closed_until"], gate["probing_until"]) == (0, None, None)


def test_a_probe_that_fails_closes_for_twice_as_long(account: Account, monkeypatch: pytest.MonkeyPatch):
    closed(account, monkeypatch)
    post = account.post()

    account.work(post, SOON)

    gate = account.gate()
    assert gate is not None
    assert gate["failures"] == FAILURES_UNTIL_CLOSED + 1
    left = gate["closed_until"] - (datetime.now(UTC) + SOON)
    assert timedelta(seconds=45) < left <= timedelta(minutes=1)


def test_of_many_workers_at_a_half_open_gate_exactly_one_probes(account: Account):
    account.set_gate(failures=5, closed_until=datetime.now(UTC) - SOON, error_code="unreachable")
    together = Barrier(12)

    def ask(_number: int) -> object:
        with transaction(account.desk.workspace_id) as tx:
            connection = tx.session.get_one(PlatformConnection, UUID(account.id))
            together.wait(10)
            return gates.admitted(tx, connection, 0, posts=True)

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(ask, range(12)))

    later = [answer for answer in answers if isinstance(answer, gates.Later)]
    assert answers.count(None) == 1
    assert len(later) == 11
    assert {answer.code for answer in later} == {"circuit_open"}
    assert len({answer.until for answer in later}) == 11  # a moment each


def test_a_probe_whose_worker_is_lost_gives_way_to_another_one(account: Account, network: FakeNetwork):
    lease = timedelta(seconds=settings().attempt_lease_seconds)
    now = datetime.now(UTC)
    account.set_gate(failures=5, closed_until=now - SOON, probing_until=now + lease)
    post = account.post()

    account.work(post)
    assert account.read(post)["error_code"] == "circuit_open"
    account.work(post, lease + timedelta(seconds=1))

    assert account.read(post)["status"] == "published"


def test_a_limit_holds_back_the_whole_account_at_once(
    account: Account, another: Account, network: FakeNetwork
):
    first, second, elsewhere = account.post(), account.post(), another.post()
    network.refusals = [(429, {"Retry-After": "120"})]

    account.work(first)
    account.work(second)
    another.work(elsewhere)

    row, dispatch = account.read(second), account.dispatch(second)
    assert (row["status"], row["error_code"]) == ("pending", "rate_limited")
    assert network.calls == 2
    assert timedelta(seconds=110) < dispatch["due_at"] - datetime.now(UTC) <= timedelta(seconds=121)
    assert another.read(elsewhere)["status"] == "published"


def test_what_waited_for_a_limit_goes_out_when_it_is_over(account: Account, network: FakeNetwork):
    first, second = account.post(), account.post()
    network.refusals = [(429, {"Retry-After": "120"})]
    account.work(first)
    account.work(second)

    for post in (first, second):
        account.work(post, timedelta(seconds=150))

    assert [account.read(post)["status"] for post in (first, second)] == ["published"] * 2


def test_refusals_of_the_content_close_nothing(account: Account, network: FakeNetwork):
    network.refusals = [(422, {})] * (FAILURES_UNTIL_CLOSED + 1)
    for _ in range(FAILURES_UNTIL_CLOSED + 1):
        account.work(account.post())

    account.work(post := account.post())

    assert account.read(post)["status"] == "published"
    assert account.gate() is None


def test_a_healthy_account_has_no_row(account: Account, network: FakeNetwork):
    for _ in range(3):
        account.work(account.post())

    assert len(network.accepted) == 3
    assert account.gate() is None


def test_a_test_neither_meets_the_gate_nor_moves_it(
    account: Account, http_test_key: Http, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
):
    closed(account, monkeypatch)
    gate, tester = account.gate(), account.of(http_test_key)
    tester.work(tester.post())
    assert account.gate() == gate
    mend_network(monkeypatch, network)

    tester.work(post := tester.post())

    assert tester.read(post)["status"] == "published"
    assert account.gate() == gate
