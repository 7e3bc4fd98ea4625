"""Who hears of an endpoint's trouble, what events say, and how long any of it is kept."""

from datetime import timedelta
from uuid import UUID

import psycopg

from lamplighter.domain.events import CATALOGUE, RESOURCES, SNAPSHOTS
from lamplighter.postgres.models import Webhook
from lamplighter.postgres.roles import PRUNE
from lamplighter.postgres.session import transaction
from tests import factories
from tests.conftest import Database
from tests.integration.http import handler_of, lambda_context
from tests.integration.post_office import PostOffice
from tests.integration.publishing.conftest import Desk
from tests.integration.webhooks.conftest import Switchboard
from tests.integration.webhooks.receiver import status
from tests.logins import as_login


def test_who_runs_the_workspace_is_warned_after_a_day_and_told_at_the_end(
    board: Switchboard, post_office: PostOffice
):
    organization_id = board.caller().organization_id
    owner, plain, admin, editor = (factories.make_user() for _ in range(4))
    factories.make_organization_member(organization_id, owner.id, "owner")
    factories.make_organization_member(organization_id, plain.id, "member")
    factories.make_member(board.workspace_id, admin.id, "admin")
    factories.make_member(board.workspace_id, editor.id, "editor")
    webhook_id = board.endpoint(board.receiver(status(500), then=status(500)))
    board.happens()
    board.settle()
    with transaction(board.workspace_id) as tx:
        row = tx.session.get_one(Webhook, webhook_id)
        row.failing_since = tx.now - timedelta(hours=24)
    for _ in range(3):  # once is enough
        board.happens()
        board.settle()
    for person in (owner, admin):
        [mail] = post_office.sent_to(person.email)
        assert "does not answer" in mail.subject
    with transaction(board.workspace_id) as tx:
        row = tx.session.get_one(Webhook, webhook_id)
        row.failing_since, row.failures = tx.now - timedelta(days=5), 20
    board.happens()
    board.settle()
    assert board.webhook(webhook_id).status == "disabled"
    for person in (owner, admin):
        assert "was disabled" in post_office.sent_to(person.email)[0].subject
    for person in (plain, editor):
        assert post_office.sent_to(person.email) == []


def test_a_publication_s_events_show_it_as_it_was_then(board: Switchboard, desk: Desk):
    receiver = board.receiver()
    board.endpoint(receiver, events=["publication.*"])
    connection = desk.connection()
    made = desk.publication(connection).json
    desk.work(desk.woken())
    board.settle()
    told = {m.json["type"]: m.json for m in receiver.messages}
    assert told.keys() == {"publication.scheduled", "publication.published"}
    assert [told[f"publication.{each}"]["sequence"] for each in ("scheduled", "published")] == [1, 2]
    shown = [told[f"publication.{each}"]["data"]["publication"] for each in ("scheduled", "published")]
    assert [each["status"] for each in shown] == ["scheduled", "published"]
    assert {each["id"] for each in shown} == {made["id"]}
    [platform] = shown[1]["platforms"]
    assert (platform["connection_id"], platform["status"]) == (connection, "published")
    assert platform["url"]
    assert b"Good evening" not in b"".join(m.body for m in receiver.messages)


def test_a_filter_by_account_keeps_others_out(board: Switchboard, desk: Desk):
    mine, others = desk.connection(), desk.connection("other")
    receiver = board.receiver()
    board.endpoint(receiver, events=["publication.*"], connection_ids=[UUID(mine)])
    for connection in (mine, others):
        desk.publication(connection, when=timedelta(hours=1))
    board.settle()
    [message] = receiver.messages
    assert [p["connection_id"] for p in message.json["data"]["publication"]["platforms"]] == [mine]


def test_snapshots_are_of_resources(board: Switchboard):
    assert SNAPSHOTS.keys() <= RESOURCES.keys()
    assert {each.kind for each in CATALOGUE.values()} == RESOURCES.keys()


def test_after_thirty_days_it_is_forgotten(board: Switchboard, database: Database):
    receiver = board.receiver()
    board.endpoint(receiver)
    board.happens(count=3)
    board.settle()
    old, *_ = board.events()
    with psycopg.connect(database.url("postgres"), autocommit=True) as superuser:
        for table, column in (("events", "id"), ("webhook_deliveries", "event_id")):
            past = f"UPDATE {table} SET created_at = now() - interval '30 days 1 minute' WHERE {column} = %s"  # noqa: S608
            superuser.execute(past, [old.id])  # type: ignore[arg-type]
        with as_login(PRUNE):
            handler_of("prune")({}, lambda_context(900))
        kept = {event.id for event in board.events()}
        counts = "SELECT count(*), count(DISTINCT delivery_id) FROM webhook_attempts WHERE workspace_id = %s"
        assert superuser.execute(counts, [board.workspace_id]).fetchone() == (2, 2)
    assert old.id not in kept
    assert len(kept) == len(board.deliveries()) == 2
