"""At the moment of sending: nothing goes out without an approval of exactly what would be posted."""

from datetime import timedelta
from typing import Any

import pytest

from tests.dates import NEXT_SPRING
from tests.integration.approvals.conftest import Table, later
from tests.integration.people.office import Someone

HELD_BACK: dict[str, Any] = {"late_policy": "skip", "late_after_minutes": 30}


@pytest.mark.parametrize("policy", [{}, HELD_BACK, {**HELD_BACK, "late_policy": "ask"}])
def test_without_an_approval_nothing_goes_out_when_it_is_due(table: Table, policy: dict[str, Any]):
    made = table.pending(when=timedelta(minutes=10), **policy)
    with later(timedelta(minutes=11)):
        table.work()
    assert table.network.accepted == []
    found = table.read(made)
    if policy:
        assert (found["status"], found["platforms"][0]["status"]) == ("scheduled", "pending")
    else:
        assert (found["status"], found["platforms"][0]["error_code"]) == ("missed", "approval_pending")
    with later(timedelta(minutes=42)):
        table.work()
    after = {None: "missed", "skip": "missed", "ask": "needs_review"}[policy.get("late_policy")]
    assert table.state(made) == (after, "pending")
    assert table.network.accepted == []


@pytest.mark.parametrize("policy", ["skip", "ask"])
def test_an_approval_after_its_time_sends_what_has_waited(table: Table, policy: str):
    made = table.pending(when=timedelta(minutes=10), **{**HELD_BACK, "late_policy": policy})
    with later(timedelta(minutes=11)):
        table.work()
    with later(timedelta(minutes=15)):
        approver = table.approver.logged_in_again()
        table.aws.waiting()
        assert table.decide(approver, made, "approve").status == 200
        [message] = table.aws.waiting()  # at once, without waiting for a tick
        table.work([message])
    assert table.state(made) == ("published", "approved")
    assert table.network.texts == ["Good evening"]


def test_what_was_missed_needs_a_new_time_first(table: Table):
    made = table.pending(when=timedelta(minutes=10))
    with later(timedelta(minutes=11)):
        table.work()
    for action in ("approve", "reject"):
        answer = table.decide(table.approver, made, action)
        assert (answer.status, answer.json["code"]) == (409, "missed_needs_time")
    assert table.editor.change(table.path(made), {"scheduled_at": NEXT_SPRING}).status == 200
    assert table.decide(table.approver, made, "approve").status == 200
    assert table.state(made) == ("scheduled", "approved")


def test_what_is_approved_in_time_goes_out_at_its_time(table: Table):
    made = table.pending(when=timedelta(minutes=10))
    table.decide(table.approver, made, "approve")
    table.work()
    assert table.network.accepted == []
    with later(timedelta(minutes=10, seconds=1)):
        table.work()
    assert table.network.texts == ["Good evening"]
    answer = table.decide(table.approver, made, "revoke")
    assert (answer.status, answer.json["code"]) == (409, "nothing_to_send")


def _revoke(table: Table, approver: Someone, made: Any) -> None:
    assert table.decide(approver, made, "revoke").status == 200


def _edit(table: Table, _approver: Someone, made: Any) -> None:
    table.edit(table.http, made, "Good morning")


@pytest.mark.parametrize("change", [_revoke, _edit], ids=["revoked", "edited"])
def test_what_loses_its_approval_a_second_before_its_time_does_not_go_out(table: Table, change: Any):
    made = table.pending(when=timedelta(minutes=10))
    table.decide(table.approver, made, "approve")
    with later(timedelta(minutes=9, seconds=59)):
        change(table, table.approver.logged_in_again(), made)
    with later(timedelta(minutes=10, seconds=1)):
        table.work()
    assert table.network.accepted == []
    assert table.state(made) == ("missed", "pending")


def test_what_was_rejected_does_not_go_out(table: Table):
    made = table.pending(when=timedelta(minutes=10))
    table.decide(table.approver, made, "reject")
    with later(timedelta(minutes=11)):
        table.work()
    assert table.network.accepted == []
    assert table.read(made)["platforms"][0]["error_code"] == "approval_rejected"


def test_an_approval_that_the_database_does_not_bind_to_this_content_counts_for_nothing(table: Table):
    """Whatever may have gone wrong before: what is asked at the moment of sending is the content itself."""
    made = table.pending(when=timedelta(minutes=10))
    table.decide(table.approver, made, "approve")
    table.office.superuser.execute(
        "UPDATE content SET original_text = 'Something else' WHERE id = %s", [made["content_id"]]
    )
    with later(timedelta(minutes=11)):
        table.work()
    assert table.network.accepted == []


def test_an_edit_of_what_is_published_needs_an_approval_of_its_own(table: Table):
    made = table.pending(when=timedelta(minutes=10))
    table.decide(table.approver, made, "approve")
    with later(timedelta(minutes=11)):
        table.work()
    table.edit(table.editor, made, "Good morning")
    path = f"{table.path(made)}/platforms/{made['platforms'][0]['id']}/edit"
    refused = table.editor.post(path)
    assert (refused.status, refused.json["code"]) == (409, "approval_pending")
    assert table.decide(table.editor, made, "request").json["approval_status"] == "pending"
    assert [action for action, _, _ in table.ledger(made)] == ["requested", "approved", "requested"]
    assert table.decide(table.approver, made, "approve").status == 200
    assert table.editor.post(path).status == 200
    table.work()
    assert table.read(made)["platforms"][0]["change"] is None
