"""New time zone data move what recurring posts have not sent yet, and nothing else; keys stay."""

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from lamplighter.problems import DomainError
from tests.integration.cloud import Cloud
from tests.integration.http import Http
from tests.integration.recurring.office import later
from tests.integration.zones.almaty import HOUR, ZONE, Almaty, daily
from tests.zone_data import AFTER, BEFORE, using

pytestmark = pytest.mark.usefixtures("network")


def moments(rows: dict[datetime, Any]) -> list[datetime]:
    return [row.due_at for row in rows.values()]


def test_publications_move_with_the_clocks_and_keys_stay(almaty: Almaty):
    post = almaty.made()
    before, work = almaty.ledger(post), almaty.due()
    with using(AFTER):
        answer = almaty.rezone(version="2025a")
        shown = almaty.occurrences(post)
    after = almaty.ledger(post)
    assert len(before) == 3
    assert list(after) == list(before)
    assert moments(after) == [each + HOUR for each in moments(before)]
    assert almaty.due() == {each + HOUR for each in work} == almaty.scheduled() == set(moments(after))
    assert almaty.rule(post).next_run_at == moments(after)[0]
    assert [each["status"] for each in shown[:3]] == ["made"] * 3
    counts = {"rules": 1, "moved": 3, "came": 0, "went": 0}
    assert answer == {**answer, **counts, "version": "2025a", "after": None}


def test_what_is_planned_moves_and_is_made_at_its_new_time(almaty: Almaty):
    post = almaty.created(schedule_config=daily())
    almaty.spawn()
    before = almaty.ledger(post)
    with using(AFTER):
        almaty.rezone()
        almaty.run()
    after = almaty.ledger(post)
    assert moments(after)[:3] == [each + HOUR for each in moments(before)]
    assert almaty.scheduled() == set(moments(after))
    assert {row.status for row in after.values()} == {"made"}


def test_a_rule_whose_next_time_lies_beyond_the_ledger_says_it_rightly(almaty: Almaty):
    starts = (datetime.now(UTC) + timedelta(days=20)).strftime("%Y-%m-%dT09:00")
    post = almaty.created(schedule_config={"timezone": ZONE, "times": ["09:00"], "starts_at": starts})
    almaty.spawn()
    before = almaty.rule(post)
    with using(AFTER):
        almaty.rezone()
        almaty.spawn()
    after = almaty.rule(post)
    assert almaty.ledger(post) == {}
    assert after.next_run_at == before.next_run_at + HOUR
    assert after.visit_at == before.visit_at + HOUR
    assert after.version == before.version


def test_the_same_data_again_write_nothing(almaty: Almaty, superuser: psycopg.Connection[Any]):
    """Not a row of any table is another version of itself afterwards."""
    almaty.made()
    with using(AFTER):
        almaty.rezone()
        almaty.spawn()
        stood = versions(superuser, almaty)
        answer = almaty.rezone()
    assert (answer["rules"], answer["moved"]) == (1, 0)
    assert versions(superuser, almaty) == stood


def versions(superuser: psycopg.Connection[Any], almaty: Almaty) -> list[Any]:
    tables = (
        "recurring_posts",
        "recurring_occurrences",
        "publications",
        "publication_platforms",
        "dispatches",
    )
    tables += ("outbox_events", "audit_log")
    return [
        superuser.execute(
            f"SELECT xmin, ctid, * FROM {table} WHERE workspace_id = %s ORDER BY ctid",  # noqa: S608
            [almaty.workspace_id],
        ).fetchall()
        for table in tables
    ]


def test_there_and_back_again_is_where_it_was(almaty: Almaty):
    post = almaty.made()
    before = moments(almaty.ledger(post))
    with using(AFTER):
        almaty.rezone()
    almaty.rezone()
    assert moments(almaty.ledger(post)) == before
    assert almaty.due() == almaty.scheduled() == set(before)


def test_what_somebody_moved_keeps_the_time_that_was_given(almaty: Almaty):
    post = almaty.made()
    first, second, third = almaty.occurrences(post)[:3]
    chosen = (datetime.now(UTC) + 10 * HOUR).replace(microsecond=0)
    moved = almaty.on(post, first["key"], "move", {"scheduled_at": chosen.isoformat()})
    assert moved.status == 200, moved.body
    publication = almaty.publication(second["publication_id"])
    path, etag = f"/publications/{publication['id']}", f'"{publication["version"]}"'
    body = {"scheduled_at": (chosen + HOUR).isoformat()}
    patched = almaty.http.call("PATCH", path, body, headers={"if-match": etag})
    assert patched.status == 200, patched.body
    with using(AFTER):
        almaty.rezone()
    untouched = datetime.fromisoformat(third["at"]) + HOUR
    assert almaty.scheduled() == {chosen, chosen + HOUR, untouched} == almaty.due()


def test_what_somebody_cancelled_stays_so(almaty: Almaty):
    post = almaty.made()
    first = almaty.occurrences(post)[0]
    publication = almaty.publication(first["publication_id"])
    cancelled = almaty.http.post(f"/publications/{publication['id']}/cancel")
    assert cancelled.status == 200, cancelled.body
    with using(AFTER):
        almaty.rezone()
    assert almaty.publication(publication["id"]) == cancelled.json
    assert len(almaty.scheduled()) == 2


def test_an_approval_that_stands_goes_along_and_one_that_is_awaited_is_asked_for_anew(almaty: Almaty):
    post = almaty.made(needs_approval=True)
    first, second = (almaty.publication(each["publication_id"]) for each in almaty.occurrences(post)[:2])
    approved = almaty.approved(first)
    with using(AFTER):
        almaty.rezone()
    kept, asked = almaty.publication(first["id"]), almaty.publication(second["id"])
    assert (kept["approval_status"], asked["approval_status"]) == ("approved", "pending")
    assert kept["approval_hash"] != approved["approval_hash"]
    assert almaty.steps(first) == ["requested", "approved"]
    assert almaty.steps(second) == ["requested", "reset"]


def test_an_approval_that_went_along_is_one_that_sends(almaty: Almaty):
    post = almaty.made(needs_approval=True)
    first = almaty.publication(almaty.occurrences(post)[0]["publication_id"])
    almaty.approved(first)
    with using(AFTER):
        almaty.rezone()
        with later(7 * HOUR):
            almaty.send()
    assert almaty.publication(first["id"])["status"] == "published"


def test_what_is_due_at_once_by_the_new_data_wakes_its_worker(almaty: Almaty, aws: Cloud):
    with using(AFTER):
        almaty.made(schedule_config=daily(timedelta()))
    aws.waiting()
    almaty.rezone()
    woken = [each for each in aws.waiting() if each["workspace_id"] == str(almaty.workspace_id)]
    assert len(woken) == 1


def test_a_time_that_exists_no_more_is_called_off_and_comes_back_with_it(almaty: Almaty):
    """Cairo began summer time again in 2023, on the last Friday of April at midnight."""
    config = {"timezone": "Africa/Cairo", "times": ["00:30"], "on_gap": "skip"}
    with later(datetime(2027, 4, 28, 12, tzinfo=UTC) - datetime.now(UTC)):
        post = almaty.made(schedule_config=config)
        before = almaty.ledger(post)
        with using(AFTER):
            gone = almaty.rezone("Africa/Cairo")
        after = almaty.ledger(post)
        back = almaty.rezone("Africa/Cairo")
        almaty.fill()
        again = almaty.ledger(post)
    assert [key.isoformat() for key in before] == [
        f"2027-{day}T00:30:00" for day in ("04-29", "04-30", "05-01")
    ]
    assert (gone["moved"], gone["went"], gone["came"]) == (1, 1, 0)
    assert [(row.status, row.code) for row in after.values()] == [
        *[("made", None), ("skipped", "clock_change"), ("made", None)]
    ]
    assert moments(after) == [moments(before)[0], moments(before)[1], moments(before)[2] - HOUR]
    assert (back["moved"], back["went"], back["came"]) == (1, 0, 1)
    assert {row.status for row in again.values()} == {"made"}
    assert moments(again) == moments(before)
    assert len(almaty.scheduled()) == 3


def test_a_time_that_exists_now_comes(almaty: Almaty):
    config = {"timezone": "Africa/Cairo", "times": ["00:30"], "on_gap": "skip"}
    with later(datetime(2027, 4, 28, 12, tzinfo=UTC) - datetime.now(UTC)):
        with using(AFTER):
            post = almaty.made(schedule_config=config)
            before = almaty.ledger(post)
        answer = almaty.rezone("Africa/Cairo")
    assert [key.day for key in before] == [29, 1]
    assert (answer["moved"], answer["came"]) == (1, 1)
    assert [key.day for key in almaty.ledger(post)] == [29, 30, 1]


def test_every_hour_goes_on_every_hour(almaty: Almaty):
    """By elapsed time the instants stay and other keys stand for them; none is sent twice, none is lost."""
    rule = {"timezone": ZONE, "rrule": "FREQ=HOURLY"}
    post = almaty.made(schedule_type="rrule", schedule_config=rule)
    keys = set(almaty.ledger(post))
    with using(AFTER):
        almaty.rezone()
        almaty.run()
    after = almaty.ledger(post)
    due = sorted(moments(after))
    assert keys <= set(after)
    assert {later - sooner for sooner, later in itertools.pairwise(due)} == {HOUR}


def test_only_the_named_zones_are_looked_at(almaty: Almaty):
    almaty.made(schedule_config={"timezone": "Europe/Berlin", "times": ["09:00"]})
    stood = almaty.scheduled()
    with using(AFTER):
        assert almaty.rezone("Europe/Berlin")["moved"] == 0
        assert almaty.rezone(ZONE, "Africa/Cairo")["rules"] == 0
        assert almaty.rezone()["rules"] == 0
    assert almaty.scheduled() == stood


def test_paused_rules_wait_until_they_are_resumed(almaty: Almaty):
    post = almaty.made()
    assert almaty.act(post, "pause").status == 200
    with using(AFTER):
        assert almaty.rezone()["rules"] == 0
        assert almaty.act(post, "resume").status == 200
        almaty.run()
        shown = [datetime.fromisoformat(each["at"]) for each in almaty.occurrences(post)]
    assert almaty.scheduled() == set(shown[: len(almaty.scheduled())])


def test_one_order_serves_every_tenant(almaty: Almaty, http_of_another: Http):
    other = Almaty(http_of_another)
    posts = [(almaty, almaty.made()), (other, other.made())]
    before = [moments(each.ledger(post)) for each, post in posts]
    with using(AFTER):
        assert almaty.rezone()["rules"] == 2
    after = [moments(each.ledger(post)) for each, post in posts]
    assert after == [[each + HOUR for each in those] for those in before]


def test_a_release_that_the_function_does_not_have_is_refused(almaty: Almaty):
    with using(BEFORE), pytest.raises(DomainError) as refused:
        almaty.rezone(version="2025a")
    assert refused.value.code == "other_zone_data"


def test_a_zone_that_the_data_do_not_have_is_refused(almaty: Almaty):
    with pytest.raises(DomainError) as refused:
        almaty.rezone("Europe/Atlantis")
    assert [fault.code for fault in refused.value.errors] == ["unknown_timezone"]
