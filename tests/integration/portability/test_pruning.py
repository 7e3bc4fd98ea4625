"""What is past goes, what still holds stays."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.postgres.roles import PRUNE
from lamplighter.postgres.session import transaction
from lamplighter.services import pruning
from tests import factories
from tests.integration.accounts.people import Mailed, Somebody
from tests.integration.http import Http, handler_of
from tests.integration.portability.jobs import TICK, Jobs, countdown, keys, later
from tests.integration.portability.marks import Superuser
from tests.logins import as_login

type Times = Mapping[str, str]

INSERTS: Mapping[str, str] = {
    "idempotency_keys": "(scope_id, principal_id, method, route, key, fingerprint, created_at)"
    " VALUES (%(id)s, %(id)s, 'POST', '/v1', 'k', '', now() - %(a)s::interval)",
    "sessions": "(id, user_id, expires_at, revoked_at)"
    " VALUES (%(id)s, %(user)s, now() - %(a)s::interval, now() - %(b)s::interval)",
    "mail_tokens": "(id, user_id, email, purpose, token_hash, expires_at)"
    " VALUES (%(id)s, %(user)s, 'a@example.com', 'sign_up', %(text)s, now() - %(a)s::interval)",
    "mails": "(id, kind, email, created_at, sent_at)"
    " VALUES (%(id)s, %(kind)s, %(text)s, now() - %(a)s::interval, now() - %(b)s::interval)",
    "rate_limits": "(bucket, tat) VALUES (%(text)s, now() - %(a)s::interval)",
    "exports": "(id, user_id, status, object_key, created_at)"
    " VALUES (%(id)s, %(user)s, 'failed', %(key)s, now() - %(a)s::interval)",
    "invitations": "(id, organization_id, email, role, expires_at, accepted_at, revoked_at)"
    " VALUES (%(id)s, %(organization)s, %(text)s, 'member', now() - %(a)s::interval,"
    " now() - %(b)s::interval, now() - %(c)s::interval)",
}
"""A row whose times are so long ago: what follows INSERT INTO."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of any age, written from behind."""

    superuser: Superuser
    user_id: UUID
    organization_id: UUID

    def insert(self, table: str, **values: Any) -> UUID:
        """`insert(table, a="2 days")`: a row whose times are so long ago."""
        id_ = uuid4()
        given = {"id": id_, "text": str(id_), "user": self.user_id, "organization": self.organization_id}
        given |= {"kind": "sign_up", "key": None, "b": None, "c": None, **values}
        self.superuser.execute(f"INSERT INTO {table} {INSERTS[table]}", given)  # type: ignore[arg-type]
        return id_

    def has(self, table: str, id_: UUID) -> bool:
        """Whether it is still there."""
        column = {"idempotency_keys": "scope_id", "rate_limits": "bucket"}.get(table, "id")
        query = f"SELECT EXISTS (SELECT FROM {table} WHERE {column}::text = %s)"  # noqa: S608
        return self.superuser.execute(query, [str(id_)]).fetchone() == (True,)  # type: ignore[arg-type]

    def age(self, table: str, id_: UUID, age: str) -> None:
        """Made so long ago."""
        query = f"UPDATE {table} SET created_at = now() - %s::interval WHERE id = %s"  # noqa: S608
        self.superuser.execute(query, [age, id_])  # type: ignore[arg-type]


@pytest.fixture
def rows(superuser: Superuser, person: Somebody, first: FirstWorkspace) -> Rows:
    return Rows(superuser, person.id, first.organization_id)


FAREWELL = {"a": "1 hour", "kind": "account_deleted"}


@pytest.mark.parametrize(
    ("table", "stays", "goes"),
    [
        ("idempotency_keys", {"a": "47 hours"}, {"a": "49 hours"}),
        ("sessions", {"a": "-1 hour"}, {"a": "1 minute"}),
        ("sessions", {"a": "-1 hour", "b": "23 hours"}, {"a": "-1 hour", "b": "25 hours"}),
        ("mail_tokens", {"a": "-1 minute"}, {"a": "1 minute"}),
        ("mails", {"a": "6 days", "b": "6 days"}, {"a": "8 days", "b": "8 days"}),
        ("mails", {"a": "6 days"}, {"a": "8 days"}),
        ("mails", FAREWELL, {**FAREWELL, "b": "1 s"}),
        ("rate_limits", {"a": "59 minutes"}, {"a": "61 minutes"}),
        ("exports", {"a": "29 days"}, {"a": "31 days"}),
        ("invitations", {"a": "29 days"}, {"a": "31 days"}),
        ("invitations", {"a": "-1 day", "b": "29 days"}, {"a": "-1 day", "b": "31 days"}),
        ("invitations", {"a": "-1 day", "c": "29 days"}, {"a": "-1 day", "c": "31 days"}),
    ],
)
def test_what_is_past_goes_and_what_still_holds_stays(
    table: str, stays: Times, goes: Times, jobs: Jobs, rows: Rows
):
    kept, past = rows.insert(table, **stays), rows.insert(table, **goes)
    assert jobs.run("prune")[table] >= 1
    assert (rows.has(table, kept), rows.has(table, past)) == (True, False)


def test_every_table_is_tried():
    elsewhere = {"refresh_tokens", "webhook_deliveries", "events"}
    assert {past.name for past in pruning.PAST} == {*INSERTS, *elsewhere}


def test_a_session_goes_with_its_refresh_tokens_and_expired_ones_before_it(
    person: Somebody, jobs: Jobs, superuser: Superuser
):
    count = "SELECT count(*) FROM refresh_tokens WHERE user_id = %s"
    renewed = person.client.post("refresh", {"refresh_token": person.refresh_token})
    assert renewed.status == 200
    jobs.run("prune")
    assert superuser.execute(count, [person.id]).fetchone() == (2,)
    used = "user_id = %s AND used_at IS NOT NULL"
    old = f"UPDATE refresh_tokens SET expires_at = now() - interval '1 s' WHERE {used}"  # noqa: S608
    superuser.execute(old, [person.id])
    jobs.run("prune")
    assert superuser.execute(count, [person.id]).fetchone() == (1,)
    with later(timedelta(days=31)):
        jobs.run("prune")
    assert superuser.execute(count, [person.id]).fetchone() == (0,)


def test_a_kept_answer_is_replayed_for_a_day_at_least(http: Http, jobs: Jobs):
    once = {"idempotency-key": uuid4().hex}
    first = http.call("POST", "/content", {"text": "Good evening"}, headers=once)
    with later(timedelta(hours=24)):
        jobs.run("prune")
    again = http.call("POST", "/content", {"text": "Good evening"}, headers=once)
    assert (again.json["id"], again.headers["idempotent-replayed"]) == (first.json["id"], "true")


def test_an_expired_archive_goes_and_its_row_says_so(http: Http, jobs: Jobs):
    asked = http.post("/exports").json
    jobs.write()
    prefix = f"workspaces/{http.workspace_id}/"
    with later(timedelta(days=6)):
        jobs.run("prune")
        assert http.get(f"/exports/{asked['id']}").json["status"] == "ready"
        assert keys(jobs.aws, "exports", prefix)
    with later(timedelta(days=8)):
        read = http.get(f"/exports/{asked['id']}").json
        assert (read["status"], read["download_url"]) == ("expired", None)  # before anything is pruned
        assert jobs.run("prune")["archives"] >= 1
    assert keys(jobs.aws, "exports", prefix) == []
    read = http.get(f"/exports/{asked['id']}").json
    assert (read["status"], read["download_url"]) == ("expired", None)


def test_an_archive_of_a_failed_export_goes_too(rows: Rows, jobs: Jobs, superuser: Superuser):
    key = f"users/{rows.user_id}/left-by-a-lost-worker.zip"
    export = rows.insert("exports", a="1 hour", key=key)
    superuser.execute("UPDATE exports SET expires_at = now() WHERE id = %s", [export])
    jobs.aws.s3.put_object(Bucket="exports", Key=key, Body=b"half")
    jobs.run("prune")
    assert keys(jobs.aws, "exports", key) == []
    query = "SELECT status, object_key FROM exports WHERE id = %s"
    assert superuser.execute(query, [export]).fetchone() == ("failed", None)


@pytest.mark.parametrize(
    ("status", "age", "stays"),
    [
        ("pending", "23 hours", True),
        ("pending", "25 hours", False),
        ("rejected", "23 hours", True),
        ("rejected", "25 hours", False),
        ("ready", "25 hours", True),
    ],
)
def test_media_that_cannot_be_used_goes_after_a_day_with_its_file(
    status: str, age: str, stays: bool, jobs: Jobs, rows: Rows
):
    workspace = factories.make_workspace().id
    key = f"{workspace}/{uuid4()}"
    with transaction(workspace) as tx:
        made = factories.make_media(tx.session, object_key=key, status=status).id
    rows.age("media", made, age)
    jobs.aws.s3.put_object(Bucket="media", Key=key, Body=b"bytes")
    jobs.run("prune")
    assert rows.has("media", made) is stays
    assert (keys(jobs.aws, "media", key) == [key]) is stays


def test_what_is_pruned_can_be_completed_no_more(
    http: Http, jobs: Jobs, superuser: Superuser, monkeypatch: Any
):
    """Between the mark and the end of its file somebody completes it: the file is not used."""
    announced = http.post("/media", {"file_name": "lamp.png", "byte_size": 100}).json
    superuser.execute(
        "UPDATE media SET created_at = now() - interval '2 days' WHERE id = %s", [announced["id"]]
    )
    real, answers = pruning.delete_uploads, []

    def meanwhile(rows: Any) -> None:
        query = "SELECT status FROM media WHERE id = %s"
        answers.append(superuser.execute(query, [announced["id"]]).fetchone())
        real(rows)

    monkeypatch.setattr(pruning, "delete_uploads", meanwhile)
    jobs.run("prune")
    assert answers == [("rejected",)]
    assert http.post(f"/media/{announced['id']}/complete").status == 404


def test_pruning_stops_in_time_and_goes_on(rows: Rows, jobs: Jobs, monkeypatch: Any):
    jobs.run("prune")
    monkeypatch.setattr(pruning, "BATCH", 2)
    made = [rows.insert("idempotency_keys", a="3 days") for _ in range(7)]

    def left() -> int:
        return sum(rows.has("idempotency_keys", id_) for id_ in made)

    with as_login(PRUNE):
        handler_of("prune")(TICK, countdown(2))
        assert left() == 3
        handler_of("prune")(TICK, countdown(100))
    assert left() == 0


def test_tokens_of_mails_that_still_hold_work_after_pruning(mailed: Mailed, jobs: Jobs, person: Somebody):
    token = mailed(person.email, "reset_password", person.id)
    jobs.run("prune")
    body = {"token": token, "password": "a password that is new"}
    assert person.client.post("password-reset/complete", body).status == 200
