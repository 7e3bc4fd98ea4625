"""Occurrences ahead of recurring posts are entered into the ledger: each once, whatever happens."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import psycopg
import pytest

from lamplighter.postgres.session import transaction
from lamplighter.services import spawning
from tests.integration.recurring.ledger import HOURLY, ends_of, events_of, rows_of
from tests.integration.recurring.office import Office, later

SPAWNER = "lamplighter_spawner"
BERLIN = ZoneInfo("Europe/Berlin")
HORIZON = timedelta(hours=72)
DAY = timedelta(days=1)

type Superuser = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def no_others(superuser: Superuser) -> None:
    """Other tests' rules are not followed: some of these go months ahead."""
    superuser.execute("UPDATE recurring_posts SET status = 'paused' WHERE status = 'active'")


def hourly(office: Office, **more: Any) -> dict[str, Any]:
    return office.created(schedule_type="cron", schedule_config=HOURLY, **more)


def hours_between(after: datetime, until: datetime) -> list[datetime]:
    """The instants at which an hourly rule goes out: no clock change of Berlin's moves a full hour."""
    first = (after + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    return [first + timedelta(hours=n) for n in range(int((until - first) / timedelta(hours=1)) + 1)]


def made_at(superuser: Superuser, post: dict[str, Any]) -> datetime:
    """When the rule began: what it comes to is after that."""
    found = superuser.execute("SELECT created_at FROM recurring_posts WHERE id = %s", [post["id"]]).fetchone()
    assert found
    began: datetime = found[0]
    return began


def test_what_lies_within_the_horizon_is_entered(office: Office, superuser: Superuser):
    post = hourly(office)
    office.spawn()
    rows = rows_of(superuser, post)
    assert [row.due_at for row in rows] == hours_between(
        made_at(superuser, post), datetime.now(UTC) + HORIZON
    )
    assert all(row.due_at.astimezone(BERLIN).replace(tzinfo=None) == row.local_time for row in rows)
    assert ends_of(rows) == {("planned", None): len(rows)}


def test_a_second_tick_changes_nothing(office: Office, superuser: Superuser):
    post = hourly(office)
    office.spawn()
    before = rows_of(superuser, post)
    superuser.execute("UPDATE recurring_posts SET visit_at = now() WHERE id = %s", [post["id"]])
    office.spawn()
    assert rows_of(superuser, post) == before


def test_a_rule_that_somebody_visits_is_left_to_them(
    office: Office, superuser: Superuser, as_login: Callable[[str], AbstractContextManager[None]]
):
    post = hourly(office)
    with as_login("lamplighter_spawn_recurring"), transaction(role=SPAWNER) as first:
        assert spawning.plan(first).written > 0
        with transaction(role=SPAWNER) as second:
            assert spawning.plan(second).written == 0
    assert len({row.key for row in rows_of(superuser, post)}) == len(rows_of(superuser, post)) > 0


def test_many_spawners_at_once_enter_each_occurrence_once(office: Office, superuser: Superuser):
    shared = {"content_ids": [office.content()], "connection_ids": [office.connection()]}
    posts = [hourly(office, **shared) for _ in range(30)]
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        for _ in range(10):
            with transaction(role=SPAWNER) as tx:
                spawning.plan(tx, limit=4)

    from tests.logins import as_login  # noqa: PLC0415  # all threads have the one login

    with as_login("lamplighter_spawn_recurring"):
        threads = [threading.Thread(target=run) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    office.spawn()
    until = datetime.now(UTC) + HORIZON
    for post in posts:
        assert [row.due_at for row in rows_of(superuser, post)] == hours_between(
            made_at(superuser, post), until
        )


def test_a_clock_that_goes_forward_and_back_changes_nothing_of_what_comes(
    office: Office, superuser: Superuser
):
    post = hourly(office, misfire_policy="catch_up")
    for ahead in (timedelta(0), 2 * DAY, timedelta(0), 5 * DAY, DAY, -timedelta(minutes=5), 6 * DAY):
        with later(ahead):
            office.spawn()
    until = datetime.now(UTC) + 6 * DAY + HORIZON
    rows = rows_of(superuser, post)
    assert [row.due_at for row in rows] == hours_between(made_at(superuser, post), until)


def test_both_folds_of_an_hour_that_comes_twice_have_keys_of_their_own(office: Office, superuser: Superuser):
    back = next(at for at in changes_of(BERLIN) if at.astimezone(BERLIN).fold == 1)
    post = hourly(office)
    reached = (back - 2 * DAY).astimezone(BERLIN).replace(tzinfo=None)
    superuser.execute("UPDATE recurring_posts SET cursor_local = %s WHERE id = %s", [reached, post["id"]])
    with later(back - datetime.now(UTC) - DAY):
        office.spawn()
    twice = [row for row in rows_of(superuser, post) if row.due_at in (back - timedelta(hours=1), back)]
    assert [row.fold for row in twice] == [0, 1]
    assert len({row.local_time for row in twice}) == 1


def changes_of(zone: ZoneInfo) -> list[datetime]:
    """The instants at which the zone's clocks are changed next."""
    start = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    hours = [start + timedelta(hours=n) for n in range(400 * 24)]
    return [b for a, b in pairwise(hours) if a.astimezone(zone).utcoffset() != b.astimezone(zone).utcoffset()]


def test_what_has_passed_is_counted_once_and_what_comes_next_is_true(office: Office, superuser: Superuser):
    post = hourly(office)
    office.run()
    for ahead in (timedelta(hours=5), timedelta(hours=5), timedelta(hours=3)):
        with later(ahead):
            office.run()
    with later(timedelta(hours=5)):
        office.run()
        read = office.read(post)
        now = datetime.now(UTC) + timedelta(hours=5)
        passed = hours_between(made_at(superuser, post), now)
        assert read["run_count"] == len(passed) == sum(row.counted for row in rows_of(superuser, post))
        assert datetime.fromisoformat(read["next_run_at"]) == passed[-1] + timedelta(hours=1)


def test_a_rule_that_has_come_to_its_end_is_completed_once_its_last_has_passed(
    office: Office, superuser: Superuser
):
    post = office.created(schedule_config={"timezone": "Europe/Berlin", "times": ["09:00"], "count": 2})
    office.run()
    assert office.read(post)["status"] == "active"
    with later(3 * DAY):
        office.run()
        read = office.read(post)
    assert (read["status"], read["run_count"], read["next_run_at"]) == ("completed", 2, None)
    assert len(rows_of(superuser, post)) == 2
    assert len(events_of(superuser, post, "recurring_post.completed")) == 1


def test_one_that_cannot_be_followed_is_paused_and_told_of_and_delays_no_other(
    office: Office, superuser: Superuser
):
    broken, sound = hourly(office), hourly(office)
    superuser.execute("UPDATE recurring_posts SET timezone = 'Atlantis/Old' WHERE id = %s", [broken["id"]])
    office.spawn()
    assert rows_of(superuser, broken) == []
    assert len(rows_of(superuser, sound)) > 70
    [told] = events_of(superuser, broken, "recurring_post.failed")
    assert told["code"] == "unknown_timezone"
    status = superuser.execute("SELECT status FROM recurring_posts WHERE id = %s", [broken["id"]]).fetchone()
    assert status == ("paused",)


def test_an_error_of_ours_is_logged_and_tried_again(
    office: Office, superuser: Superuser, monkeypatch: pytest.MonkeyPatch
):
    unlucky, sound = hourly(office), hourly(office)
    followed = spawning._followed

    def fail(row: Any, *rest: Any) -> Any:
        if str(row.id) == unlucky["id"]:
            raise ZeroDivisionError
        return followed(row, *rest)

    with monkeypatch.context() as patched:
        patched.setattr(spawning, "_followed", fail)
        office.spawn()
    assert rows_of(superuser, unlucky) == []
    assert len(rows_of(superuser, sound)) > 70
    with later(timedelta(hours=2)):
        office.spawn()
    assert len(rows_of(superuser, unlucky)) > 70


def test_a_long_list_is_entered_in_parts(
    office: Office, superuser: Superuser, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(spawning, "MOST", 7)
    monkeypatch.setattr(spawning, "MOST_IN_ALL", 10)
    posts = [hourly(office), hourly(office), hourly(office)]
    office.spawn()
    until = datetime.now(UTC) + HORIZON
    for post in posts:
        assert [row.due_at for row in rows_of(superuser, post)] == hours_between(
            made_at(superuser, post), until
        )


def test_what_somebody_said_ahead_of_time_stands(office: Office, superuser: Superuser):
    config = {"timezone": "Europe/Berlin", "days": [1, 15], "times": ["09:00"]}
    post = office.created(schedule_type="monthly", schedule_config=config)
    first, second = (each["key"] for each in office.occurrences(post, "limit=2"))
    assert office.on(post, first, "skip").status == 200
    office.spawn()
    expected = datetime.strptime(second, "%Y%m%dT%H%M").replace(tzinfo=BERLIN)
    assert datetime.fromisoformat(office.read(post)["next_run_at"]) == expected
    with later(expected - datetime.now(UTC) - DAY):
        office.run()
    assert [row.status for row in rows_of(superuser, post)][:2] == ["skipped", "made"]


@pytest.mark.parametrize(
    ("policy", "ends"),
    [
        ("catch_up", {("made", None)}),
        ("skip", {("skipped", "misfired"), ("made", None)}),
        ("run_once", {("skipped", "superseded"), ("made", None)}),
    ],
)
def test_after_an_outage_longer_than_the_horizon_the_misfire_policy_decides(
    office: Office, superuser: Superuser, policy: str, ends: set[tuple[str, str | None]]
):
    grace = {"misfire_policy": policy, "misfire_grace_minutes": 90}
    post = hourly(office, **grace)
    office.run()
    outage = HORIZON + DAY
    with later(outage):
        office.run()
    now = datetime.now(UTC) + outage
    gone = [row for row in rows_of(superuser, post) if now - DAY < row.due_at <= now]
    planned_late = [row for row in gone if row.due_at > made_at(superuser, post) + HORIZON]
    assert len(planned_late) >= 23
    assert ends_of(planned_late).keys() == ends
    within_grace = [row for row in planned_late if now - row.due_at <= timedelta(minutes=90)]
    made = [row for row in planned_late if row.status == "made"]
    if policy == "catch_up":
        assert made == planned_late
    else:
        assert made == within_grace != []


def test_run_once_sends_the_latest_where_nothing_else_is_due(office: Office, superuser: Superuser):
    """Every occurrence is late by more than the grace: of a daily one, five days later."""
    at = (datetime.now(BERLIN) - timedelta(hours=5)).strftime("%H:%M")
    config = {"timezone": "Europe/Berlin", "times": [at]}
    policy = {"misfire_policy": "run_once", "misfire_grace_minutes": 10}
    post = office.created(schedule_config=config, **policy)
    superuser.execute(
        "UPDATE recurring_posts SET visit_at = now() + interval '5 days' WHERE id = %s", [post["id"]]
    )
    with later(5 * DAY):
        office.run()
    now = datetime.now(UTC) + 5 * DAY
    late = [row for row in rows_of(superuser, post) if row.due_at <= now]
    assert [row.code for row in late] == [*["superseded"] * (len(late) - 1), None]
    assert len(late) == 5
