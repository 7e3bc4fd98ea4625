"""Saying what became of a post while something is still under way: the network's own work, or a worker's."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import psycopg
from sqlalchemy import select

from lamplighter.domain.interventions import SETTLING
from lamplighter.postgres.models import Dispatch
from lamplighter.postgres.session import transaction
from lamplighter.services import publishing, wakeups
from tests.integration.fake_network import FakeNetwork
from tests.integration.publishing.conftest import Desk
from tests.integration.publishing.test_resolving import NOT_POSTED, POSTED, attempts, lost, refusal, resolve


def test_who_looks_too_early_sees_nothing_and_is_asked_to_look_again(desk: Desk, network: FakeNetwork):
    """Sent again while the network still has the first call, it would be there twice."""
    made = lost(desk, network)
    early = resolve(desk, made, NOT_POSTED, later=SETTLING - timedelta(seconds=30))
    assert refusal(early) == (409, "too_early_to_say")
    assert 0 < int(early.headers["retry-after"]) <= 30
    assert attempts(desk) == [("unknown", False, "no_answer")]
    assert resolve(desk, made, POSTED).status == 200  # what was seen there is there


def test_who_resolves_while_a_worker_begins_to_look_waits_for_it(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    """Both write the ledger's next line. Whoever has the work's lock does so; were it taken after the line,
    each would wait for the other."""
    made = lost(desk, network)
    claim = wakeups.parsed(desk.due()[0])
    with ThreadPoolExecutor(1) as pool:
        with transaction(claim.workspace_id) as tx:
            tx.session.scalars(select(Dispatch).with_for_update()).one().due_at = tx.now
            answer = pool.submit(resolve, desk, made, NOT_POSTED)
            wait_until_blocked(superuser)
            assert publishing.begin(tx, claim).work
        assert answer.result(10).status == 200
    assert [status for status, _, _ in attempts(desk)] == ["unknown", "abandoned", "not_sent"]


def wait_until_blocked(superuser: psycopg.Connection[Any]) -> None:
    query = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    deadline = time.monotonic() + 10
    while superuser.execute(query).fetchone() is None:
        assert time.monotonic() < deadline
        time.sleep(0.02)
