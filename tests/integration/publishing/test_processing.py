"""A post that its network still works on: nobody can say yet that it will not be there."""

from typing import Any

import psycopg

from lamplighter.domain.outcomes import Outcome, Pending, Unknown
from lamplighter.postgres.session import transaction
from lamplighter.services import recording
from lamplighter.services.work import Work
from tests.integration.fake_network import FakeNetwork
from tests.integration.publishing.conftest import Desk
from tests.integration.publishing.test_resolving import (
    NOT_POSTED,
    POSTED,
    looking,
    lost,
    part,
    refusal,
    resolve,
)


def comes_again(work: Work, outcome: Outcome) -> None:
    with transaction(work.workspace_id) as tx:
        assert recording.record(tx, work, outcome, 0.1)


def test_what_the_network_still_works_on_is_not_said_to_be_absent(
    desk: Desk, network: FakeNetwork, superuser: psycopg.Connection[Any]
):
    """It may be there a minute later: sent again, it would be there twice."""
    made = lost(desk, network)
    work, _ = looking(desk)
    comes_again(work, Pending(30))
    assert refusal(resolve(desk, made, NOT_POSTED)) == (409, "still_processing")
    work, _ = looking(desk)
    comes_again(work, Unknown("unreachable", "No answer."))  # nothing that it said is taken back by that
    assert refusal(resolve(desk, made, NOT_POSTED)) == (409, "still_processing")
    superuser.execute("DELETE FROM dispatches WHERE workspace_id = %s", [desk.workspace_id])  # given up
    superuser.execute(
        "UPDATE publication_platforms SET status = 'unknown' WHERE workspace_id = %s", [desk.workspace_id]
    )
    assert resolve(desk, made, NOT_POSTED).status == 200


def test_what_the_network_still_works_on_can_be_found(desk: Desk, network: FakeNetwork):
    made = lost(desk, network)
    work, _ = looking(desk)
    comes_again(work, Pending(30))
    assert resolve(desk, made, POSTED).status == 200
    assert part(desk, made)["status"] == "published"
