"""The audit log is only ever added to, and holds nothing that it should not."""

import re
from typing import Any

import psycopg
import pytest
from psycopg.errors import InsufficientPrivilege
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from infra.local.first_workspace import FirstWorkspace
from lamplighter.postgres.roles import ACCOUNTS, APP, ENTERED, LOGINS
from lamplighter.postgres.session import transaction
from lamplighter.services import audit, content
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import Http
from tests.logins import as_login

type Behind = psycopg.Connection[Any]

CHANGES = [
    "UPDATE audit_log SET action = 'nothing.happened'",
    "UPDATE audit_log SET personal = NULL",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
]


@pytest.mark.parametrize("statement", CHANGES)
@pytest.mark.parametrize("login", [APP, ACCOUNTS])
def test_who_writes_the_log_cannot_change_it(http: Http, first: FirstWorkspace, login: str, statement: str):
    http.post("/content", {"text": "x"})
    with (
        pytest.raises(ProgrammingError) as refused,
        as_login(login),
        transaction(first.workspace_id, organization_id=first.organization_id) as tx,
    ):
        tx.session.execute(text(statement))
    assert isinstance(refused.value.orig, InsufficientPrivilege)
    assert len(http.get("/audit-log").json["items"]) == 1


def test_nobody_but_its_owner_may_change_it(superuser: Behind):
    query = """
        SELECT DISTINCT grantee::regrole::text, privilege_type
          FROM pg_class, aclexplode(relacl)
         WHERE oid = 'audit_log'::regclass AND grantee <> relowner AND grantee <> 0
    """
    held = superuser.execute(query).fetchall()
    assert {role for role, _ in held} <= {*LOGINS, *ENTERED}
    assert {privilege for _, privilege in held} == {"SELECT", "INSERT"}


def test_what_an_effect_leaves_goes_when_the_effect_does(
    http: Http, superuser: Behind, monkeypatch: pytest.MonkeyPatch
):
    create = content.create

    def failing(*arguments: Any) -> None:
        create(*arguments)
        message = "at the last moment"
        raise RuntimeError(message)

    monkeypatch.setattr(content, "create", failing)
    assert http.post("/content", {"text": "x"}).status == 500
    query = "SELECT count(*) FROM audit_log WHERE workspace_id = %s"
    assert superuser.execute(query, [http.workspace_id]).fetchone() == (0,)


def test_an_entry_of_another_tenants_cannot_be_written(first: FirstWorkspace, aws: object):
    other = {"workspace_id": first.workspace_id, "organization_id": first.organization_id}
    target = ("workspace", first.workspace_id)
    with pytest.raises(ProgrammingError, match="row-level security"), transaction() as tx:
        audit.record(tx, None, "workspace.erased", target, **other)


def test_entries_hold_no_secret_and_no_address_of_mail(http: Http, network: FakeNetwork, superuser: Behind):
    """Of what programs do here; what people do about each other stands in the tests of that."""
    key = http.post("/api-keys", {"name": "ci", "permissions": ["content:read"]}).json
    rolled = http.post(f"/api-keys/{key['id']}/roll", {}).json
    handle = "somebodys-handle"
    connection = http.post("/connections", {"platform": "sandbox", "credentials": {"handle": handle}}).json
    http.post("/connections", {"platform": "sandbox", "credentials": {"handle": handle}})
    http.call("DELETE", f"/connections/{connection['id']}", headers={"if-match": '"1"'})
    written = http.post("/content", {"text": "A text that is nobody else's"}).json["id"]
    assert written
    query = "SELECT to_jsonb(a)::text FROM audit_log a WHERE workspace_id = %s"
    rows = " ".join(row for (row,) in superuser.execute(query, [http.workspace_id]))
    assert rows.count("connection.") >= 2
    for secret in (key["key"], rolled["key"], network.address, handle, "nobody else's", "sbx_", http.key):
        assert str(secret) not in rows, secret
    assert not re.search(r"[\w.]+@[\w.]+", rows)
    assert not re.search(r"lmp_(live|test)_", rows)
