"""After an outage, of a part or of everything: each misfire policy does what it says, and nothing floods."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import psycopg
import pytest

from lamplighter.domain.misfires import SPACING
from tests.integration.fake_network import FakeNetwork
from tests.integration.recurring.ledger import HOURLY, Row, publications_of, rows_of, send
from tests.integration.recurring.office import Office, later

DAY = timedelta(days=1)
HORIZON = timedelta(hours=72)

type Superuser = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def no_others(superuser: Superuser) -> None:
    """Other tests' rules are not followed."""
    superuser.execute("UPDATE recurring_posts SET status = 'paused' WHERE status = 'active'")


def hourly(office: Office, **more: Any) -> dict[str, Any]:
    return office.created(schedule_type="cron", schedule_config=HOURLY, **more)


def test_after_the_spawners_outage_all_catch_up_apart_from_each_other(office: Office, superuser: Superuser):
    post = hourly(office, misfire_policy="catch_up", misfire_grace_minutes=30)
    office.run()
    outage = HORIZON + DAY
    with later(outage):
        office.run()
    now = datetime.now(UTC) + outage
    late = [row for row in late_rows(superuser, post, now) if row.due_at > now - DAY + timedelta(hours=1)]
    times = {each["id"]: each["scheduled_at"] for each in publications_of(superuser, post)}
    moments = [times[row.publication_id] for row in late]
    assert moments == sorted(moments)
    assert moments[0] >= now - timedelta(minutes=2)
    everything = sorted(at for at in times.values() if at > now - timedelta(minutes=2))
    assert min(b - a for a, b in pairwise(everything)) >= SPACING


def late_rows(superuser: Superuser, post: dict[str, Any], now: datetime) -> list[Row]:
    return [row for row in rows_of(superuser, post) if row.due_at <= now]


@pytest.mark.parametrize("policy", ["run_once", "skip", "catch_up"])
def test_after_a_days_outage_of_everything_the_misfire_policy_decides_of_what_was_made_ahead(
    office: Office, superuser: Superuser, network: FakeNetwork, policy: str
):
    post = hourly(office, misfire_policy=policy, misfire_grace_minutes=30)
    office.run()
    now = datetime.now(UTC) + DAY
    due = late_rows(superuser, post, now)
    recent = [row for row in due if now - row.due_at <= timedelta(minutes=30)]
    send(office.http.workspace_id, DAY)
    states = Counter(
        each["status"] for each in publications_of(superuser, post) if each["scheduled_at"] <= now
    )
    match policy:
        case "run_once":
            assert len(network.accepted) == 1
            assert states == {"published": 1, "missed": len(due) - 1}
            assert published(superuser, post) == [due[-1].publication_id]
        case "skip":
            assert published(superuser, post) == [row.publication_id for row in recent]
            assert states["missed"] == len(due) - len(recent)
        case _:
            assert len(network.accepted) <= 1
            assert states["scheduled"] >= len(due) - 1


def published(superuser: Superuser, post: dict[str, Any]) -> list[UUID]:
    found = superuser.execute(
        "SELECT p.id FROM publications p JOIN publication_platforms t ON t.publication_id = p.id"
        " WHERE p.recurring_post_id = %s AND t.status = 'published' ORDER BY t.published_at",
        [post["id"]],
    )
    return [id_ for (id_,) in found]


def test_after_an_outage_what_was_made_ahead_catches_up_in_turn(
    office: Office, superuser: Superuser, network: FakeNetwork
):
    post = hourly(office, misfire_policy="catch_up")
    office.run()
    outage = timedelta(hours=6)
    long_ago = datetime.now(UTC) + outage - SPACING - timedelta(seconds=30)  # what is due since is no backlog
    late = [row.publication_id for row in late_rows(superuser, post, long_ago)]
    for minutes in range(41):
        send(office.http.workspace_id, outage + timedelta(minutes=minutes))
        caught_up = [each for each in published(superuser, post) if each in late]
        assert len(caught_up) <= 1 + minutes // 5
        assert caught_up == late[: len(caught_up)]
    assert caught_up == late
    assert len(network.accepted) >= len(late)
