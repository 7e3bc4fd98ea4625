"""Planned occurrences become publications: once, of the right content, on the right accounts."""

import json
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from lamplighter.postgres.session import transaction
from lamplighter.services import filling
from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http, handler_of, lambda_context
from tests.integration.recurring.ledger import HOURLY, ends_of, events_of, publications_of, rows_of
from tests.integration.recurring.office import Office, later

DAY = timedelta(days=1)

type Superuser = psycopg.Connection[Any]


@pytest.fixture(autouse=True)
def no_others(superuser: Superuser) -> None:
    """Other tests' rules are not followed."""
    superuser.execute("UPDATE recurring_posts SET status = 'paused' WHERE status = 'active'")


def hourly(office: Office, **more: Any) -> dict[str, Any]:
    return office.created(schedule_type="cron", schedule_config=HOURLY, **more)


def accounts_of(superuser: Superuser, post: dict[str, Any]) -> Counter[str]:
    """On how many of the rule's publications each account is."""
    found = superuser.execute(
        "SELECT t.connection_id::text FROM publication_platforms t"
        " JOIN publications p ON p.id = t.publication_id WHERE p.recurring_post_id = %s",
        [post["id"]],
    )
    return Counter(connection_id for (connection_id,) in found)


def test_each_occurrence_within_the_horizon_becomes_a_publication_at_its_time(
    office: Office, superuser: Superuser
):
    content, connections = office.content(), [office.connection(), office.connection()]
    post = hourly(office, content_ids=[content], connection_ids=connections)
    office.run()
    rows, made = rows_of(superuser, post), publications_of(superuser, post)
    assert ends_of(rows) == {("made", None): len(rows)}
    assert [(each["scheduled_at"], each["id"]) for each in made] == [
        (row.due_at, row.publication_id) for row in rows
    ]
    assert {str(each["content_id"]) for each in made} == {content}
    assert accounts_of(superuser, post) == dict.fromkeys(connections, len(rows))
    shown = office.publication(str(made[0]["id"]))
    assert [each["status"] for each in shown["platforms"]] == ["pending", "pending"]
    assert all(each["next_attempt_at"] == shown["scheduled_at"] for each in shown["platforms"])


def test_a_second_message_makes_nothing(office: Office, superuser: Superuser):
    post = hourly(office)
    office.run()
    before = publications_of(superuser, post)
    office.fill()
    office.fill()
    assert publications_of(superuser, post) == before


def test_two_at_once_make_each_once(office: Office, superuser: Superuser):
    shared = {"content_ids": [office.content()], "connection_ids": [office.connection()]}
    posts = [hourly(office, **shared) for _ in range(6)]
    office.spawn()
    workspace_id, together = UUID(office.http.workspace_id), threading.Barrier(3)

    def run() -> None:
        together.wait()
        for _ in range(20):
            with transaction(workspace_id) as tx:
                filling.made(tx, workspace_id, limit=20)

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for _ in range(3):  # what they left to each other
        office.fill()
    for post in posts:
        made, rows = publications_of(superuser, post), rows_of(superuser, post)
        assert [each["id"] for each in made] == [row.publication_id for row in rows]
        assert len(made) > 70


def test_a_rule_that_somebody_changes_just_now_waits(office: Office, superuser: Superuser):
    post = hourly(office)
    office.spawn()
    with transaction(UUID(office.http.workspace_id)) as tx:
        tx.session.connection().exec_driver_sql(
            f"SELECT FROM recurring_posts WHERE id = '{post['id']}' FOR UPDATE"
        )
        office.fill()
    assert publications_of(superuser, post) == []
    office.fill()
    assert len(publications_of(superuser, post)) > 70


def test_a_pool_goes_out_in_turns(office: Office, superuser: Superuser):
    pool = [office.content(f"Evergreen {n}") for n in range(3)]
    post = hourly(office, content_type="rotation", content_ids=pool)
    office.run()
    said = [str(each["content_id"]) for each in publications_of(superuser, post)]
    assert said == (pool * len(said))[: len(said)]
    with later(DAY):
        office.run()
    said = [str(each["content_id"]) for each in publications_of(superuser, post)]
    assert len(said) > 90
    assert said == (pool * len(said))[: len(said)]


def test_what_would_repeat_too_soon_is_left_out_and_told(office: Office, superuser: Superuser):
    pool = [office.content(f"Evergreen {n}") for n in range(3)]
    post = hourly(office, content_type="rotation", content_ids=pool, minimum_gap_days=2)
    office.run()
    made = publications_of(superuser, post)
    ends = ends_of(rows_of(superuser, post))
    assert len(made) == 6
    assert ends == {("made", None): 6, ("skipped", "nothing_to_choose"): len(rows_of(superuser, post)) - 6}
    assert len(events_of(superuser, post, "recurring_post.failed")) == ends["skipped", "nothing_to_choose"]


def test_variations_of_one_content_alternate(office: Office, superuser: Superuser):
    post = hourly(office, variations=["Good night", "Sleep well"])
    office.run()
    said = [str(each["content_id"]) for each in publications_of(superuser, post)]
    assert len(set(said)) == 3
    assert said[3:] == said[:-3]


def test_an_archived_content_fails_and_is_told(office: Office, superuser: Superuser):
    content = office.content()
    post = hourly(office, content_ids=[content])
    superuser.execute("UPDATE content SET status = 'archived' WHERE id = %s", [content])
    office.run()
    rows = rows_of(superuser, post)
    assert ends_of(rows) == {("failed", "content_archived"): len(rows)}
    told = events_of(superuser, post, "recurring_post.failed")
    assert [each["local_time"] for each in told] == [row.local_time.isoformat() for row in rows]
    assert {each["code"] for each in told} == {"content_archived"}


def test_what_was_chosen_for_this_once_goes_out(office: Office, superuser: Superuser):
    post = hourly(office)
    special = office.content("A special one")
    key = office.occurrences(post, "limit=3")[1]["key"]
    assert office.on(post, key, "edit", {"content_id": special}).status == 200
    office.run()
    said = [str(each["content_id"]) for each in publications_of(superuser, post)]
    assert [n for n, content in enumerate(said) if content == special] == [1]


def test_an_account_that_is_to_be_connected_again_has_the_time_for_it_a_disconnected_one_is_left_out(
    office: Office, superuser: Superuser
):
    sound, lapsed, gone = (office.connection() for _ in range(3))
    post = hourly(office, connection_ids=[sound, lapsed, gone])
    superuser.execute("UPDATE platform_connections SET status = 'needs_reconnect' WHERE id = %s", [lapsed])
    superuser.execute("UPDATE platform_connections SET status = 'disconnected' WHERE id = %s", [gone])
    office.run()
    assert accounts_of(superuser, post).keys() == {sound, lapsed}


def test_without_any_account_it_fails(office: Office, superuser: Superuser):
    only = office.connection()
    post = hourly(office, connection_ids=[only])
    superuser.execute("UPDATE platform_connections SET status = 'disconnected' WHERE id = %s", [only])
    office.run()
    assert ends_of(rows_of(superuser, post)).keys() == {("failed", "no_accounts")}


def test_what_no_account_takes_any_more_fails(office: Office, superuser: Superuser):
    content = office.content("Good evening")
    post = hourly(office, content_ids=[content])
    superuser.execute("UPDATE content SET original_text = %s WHERE id = %s", ["x" * 100_000, content])
    office.run()
    assert ends_of(rows_of(superuser, post)).keys() == {("failed", "content_does_not_fit")}


def test_of_a_pool_what_no_account_takes_is_passed_over(office: Office, superuser: Superuser):
    pool = [office.content(f"Evergreen {n}") for n in range(3)]
    post = hourly(office, content_type="rotation", content_ids=pool)
    superuser.execute("UPDATE content SET original_text = %s WHERE id = %s", ["x" * 100_000, pool[1]])
    office.run()
    said = [str(each["content_id"]) for each in publications_of(superuser, post)]
    assert said == ([pool[0], pool[2]] * len(said))[: len(said)]


def test_where_an_approval_is_needed_it_is_asked_for_ahead(office: Office, superuser: Superuser):
    post = hourly(office, needs_approval=True)
    office.run()
    made = publications_of(superuser, post)
    assert {each["approval_status"] for each in made} == {"pending"}
    approved = office.http.get(f"/publications/{made[-1]['id']}/approvals").json["items"]
    assert [(each["action"], each["actor_kind"]) for each in approved] == [("requested", "system")]


def test_a_test_keys_rule_makes_tests(http_test_key: Http, network: FakeNetwork, superuser: Superuser):
    office = Office(http_test_key)
    post = hourly(office)
    office.run()
    assert {each["mode"] for each in publications_of(superuser, post)} == {"test"}


def test_what_is_due_at_once_is_woken_after_the_commit(office: Office, aws: Cloud, superuser: Superuser):
    post = hourly(office)
    office.spawn()
    aws.waiting()
    row = rows_of(superuser, post)[0]
    with later(row.due_at - datetime.now(UTC) - timedelta(seconds=0.5)):
        office.fill()
    woken = [each for each in aws.waiting() if each["workspace_id"] == office.http.workspace_id]
    found = superuser.execute(
        "SELECT id::text FROM publication_platforms WHERE publication_id = %s",
        [rows_of(superuser, post)[0].publication_id],
    ).fetchone()
    assert found
    assert [each["publication_platform_id"] for each in woken] == [found[0]]


def test_a_long_list_goes_on_with_another_message(
    office: Office, aws: Cloud, superuser: Superuser, monkeypatch: pytest.MonkeyPatch
):
    post = hourly(office)
    office.spawn()
    aws.waiting("FILL_QUEUE_URL")
    monkeypatch.setattr(filling, "BATCH", 5)
    office.fill()
    assert len(publications_of(superuser, post)) == 5
    assert aws.waiting("FILL_QUEUE_URL") == [{"workspace_id": office.http.workspace_id}]


def test_a_tick_tells_of_what_nobody_has_made(office: Office, aws: Cloud, superuser: Superuser):
    minute = (datetime.now(UTC).minute + 30) % 60  # what is due soon would be told of again
    expression = {**HOURLY, "expression": f"{minute} * * * *"}
    post = office.created(schedule_type="cron", schedule_config=expression)
    office.spawn()
    aws.waiting("FILL_QUEUE_URL")
    office.spawn()
    mine = {"workspace_id": office.http.workspace_id}
    assert mine not in aws.waiting("FILL_QUEUE_URL")  # it was told a moment ago
    with later(timedelta(minutes=6)):
        office.spawn()
        assert mine in aws.waiting("FILL_QUEUE_URL")
        office.fill()
        office.spawn()
        assert mine not in aws.waiting("FILL_QUEUE_URL")
    assert len(publications_of(superuser, post)) > 70


def test_a_message_that_says_nothing_fails_alone(office: Office, superuser: Superuser):
    post = hourly(office)
    office.spawn()
    bodies = [{}, {"workspace_id": "nobody"}, {"workspace_id": office.http.workspace_id}]
    records = [{"messageId": str(n), "body": json.dumps(body)} for n, body in enumerate(bodies)]
    failed = handler_of("fill_occurrences")({"Records": records}, lambda_context(60))
    assert [each["itemIdentifier"] for each in failed["batchItemFailures"]] == ["0", "1"]
    assert len(publications_of(superuser, post)) > 70
