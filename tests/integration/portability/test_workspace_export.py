"""An archive of a workspace: all that is the workspace's, nothing of another's, and no secret."""

import json
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.clickhouse.tables import DAILY_AGGREGATES
from lamplighter.domain.portability import COLUMNS, TABLES
from lamplighter.postgres.roles import APP
from lamplighter.postgres.security.tenancy import tables
from lamplighter.postgres.session import transaction
from lamplighter.services import own_rows
from lamplighter.services.exports import A_DAY
from tests import factories
from tests.integration.cloud import Cloud
from tests.integration.http import Http
from tests.integration.portability.jobs import Jobs, Opened, downloaded
from tests.integration.portability.told import told

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

SECRET = "lmp1.1.sealed-and-nobodys-business"
SEALED = ("secret", "previous_secret", "headers_secret")
"""Of an endpoint."""


@pytest.fixture
def full(first: FirstWorkspace, aws: Cloud) -> FirstWorkspace:
    """The test's workspace with something in every kind of table that can have it."""
    fill(first.workspace_id)
    aws.s3.put_object(Bucket="media", Key=f"{first.workspace_id}/picture", Body=b"a picture")
    return first


def fill(workspace_id: UUID) -> None:
    with transaction(workspace_id) as tx:
        session = tx.session
        factories.make_dispatch(session)
        factories.make_attempt(session)
        factories.make_campaign(session)
        factories.make_template(session)
        factories.make_recurring_post(session)
        factories.make_connection(session, access_token=SECRET, refresh_token=SECRET)
        told(tx, workspace_id, "who was told of", "what was answered", **dict.fromkeys(SEALED, SECRET))
        factories.make_media(session, object_key=f"{workspace_id}/picture", mime="image/png")
        factories.make_media(session, object_key=f"{workspace_id}/never-uploaded", status="pending")
    factories.make_member(workspace_id)


def exported(http: Http, jobs: Jobs) -> Any:
    """A new export, written."""
    asked = http.post("/exports")
    assert asked.status == 202, asked.body
    assert jobs.write() == {"batchItemFailures": []}
    return http.get(f"/exports/{asked.json['id']}").json


@pytest.fixture
def archive(full: FirstWorkspace, http: Http, jobs: Jobs) -> Iterator[Opened]:
    opened = downloaded(exported(http, jobs))
    with opened.zip:
        yield opened


def test_an_export_is_asked_for_written_and_downloaded(full: FirstWorkspace, http: Http, jobs: Jobs):
    asked = http.post("/exports")
    assert asked.status == 202
    assert (asked.json["status"], asked.json["download_url"]) == ("pending", None)
    jobs.write()
    export = http.get(f"/exports/{asked.json['id']}").json
    assert export["status"] == "ready"
    assert jobs.archives(f"workspaces/{full.workspace_id}/") == [
        f"workspaces/{full.workspace_id}/{export['id']}.zip"
    ]
    with downloaded(export).zip as found:
        assert found.testzip() is None
        assert sum(info.compress_size for info in found.infolist()) < export["byte_size"]
    listed = http.get("/exports").json["items"]
    assert [(each["id"], each["status"]) for each in listed] == [(export["id"], "ready")]


def test_a_key_that_is_held_back_gets_no_archive(http: Http, http_test_key: Http, first: FirstWorkspace):
    """It would hold what the key may not see."""
    with transaction(first.workspace_id) as tx:
        connection = factories.make_connection(tx.session).id
    body = {"name": "One account's", "permissions": ["exports:write"], "connection_ids": [str(connection)]}
    limited = Http(http.workspace_id, http.post("/api-keys", body).json["key"])
    refusals = [each.post("/exports") for each in (http_test_key, limited)]
    assert [each.status for each in refusals] == [403, 403]
    assert [each.json["code"] for each in refusals] == ["live_key_required", "unlimited_key_required"]
    asked = http.post("/exports").json["id"]
    for path in ("/exports", f"/exports/{asked}"):
        refusals = [each.get(path) for each in (http_test_key, limited)]
        assert [each.json["code"] for each in refusals] == ["live_key_required", "unlimited_key_required"]


def test_archives_are_not_written_in_a_loop(http: Http, first: FirstWorkspace, superuser: Any):
    """Each reads all that the workspace has, its files too."""
    superuser.execute(
        "INSERT INTO exports (id, workspace_id, status, created_at)"
        " SELECT gen_random_uuid(), %s, 'ready', now() - interval '23 hours' FROM generate_series(1, %s)",
        [first.workspace_id, A_DAY],
    )
    refused = http.post("/exports")
    assert (refused.status, refused.json["code"]) == (429, "rate_limited")
    superuser.execute(
        "UPDATE exports SET created_at = now() - interval '25 hours' WHERE workspace_id = %s",
        [first.workspace_id],
    )
    assert http.post("/exports").status == 202


def test_a_repeated_request_asks_once(http: Http, jobs: Jobs):
    once = {"idempotency-key": uuid4().hex}
    one, other = (http.call("POST", "/exports", headers=once) for _ in range(2))
    assert (other.status, other.json, other.headers["idempotent-replayed"]) == (202, one.json, "true")
    assert len(jobs.messages()) == 1


def test_every_table_of_a_workspace_is_in_it_but_those_with_a_reason(archive: Opened):
    of_workspaces = {table.name for table in tables() if "workspace_id" in table.columns}
    assert archive.tables == of_workspaces - TABLES.keys() | {"workspaces", "people"}


def test_every_column_is_in_it_but_those_with_a_reason(archive: Opened):
    shown_as_the_api_shows_them = {"audit_log"}
    for table in tables():
        rows = archive.rows(table.name) if table.name in archive.tables else []
        if rows and table.name not in shown_as_the_api_shows_them:
            left_out = {name.partition(".")[2] for name in COLUMNS if name.startswith(f"{table.name}.")}
            assert rows[0].keys() == set(table.columns.keys()) - left_out, table.name


def test_it_counts_what_the_database_counts(archive: Opened, full: FirstWorkspace, superuser: Any):
    for name in archive.tables - {"workspaces", "people", "audit_log", "exports"}:
        query = f"SELECT count(*) FROM {name} WHERE workspace_id = %s"  # noqa: S608
        [(count,)] = superuser.execute(query, [full.workspace_id]).fetchall()
        assert len(archive.rows(name)) == count, name
    for name in ("content", "publications", "platform_connections", "media", "workspace_members"):
        assert archive.rows(name), name


def test_more_rows_than_are_read_at_once_are_all_there(first: FirstWorkspace, http: Http, jobs: Jobs):
    with transaction(first.workspace_id) as tx:
        made = [factories.make_content(tx.session, original_text=str(n)).id for n in range(1201)]
    with downloaded(exported(http, jobs)).zip as found:
        rows = Opened(found).rows("content")
    assert [row["id"] for row in rows] == [str(id_) for id_ in made]


def test_nothing_of_another_workspace_is_in_it(full: FirstWorkspace, http: Http, jobs: Jobs, workspace: UUID):
    fill(workspace)
    with transaction(workspace) as tx:
        factories.make_content(tx.session, original_text="another tenant's words")
    with downloaded(exported(http, jobs)).zip as found:
        everything = Opened(found).everything()
    assert str(full.workspace_id).encode() in everything
    assert str(workspace).encode() not in everything
    assert b"another tenant's words" not in everything


def test_no_secret_is_in_it(archive: Opened, full: FirstWorkspace, superuser: Any):
    everything = archive.everything()
    assert SECRET.encode() not in everything
    assert full.key.encode() not in everything
    hashes = superuser.execute(
        "SELECT key_hash FROM api_keys WHERE workspace_id = %s", [full.workspace_id]
    ).fetchall()
    assert len(hashes) == 2
    assert not any(key_hash.encode() in everything for (key_hash,) in hashes)
    sealed = superuser.execute("SELECT personal FROM audit_log WHERE personal IS NOT NULL").fetchall()
    assert sealed
    assert not any(personal.encode() in everything for (personal,) in sealed)


def test_endpoints_and_what_they_were_told_are_in_it_without_their_secrets(archive: Opened):
    [webhook] = archive.rows("webhooks")
    deliveries = {each["event"]: each for each in archive.rows("webhook_deliveries")}
    delivery = deliveries["platform_connection.connected"]
    assert webhook["url"] == "https://example.com/hook"
    assert not webhook.keys() & set(SEALED)
    assert (delivery["webhook_id"], delivery["status"]) == (webhook["id"], "delivered")
    connection = delivery["payload"]["data"]["platform_connection"]
    assert connection["platform_username"] == "who was told of"
    assert b"what was answered" not in archive.everything()  # a receiver's own words, for 30 days
    assert {"events", "webhook_attempts"} <= archive.manifest["left_out"].keys()


def test_files_lie_in_it_as_they_were_uploaded(archive: Opened):
    uploaded, never = archive.rows("media")
    assert archive.zip.read(f"media/{uploaded['id']}.png") == b"a picture"
    assert not [name for name in archive.zip.namelist() if never["id"] in name]
    assert archive.manifest["media"] == {"files": 1, "announced_but_not_there": 1}


def test_the_audit_log_in_it_is_opened(archive: Opened):
    [asked] = [row for row in archive.rows("audit_log") if row["action"] == "export.requested"]
    assert asked["address"] == "127.0.0.1"
    assert asked["actor"]["kind"] == "api_key"


def test_people_in_it_have_names(archive: Opened):
    [member] = archive.rows("workspace_members")
    [person] = archive.rows("people")
    assert person["id"] == member["user_id"]
    assert (person["name"], person["email"].endswith("@example.com")) == ("Ada", True)


def test_the_manifest_says_what_it_is_and_what_is_not_in_it(archive: Opened, full: FirstWorkspace):
    manifest = archive.manifest
    assert (manifest["format_version"], manifest["workspace_id"]) == (1, str(full.workspace_id))
    assert manifest["left_out"] == {**TABLES, **COLUMNS}
    assert manifest["analytics"].startswith("none")
    assert b"manifest.json" in archive.zip.read("README.txt")


def test_analytics_are_in_it(full: FirstWorkspace, http: Http, jobs: Jobs, analytics: "Client"):
    for workspace_id, reach in ((full.workspace_id, 7), (UUID(int=7), 8)):
        day = (str(workspace_id), date(2026, 11, 22), "bluesky", reach, 1, 1, 1)
        analytics.insert(DAILY_AGGREGATES.name, [day], column_names=DAILY_AGGREGATES.columns)
    with downloaded(exported(http, jobs)).zip as found:
        opened = Opened(found)
        assert [row["total_reach"] for row in opened.rows("analytics/daily_aggregates")] == [7]
        assert opened.rows("analytics/post_metrics") == []
        assert opened.manifest["analytics"] == "2 tables"


def test_its_rows_are_of_one_moment(full: FirstWorkspace, http: Http, jobs: Jobs, monkeypatch: Any):
    """Content that is written while the archive is has no row in it, however late its table is read."""
    read = own_rows.rows

    def reading(*arguments: Any) -> Any:
        if arguments[1].name == "ab_tests":
            with transaction(full.workspace_id, role=APP) as tx:
                factories.make_content(tx.session, original_text="too late")
        return read(*arguments)

    monkeypatch.setattr(own_rows, "rows", reading)
    with downloaded(exported(http, jobs)).zip as found:
        rows = Opened(found).rows("content")
    assert rows
    assert "too late" not in json.dumps(rows)
