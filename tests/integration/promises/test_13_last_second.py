"""Promise 13: cancelled, moved, edited, or approved no more a second before it is due: not sent as it was."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lamplighter.postgres.session import move_clock
from tests.integration.people.office import Office
from tests.integration.promises.following import message_of, outstanding, to_the_end
from tests.integration.promises.networks import Network
from tests.integration.publishing.conftest import Desk

DUE = timedelta(minutes=5)
BEFORE = DUE - timedelta(seconds=1)
type Change = Callable[[Desk, Any], None]


def cancelled(desk: Desk, made: Any) -> None:
    assert desk.http.post(f"/publications/{made['id']}/cancel").status == 200


def moved(desk: Desk, made: Any) -> None:
    body = {"scheduled_at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}
    headers = {"if-match": f'"{made["version"]}"'}
    assert desk.http.call("PATCH", f"/publications/{made['id']}", body, headers=headers).status == 200


def edited(desk: Desk, made: Any) -> None:
    headers = {"if-match": '"1"'}
    assert (
        desk.http.call("PATCH", f"/content/{made['content_id']}", {"text": "Mended"}, headers=headers).status
        == 200
    )


@pytest.mark.parametrize(
    ("change", "sent"), [(cancelled, []), (moved, []), (edited, ["Mended"])], ids=["cancel", "move", "edit"]
)
def test_what_is_changed_a_second_before_it_is_due_goes_out_as_it_is_then(
    change: Change, sent: list[str], desk: Desk, network: Network
):
    made = desk.publication(when=DUE).json
    move_clock(BEFORE)
    [row] = outstanding(desk)
    change(desk, made)
    move_clock(DUE)
    desk.work([message_of(row)])  # the wake-up that was on its way
    desk.work([message_of(row) for row in outstanding(desk) if row.due_at < datetime.now(UTC) + DUE])
    assert network.texts == sent


def test_what_is_no_longer_approved_a_second_before_it_is_due_does_not_go_out(
    desk: Desk, network: Network, office: Office
):
    approver = office.hire(workspace_role="approver")
    policy = {"late_policy": "skip", "late_after_minutes": 60}
    made = desk.publication(when=DUE, needs_approval=True, **policy).json
    path = f"/publications/{made['id']}/approval"
    assert approver.http.post(f"{path}/approve", {}, **{"if-match": f'"{made["version"]}"'}).status == 200
    move_clock(BEFORE)
    [row] = outstanding(desk)
    assert approver.http.post(f"{path}/revoke", {}).status == 200
    move_clock(DUE)
    desk.work([message_of(row)])
    desk.work([message_of(row) for row in outstanding(desk)])
    assert network.accepted == []
    to_the_end(desk)
    assert network.accepted == []
    assert desk.read(made)["status"] == "missed"
