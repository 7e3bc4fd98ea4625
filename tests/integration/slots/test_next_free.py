"""The next free slot: which it is, what takes it, and what there is instead of one."""

from datetime import timedelta
from typing import Any

import pytest

from tests.integration.http import Answer, Http
from tests.integration.slots.conftest import MONDAY, Planner, short


def refused(answer: Answer) -> tuple[int, str]:
    return answer.status, answer.json["code"]


def test_posts_queue_up_one_slot_after_the_other(planner: Planner):
    planner.plan(None, "09:00", "12:00")
    account = planner.account()
    made = [planner.queue(account) for _ in range(3)]
    assert [short(each["scheduled_at"]) for each in made] == ["01 09:00", "01 12:00", "02 09:00"]
    assert {each["queued"] for each in made} == {True}


def test_an_account_without_a_plan_has_the_workspaces(planner: Planner):
    planner.plan(None, "09:00")
    one, other = planner.account(), planner.account()
    planner.plan(other, "10:00")
    assert [short(planner.queue(each)["scheduled_at"]) for each in (one, other)] == ["01 09:00", "01 10:00"]


def test_accounts_with_the_same_plan_each_have_its_slots(planner: Planner):
    planner.plan(None, "09:00")
    times = [short(planner.queue(planner.account())["scheduled_at"]) for _ in range(2)]
    assert times == ["01 09:00", "01 09:00"]


def test_several_accounts_get_a_slot_that_is_one_for_all_and_free_on_all(planner: Planner):
    one, other = planner.account(), planner.account()
    planner.plan(one, "09:00", "10:00", "12:00")
    planner.plan(other, "10:00", "11:00", "13:00", timezone="Europe/Vienna")  # 09:00, 10:00, 12:00 in UTC
    planner.queue(one)
    assert short(planner.queue(one, other)["scheduled_at"]) == "01 10:00"
    assert short(planner.queue(other)["scheduled_at"]) == "01 09:00"
    assert short(planner.queue(one, other)["scheduled_at"]) == "01 12:00"


def test_plans_without_a_common_moment_have_no_slot_for_both(planner: Planner):
    one, other = planner.account(), planner.account()
    planner.plan(one, "09:00")
    planner.plan(other, "10:00")
    assert refused(planner.ask(one, other)) == (409, "no_free_slot")


def test_without_a_plan_there_is_nothing_to_queue_in(planner: Planner):
    one, other = planner.account(), planner.account()
    planner.plan(one, "09:00")
    assert refused(planner.ask(other)) == (409, "no_slot_plan")
    assert refused(planner.ask(one, other)) == (409, "no_slot_plan")


def test_an_account_that_is_not_there_is_told_before_its_slots(planner: Planner):
    answer = planner.ask("0198c2f0-7a20-7b11-8c55-5d1c2b7e9f02")
    assert [fault["code"] for fault in answer.json["errors"]] == ["unknown_connection"]


def test_nothing_free_within_a_year_is_said(planner: Planner):
    account = planner.account()
    planner.plan(account, "23:00", quiet_hours=[{"start": "22:00", "end": "06:00"}])
    assert refused(planner.ask(account)) == (409, "no_free_slot")
    assert planner.slots(account) == []


def test_a_time_that_somebody_chose_takes_its_slot(planner: Planner):
    planner.plan(None, "09:00", "12:00")
    account = planner.account()
    chosen = planner.queue(account, when="2027-03-01T09:00:20Z")
    assert chosen["queued"] is False
    assert short(planner.queue(account)["scheduled_at"]) == "01 12:00"


@pytest.mark.parametrize("status", ["cancelled", "failed", "skipped", "removed"])
def test_what_does_not_go_out_takes_no_slot(planner: Planner, status: str):
    planner.plan(None, "09:00", "12:00")
    account = planner.account()
    planner.becomes(planner.queue(account), status)
    assert short(planner.queue(account)["scheduled_at"]) == "01 09:00"


@pytest.mark.parametrize("status", ["pending", "publishing", "published", "unknown", "held"])
def test_what_goes_out_or_may_have_takes_its_slot(planner: Planner, status: str):
    planner.plan(None, "09:00", "12:00")
    account = planner.account()
    planner.becomes(planner.queue(account), status)
    assert short(planner.queue(account)["scheduled_at"]) == "01 12:00"


def test_a_post_to_one_of_two_accounts_takes_the_slot_of_that_one(planner: Planner):
    planner.plan(None, "09:00", "12:00")
    one, other = planner.account(), planner.account()
    planner.queue(one, other)
    cancelled = planner.queue(one, other)
    [row] = [each for each in cancelled["platforms"] if each["connection_id"] == other]
    below = f"/publications/{cancelled['id']}/platforms/{row['id']}/cancel"
    assert planner.http.post(below).status == 200
    assert short(planner.queue(one)["scheduled_at"]) == "02 09:00"
    assert short(planner.queue(other)["scheduled_at"]) == "01 12:00"


NINE = MONDAY.replace(hour=9, minute=0)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ({}, "01 12:00"),
        ({"status": "paused"}, "01 09:00"),
        ({"status": "completed"}, "01 09:00"),
        ({"mode": "test"}, "01 09:00"),
    ],
)
@pytest.mark.parametrize("is_written", [True, False], ids=["ledger", "rule"])
def test_what_a_recurring_post_is_going_to_post_takes_its_slot(
    planner: Planner, rule: dict[str, Any], expected: str, *, is_written: bool
):
    """Whether the ledger has the occurrence already or the rule alone says it."""
    planner.plan(None, "09:00", "12:00")
    account = planner.account()
    rule_id = planner.rule(account, "09:00", **rule)
    if is_written:
        planner.written(rule_id, NINE)
    assert short(planner.queue(account)["scheduled_at"]) == expected


def test_far_ahead_a_rule_takes_its_slots_too(planner: Planner):
    planner.plan(None, "09:00", "12:00", daily_cap=2)
    account = planner.account()
    planner.rule(account, "09:00")
    found = planner.slots(account, limit=30)
    assert {short(each["at"])[3:] for each in found if each["status"] == "free"} == {"12:00"}
    assert {short(each["at"])[3:] for each in found if each["status"] == "taken"} == {"09:00"}


def test_what_is_skipped_takes_no_slot_and_what_is_moved_another(planner: Planner):
    planner.plan(None, "09:00", "12:00")
    account = planner.account()
    rule_id = planner.rule(account, "09:00")
    planner.written(rule_id, NINE, "skipped")
    planner.written(rule_id, NINE + timedelta(days=1), hours=3)
    statuses = {short(each["at"]): each["status"] for each in planner.slots(account, limit=3)}
    assert statuses == {
        "01 09:00": "free",
        "01 12:00": "free",
        "02 09:00": "free",
    }
    for _ in statuses:
        planner.queue(account)
    assert short(planner.queue(account)["scheduled_at"]) == "03 12:00"


def test_a_recurring_post_takes_the_slots_of_its_accounts_alone(planner: Planner):
    planner.plan(None, "09:00", "12:00")
    named, other = planner.account(), planner.account()
    rule_id = planner.rule(named, "09:00", platforms=["sandbox"])
    planner.written(rule_id, NINE)
    assert short(planner.queue(named)["scheduled_at"]) == "01 12:00"
    assert short(planner.queue(other)["scheduled_at"]) == "01 09:00"
    [use] = planner.slots(named)[0]["occupied_by"]
    assert (use["recurring_post_id"], use["publication_id"]) == (str(rule_id), None)


def test_the_gap_counts_to_neighbours_before_and_after(planner: Planner):
    planner.plan(None, "09:00", "09:30", "10:00", "12:00", min_gap_minutes=60)
    account = planner.account()
    planner.queue(account, when="2027-03-01T10:45:00Z")
    made = [short(planner.queue(account)["scheduled_at"]) for _ in range(3)]
    assert made == ["01 09:00", "01 12:00", "02 09:00"]


def test_the_cap_counts_the_local_day(planner: Planner):
    weekly = {"timezone": "America/New_York", "daily_cap": 2}
    planner.plan(None, "09:00", "12:00", "20:00", **weekly)  # 14:00, 17:00 and 01:00 of the next day in UTC
    account = planner.account()
    made = [short(planner.queue(account)["scheduled_at"]) for _ in range(3)]
    assert made == ["01 14:00", "01 17:00", "02 14:00"]


def test_a_slot_in_quiet_hours_is_left_out(planner: Planner):
    planner.plan(None, "09:00", "23:00", "05:00", quiet_hours=[{"start": "22:00", "end": "06:00"}])
    account = planner.account()
    made = [short(planner.queue(account)["scheduled_at"]) for _ in range(2)]
    assert made == ["01 09:00", "02 09:00"]


def test_slots_stay_at_their_local_time_when_the_clocks_change(planner: Planner):
    planner.plan(None, "09:00", timezone="Europe/Berlin")
    account = planner.account()
    found = {short(each["at"]): each["local_time"] for each in planner.slots(account, limit=40)}
    assert found["27 08:00"] == "2027-03-27T09:00:00"
    assert found["28 07:00"] == "2027-03-28T09:00:00"


def test_moving_to_the_next_free_slot_leaves_the_present_one(planner: Planner):
    planner.plan(None, "09:00", "12:00")
    account = planner.account()
    first, second, third = [planner.queue(account) for _ in range(3)]
    assert planner.http.post(f"/publications/{first['id']}/cancel").status == 200
    moved = planner.change(third, {"scheduled_at": "next-free-slot"})
    assert (moved.status, short(moved.json["scheduled_at"]), moved.json["queued"]) == (200, "01 09:00", True)
    again = planner.change(third, {"scheduled_at": "next-free-slot"})
    assert short(again.json["scheduled_at"]) == "01 09:00"
    assert planner.times(second) == ["01 12:00"]
    assert short(planner.queue(account)["scheduled_at"]) == "02 09:00"


def test_a_time_of_its_own_takes_a_post_out_of_the_queue_and_a_slot_puts_it_in(planner: Planner):
    planner.plan(None, "09:00", "12:00")
    post = planner.queue(planner.account())
    chosen = planner.change(post, {"scheduled_at": "2027-03-05T10:00:00Z"})
    assert chosen.json["queued"] is False
    assert planner.change(post, {"priority": "high"}).json["queued"] is False
    assert planner.change(post, {"scheduled_at": "next-free-slot"}).json["queued"] is True
    released = planner.http.post(f"/publications/{post['id']}/publish-now")
    assert (released.status, released.json["queued"]) == (200, False)


def test_what_failed_goes_again_in_the_next_free_slot(planner: Planner):
    planner.plan(None, "09:00", "12:00")
    account = planner.account()
    post = planner.queue(account)
    planner.becomes(post, "failed")
    planner.queue(account)
    moved = planner.change(post, {"scheduled_at": "next-free-slot"})
    assert (moved.json["status"], short(moved.json["scheduled_at"])) == ("scheduled", "01 12:00")


def test_a_test_keys_posts_and_real_ones_have_slots_of_their_own(planner: Planner, http_test_key: Http):
    planner.plan(None, "09:00", "12:00")
    account = planner.account()
    planner.queue(account)
    assert short(planner.by(http_test_key).queue(account)["scheduled_at"]) == "01 09:00"


def test_slots_are_shown_with_what_stands_in_their_way(planner: Planner):
    planner.plan(None, "09:00", "09:30", "12:00", "15:00", min_gap_minutes=60, daily_cap=2)
    account = planner.account()
    first, second = planner.queue(account), planner.queue(account)
    found = planner.slots(account, limit=1)
    assert [(short(each["at"]), each["status"]) for each in found] == [
        ("01 09:00", "taken"),
        ("01 09:30", "too_close"),
        ("01 12:00", "taken"),
        ("01 15:00", "day_full"),
        ("02 09:00", "free"),
    ]
    uses = [[use["publication_id"] for use in each["occupied_by"]] for each in found]
    assert uses == [[first["id"]], [first["id"]], [second["id"]], [first["id"], second["id"]], []]
    assert found[-1]["local_time"] == "2027-03-02T09:00:00"


def test_a_limited_key_is_not_told_of_what_it_cannot_read(planner: Planner):
    planner.plan(None, "09:00")
    one, other = planner.account(), planner.account()
    planner.queue(one, other)
    made = {"name": "one", "permissions": ["publications:read"], "connection_ids": [one]}
    limited = planner.by(Http(planner.http.workspace_id, planner.http.post("/api-keys", made).json["key"]))
    [taken, _free] = limited.slots(one, limit=1)
    assert [use["publication_id"] for use in taken["occupied_by"]] == [None]
    assert limited.http.get(f"/slots/free?connection_id={other}").status == 404


def test_the_same_words_again_are_refused_in_a_slot_too(planner: Planner):
    planner.plan(None, "09:00", "12:00")
    account, content = planner.account(), planner.desk.content("The same")
    planner.queue(account, content_id=content)
    assert refused(planner.ask(account, content_id=content)) == (409, "duplicate_publication")
    assert short(planner.queue(account)["scheduled_at"]) == "01 12:00", "what was refused took no slot"


def test_a_slot_may_be_in_the_next_minutes(planner: Planner):
    soon = MONDAY + timedelta(minutes=1)
    planner.plan(None, f"{soon:%H:%M}")
    assert short(planner.queue(planner.account())["scheduled_at"]) == "01 06:31"
