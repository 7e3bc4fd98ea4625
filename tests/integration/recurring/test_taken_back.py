"""What somebody has taken back does not go out after all, and what was counted is true afterwards."""

import time
from datetime import timedelta
from itertools import pairwise
from typing import Any

import psycopg
import pytest

from tests.integration.fake_network import FakeNetwork
from tests.integration.recurring.ledger import HOURLY, rows_of, send
from tests.integration.recurring.office import BERLIN, Office, at, later

type Superuser = psycopg.Connection[Any]

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def no_others(superuser: Superuser) -> None:
    """Other tests' rules are not followed."""
    superuser.execute("UPDATE recurring_posts SET status = 'paused' WHERE status = 'active'")


def until(office: Office, post: dict[str, Any], moment: str) -> timedelta:
    """How far a clock is ahead at a moment of an answer, a little later."""
    now = at(office.created(name="Clock")["created_at"])
    return at(moment) - now + 2 * MINUTE


def test_what_left_itself_out_is_left_out_for_good_once_somebody_says_so(office: Office):
    pool = [office.content("One")]
    post = office.created(content_ids=pool, content_type="rotation", minimum_gap_days=30)
    office.run()
    one = office.occurrences(post)[1]
    assert one["code"] == "nothing_to_choose"
    assert office.on(post, one["key"], "skip").json["code"] == "skipped_by_hand"
    assert office.change(post, minimum_gap_days=0).status == 200
    office.run()
    assert office.occurrence(post, one["key"])["status"] == "skipped"


def test_what_catches_up_and_is_taken_back_is_counted_once(office: Office, superuser: Superuser):
    post = office.created(schedule_type="cron", schedule_config=HOURLY, misfire_policy="catch_up")
    outage = timedelta(hours=75)
    with later(outage):
        office.run()
        late = office.read(post)["run_count"]
        assert late > 70
        assert office.change(post, priority="high").status == 200
        office.run()
    with later(outage + timedelta(hours=12)):
        office.run()
        office.run()
    rows = rows_of(superuser, post)
    made = sum(row.status == "made" and row.counted for row in rows)
    assert office.read(post)["run_count"] == made


def test_what_was_said_for_a_time_far_ahead_costs_a_change_nothing(office: Office):
    schedule = {"timezone": "Europe/Berlin", "expression": "*/5 * * * *"}
    post = office.created(schedule_type="cron", schedule_config=schedule)
    assert office.on(post, "21501231T0905", "skip").status == 200
    begin = time.perf_counter()
    assert office.act(post, "pause").status == 200
    assert time.perf_counter() - begin < 5
    assert office.act(post, "resume").status == 200
    [far] = office.occurrences(post, "from=2150-12-31T08:04:00Z&limit=1")
    assert (far["key"], far["status"]) == ("21501231T0905", "skipped")


def test_what_is_put_back_behind_the_end_sets_the_rule_going_again(office: Office):
    post = office.created(schedule_config={**BERLIN, "count": 1})
    [one] = office.occurrences(post)
    assert office.on(post, one["key"], "skip").status == 200
    office.run()
    assert office.read(post)["status"] == "completed"
    assert office.on(post, one["key"], "restore").status == 200
    shown = office.read(post)
    assert (shown["status"], shown["next_run_at"]) == ("active", one["at"])
    office.run()
    with later(until(office, post, one["at"])):
        office.run()
        shown = office.read(post)
    assert (shown["status"], shown["run_count"]) == ("completed", 1)


def test_the_minimum_gap_is_kept_from_a_publication_that_was_moved(office: Office):
    pool = [office.content("One"), office.content("Two"), office.content("Three"), office.content("Four")]
    post = office.created(content_ids=pool, content_type="rotation", minimum_gap_days=1)
    office.run()
    one, two = office.occurrences(post)[:2]
    to = (at(two["at"]) + timedelta(hours=1)).isoformat()
    said = office.publication(one["publication_id"])["content_id"]
    assert office.on(post, one["key"], "move", {"scheduled_at": to}).status == 200
    uses = {each["content_id"]: each["last_used_at"] for each in office.read(post)["contents"]}
    assert at(uses[said]) >= at(to)


def test_a_turn_is_given_back_by_a_publication_that_is_cancelled(office: Office):
    pool = [office.content("One"), office.content("Two"), office.content("Three"), office.content("Four")]
    post = office.created(content_ids=pool, content_type="rotation")
    office.run()
    one = office.occurrences(post)[0]
    said = office.publication(one["publication_id"])["content_id"]
    assert office.http.post(f"/publications/{one['publication_id']}/cancel").status == 200
    uses = {each["content_id"]: each["uses"] for each in office.read(post)["contents"]}
    assert uses[said] == 0


@pytest.mark.parametrize("end", ["pause", "delete"])
def test_what_is_due_and_not_on_its_way_does_not_go_out_after_the_end(
    office: Office, superuser: Superuser, network: FakeNetwork, end: str
):
    post = office.created(misfire_policy="catch_up")
    office.run()
    ahead = until(office, post, office.occurrences(post)[1]["at"])
    with later(ahead):
        answer = office.delete(post) if end == "delete" else office.act(post, "pause")
        assert answer.status in (200, 204)
    send(office.http.workspace_id, ahead)
    assert network.accepted == []


def test_a_counted_one_that_is_moved_ahead_is_still_to_come(office: Office, superuser: Superuser):
    post = office.created(needs_approval=True)
    office.run()
    one, two = office.occurrences(post)[:2]
    with later(until(office, post, one["at"])):
        office.run()
        assert office.read(post)["run_count"] == 1
        to = (at(two["at"]) - timedelta(hours=1)).isoformat()
        assert office.on(post, one["key"], "move", {"scheduled_at": to}).status == 200
        office.run()
        shown = office.read(post)
        assert at(shown["next_run_at"]) == at(to)
        assert shown["run_count"] == 0


def test_in_another_zone_the_same_local_times_come_anew(office: Office, superuser: Superuser):
    """It is 20 hours earlier there: what has gone out at a local time goes out at it again."""
    auckland = {"timezone": "Pacific/Auckland", "expression": "0 * * * *"}
    angeles = {"timezone": "America/Los_Angeles", "expression": "0 * * * *"}
    post = office.created(schedule_type="cron", schedule_config=auckland)
    office.run()
    with later(timedelta(hours=30)):
        office.run()
        count = office.read(post)["run_count"]
        assert count in (29, 30, 31)
        answer = office.change(post, schedule_type="cron", schedule_config=angeles)
        assert answer.status == 200, answer.body
        office.run()
        shown = office.read(post)
        assert (shown["next_run_at"], shown["run_count"]) == (answer.json["next_run_at"], count)
        ahead = [at(each["at"]) for each in office.occurrences(post, "limit=30")]
    assert ahead[0] == at(answer.json["next_run_at"])
    assert {second - first for first, second in pairwise(ahead)} == {timedelta(hours=1)}
