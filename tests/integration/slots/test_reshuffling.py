"""Queues that are spread anew: in which order, over which slots, and what stays."""

from typing import Any

import pytest

from tests.integration.http import Answer, Http
from tests.integration.people.office import Office, Someone
from tests.integration.slots.conftest import Planner, short


def moves(answer: Answer) -> list[tuple[str, str, str]]:
    """Which post moves from where to where."""
    assert answer.status == 200, answer.body
    return [
        (each["publication_id"], short(each["was_at"]), short(each["moves_to"]))
        for each in answer.json["moves"]
    ]


def cancelled(planner: Planner, publication: Any) -> None:
    assert planner.http.post(f"/publications/{publication['id']}/cancel").status == 200


def test_gaps_are_closed_in_the_order_that_stands(planner: Planner):
    plan, account = planner.plan(None, "09:00", "12:00"), planner.account()
    a, b, c, d = (planner.queue(account, priority=each) for each in ("low", "normal", "high", "normal"))
    cancelled(planner, b)
    answer = planner.reshuffle(plan, order="kept", dry_run=False)
    assert moves(answer) == [(c["id"], "02 09:00", "01 12:00"), (d["id"], "02 12:00", "02 09:00")]
    assert (answer.json["unmoved"], answer.json["left_out"]) == (1, 0)
    assert planner.times(a, c, d) == ["01 09:00", "01 12:00", "02 09:00"]
    assert {planner.desk.read(each)["queued"] for each in (a, c, d)} == {True}
    assert moves(planner.reshuffle(plan, order="kept", dry_run=False)) == []


def test_nothing_moves_in_a_dry_run_and_a_dry_run_is_what_one_gets_unasked(planner: Planner):
    plan, account = planner.plan(None, "09:00", "12:00"), planner.account()
    a, b = planner.queue(account), planner.queue(account)
    cancelled(planner, a)
    for given in ({}, {"dry_run": True}):
        answer = planner.reshuffle(plan, **given)
        assert moves(answer) == [(b["id"], "01 12:00", "01 09:00")]
        assert answer.json["dry_run"] is True
    assert planner.times(b) == ["01 12:00"]
    assert planner.desk.read(b)["version"] == b["version"]


def test_the_dry_run_says_what_then_happens(planner: Planner):
    plan, account = planner.plan(None, "09:00", "12:00", min_gap_minutes=90), planner.account()
    for priority in ("low", "normal", "high", "normal"):
        planner.queue(account, priority=priority)
    foreseen = moves(planner.reshuffle(plan))
    assert foreseen == moves(planner.reshuffle(plan, dry_run=False))
    assert [
        short(planner.http.get(f"/publications/{id_}").json["scheduled_at"]) for id_, _, _ in foreseen
    ] == [at for _, _, at in foreseen]


def test_what_matters_more_goes_first_and_then_what_is_older(planner: Planner):
    plan, account = planner.plan(None, "09:00", "12:00"), planner.account()
    low, first, second, high = (
        planner.queue(account, priority=each) for each in ("low", "normal", "normal", "high")
    )
    planner.reshuffle(plan, dry_run=False)
    assert planner.times(high, first, second, low) == ["01 09:00", "01 12:00", "02 09:00", "02 12:00"]


def test_a_given_order_is_that_of_the_named_ones_and_the_others_stay(planner: Planner):
    plan, account = planner.plan(None, "09:00", "12:00"), planner.account()
    a, b, c = (planner.queue(account) for _ in range(3))
    named = [c["id"], a["id"]]
    planner.reshuffle(plan, order="given", publication_ids=named, dry_run=False)
    assert planner.times(c, b, a) == ["01 09:00", "01 12:00", "02 09:00"]


def test_only_what_is_queued_can_be_named(planner: Planner):
    plan, account = planner.plan(None, "09:00"), planner.account()
    chosen = planner.queue(account, when="2027-03-04T10:00:00Z")
    answer = planner.reshuffle(plan, order="given", publication_ids=[chosen["id"]])
    assert [(each["pointer"], each["code"]) for each in answer.json["errors"]] == [
        ("/publication_ids/0", "not_queued")
    ]


@pytest.mark.parametrize("given", [{"order": "given"}, {"order": "kept", "publication_ids": ["x"]}])
def test_an_order_is_given_by_names_and_by_nothing_else(planner: Planner, given: Any):
    plan, account = planner.plan(None, "09:00"), planner.account()
    if "publication_ids" in given:
        given = {**given, "publication_ids": [planner.queue(account)["id"]]}
    [fault] = planner.reshuffle(plan, **given).json["errors"]
    assert fault["code"] == "publication_ids_mismatch"


def test_a_time_that_somebody_chose_stays_and_keeps_its_distance(planner: Planner):
    plan, account = planner.plan(None, "09:00", "12:00"), planner.account()
    a, b = planner.queue(account), planner.queue(account)
    chosen = planner.change(a, {"scheduled_at": "2027-03-01T09:00:00Z"}).json
    assert moves(planner.reshuffle(plan, dry_run=False)) == []
    assert planner.times(chosen, b) == ["01 09:00", "01 12:00"]


@pytest.mark.parametrize("status", ["publishing", "published", "unknown", "held"])
def test_what_is_sent_or_on_its_way_stays(planner: Planner, status: str):
    plan, account = planner.plan(None, "09:00", "12:00"), planner.account()
    a, b, c = (planner.queue(account) for _ in range(3))
    planner.becomes(b, status)
    cancelled(planner, a)
    assert moves(planner.reshuffle(plan)) == [(c["id"], "02 09:00", "01 09:00")]


def test_a_changed_plan_is_what_the_queue_is_spread_over(planner: Planner):
    plan, account = planner.plan(None, "09:00", "12:00"), planner.account()
    posts = [planner.queue(account) for _ in range(3)]
    change = {"weekly": {"mo": ["10:00"], "tu": ["11:00"], "we": ["12:00"]}}
    headers = {"if-match": '"1"'}
    assert planner.http.call("PATCH", f"/slot-plans/{plan['id']}", change, headers=headers).status == 200
    planner.reshuffle(plan, dry_run=False)
    assert planner.times(*posts) == ["01 10:00", "02 11:00", "03 12:00"]


def test_a_queue_that_finds_too_few_slots_stays_whole(planner: Planner):
    plan, account = planner.plan(None, "09:00"), planner.account()
    posts = [planner.queue(account) for _ in range(2)]
    quiet = {"quiet_hours": [{"start": "08:00", "end": "10:00"}]}
    headers = {"if-match": '"1"'}
    assert planner.http.call("PATCH", f"/slot-plans/{plan['id']}", quiet, headers=headers).status == 200
    answer = planner.reshuffle(plan, dry_run=False)
    assert (answer.status, answer.json["code"]) == (409, "no_free_slot")
    assert planner.times(*posts) == ["01 09:00", "02 09:00"]


def test_an_accounts_plan_moves_its_queue_and_the_workspaces_all_others(planner: Planner):
    own_account, other = planner.account(), planner.account()
    whole, own = planner.plan(None, "09:00", "12:00"), planner.plan(own_account, "09:00", "12:00")
    first = {each: planner.queue(each) for each in (own_account, other)}
    second = {each: planner.queue(each) for each in (own_account, other)}
    for each in first.values():
        cancelled(planner, each)
    assert [id_ for id_, _, _ in moves(planner.reshuffle(own))] == [second[own_account]["id"]]
    assert [id_ for id_, _, _ in moves(planner.reshuffle(whole))] == [second[other]["id"]]


def test_a_post_to_several_accounts_keeps_to_the_plan_of_each(planner: Planner):
    one, other = planner.account(), planner.account()
    plan = planner.plan(one, "09:00", "12:00", "15:00")
    planner.plan(other, "12:00", "15:00")
    both = planner.queue(one, other)
    alone = planner.queue(one)
    blocking = planner.queue(other)
    assert planner.times(both, alone, blocking) == ["01 12:00", "01 09:00", "01 15:00"]
    cancelled(planner, alone)
    assert moves(planner.reshuffle(plan)) == [], "09:00 is no slot of the other account's"


@pytest.fixture
def approver(office: Office) -> Someone:
    """Somebody of the tenant who may approve."""
    return office.hire(workspace_role="approver")


def approved(planner: Planner, approver: Someone, publication: Any) -> None:
    etag = planner.http.get(f"/publications/{publication['id']}").headers["etag"]
    answer = approver.post(f"/publications/{publication['id']}/approval/approve", {}, if_match=etag)
    assert answer.status == 200, answer.body


def test_a_dry_run_says_which_approvals_would_be_lost_and_a_move_asks_again(
    planner: Planner, approver: Someone
):
    plan, account = planner.plan(None, "09:00", "12:00"), planner.account()
    a, b, c, d = (planner.queue(account, needs_approval=True) for _ in range(4))
    for each in (b, c):
        approved(planner, approver, each)
    cancelled(planner, a)
    foreseen = planner.reshuffle(plan, order="kept").json["moves"]
    assert [
        (each["publication_id"], each["approval_status"], each["loses_approval"]) for each in foreseen
    ] == [
        (b["id"], "approved", True),
        (c["id"], "approved", True),
        (d["id"], "pending", False),
    ]
    assert planner.desk.read(b)["approval_status"] == "approved"
    assert planner.reshuffle(plan, order="kept", dry_run=False).json["moves"] == foreseen
    assert [planner.desk.read(each)["approval_status"] for each in (b, c, d)] == ["pending"] * 3


def test_what_is_approved_may_stay(planner: Planner, approver: Someone):
    plan, account = planner.plan(None, "09:00", "12:00"), planner.account()
    a, b, c = (planner.queue(account, needs_approval=True) for _ in range(3))
    approved(planner, approver, b)
    cancelled(planner, a)
    done = planner.reshuffle(plan, order="kept", leave_approved=True, dry_run=False)
    assert moves(done) == [(c["id"], "02 09:00", "01 09:00")]
    assert planner.times(b) == ["01 12:00"]
    assert planner.desk.read(b)["approval_status"] == "approved"


def test_a_test_key_moves_its_own_tests_alone(planner: Planner, http_test_key: Http):
    account, tester = planner.account(), planner.by(http_test_key)
    plan = planner.plan(account, "09:00", "12:00")
    real, tests = planner.queue(account), [tester.queue(account) for _ in range(2)]
    cancelled(tester, tests[0])
    assert [id_ for id_, _, _ in moves(tester.reshuffle(plan))] == [tests[1]["id"]]
    assert moves(planner.reshuffle(plan)) == []
    assert planner.times(real) == ["01 09:00"]
