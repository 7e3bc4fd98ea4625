"""An archive of a person: all that is known of them, nothing of anybody else, and no secret."""

from collections.abc import Callable
from typing import Any

import pytest

from infra.local.first_workspace import FirstWorkspace
from tests import factories
from tests.integration.accounts.people import PASSWORD, Somebody
from tests.integration.portability.jobs import Jobs, Opened, downloaded

type NewPerson = Callable[[], Somebody]


@pytest.fixture
def member(person: Somebody, first: FirstWorkspace) -> Somebody:
    """Somebody who edits the test's workspace."""
    factories.make_organization_member(first.organization_id, person.id)
    factories.make_member(first.workspace_id, person.id, "editor")
    return person


def exported(person: Somebody, jobs: Jobs) -> Opened:
    asked = person.client.call("POST", "/v1/users/me/exports")
    assert asked.status == 202, asked.body
    assert jobs.write() == {"batchItemFailures": []}
    export = person.client.call("GET", f"/v1/users/me/exports/{asked.json['id']}").json
    assert export["status"] == "ready"
    return downloaded(export)


def test_a_persons_archive_holds_their_account(person: Somebody, jobs: Jobs):
    found = exported(person, jobs)
    [user] = found.rows("users")
    assert (user["id"], user["email"], user["name"]) == (str(person.id), person.email, "Ada")
    [session] = found.rows("sessions")
    assert (session["address"], session["user_agent"]) == (person.client.address, person.client.agent)
    log = found.rows("audit_log")
    assert {"user.signed_up", "export.requested"} <= {row["action"] for row in log}
    assert {row["address"] for row in log} == {person.client.address}
    assert found.manifest["user_id"] == str(person.id)


def test_it_holds_what_they_did_in_their_workspaces(member: Somebody, first: FirstWorkspace, jobs: Jobs):
    path = f"/v1/workspaces/{first.workspace_id}/content"
    made = member.client.call("POST", path, {"text": "Good evening"})
    assert made.status == 201, made.body
    found = exported(member, jobs)
    place = f"workspaces/{first.workspace_id}"
    [entry] = found.rows(f"{place}/audit_log")
    assert (entry["action"], entry["address"]) == ("content.created", member.client.address)
    assert {"table": "content", "id": made.json["id"], "as": ["created_by"]} in found.rows(f"{place}/created")
    assert found.rows(f"organizations/{first.organization_id}/audit_log") == []
    assert b"Good evening" not in found.everything()  # the text is the workspace's


def test_it_holds_nothing_of_anybody_else(
    member: Somebody, first: FirstWorkspace, new_person: NewPerson, jobs: Jobs
):
    other = new_person()
    factories.make_organization_member(first.organization_id, other.id)
    factories.make_member(first.workspace_id, other.id, "editor")
    path = f"/v1/workspaces/{first.workspace_id}/content"
    assert other.client.call("POST", path, {"text": "Good evening"}).status == 201
    everything = exported(member, jobs).everything()
    for mark in (str(other.id), other.email, other.client.address):
        assert mark.encode() not in everything


def test_it_holds_no_secret(person: Somebody, jobs: Jobs, superuser: Any):
    everything = exported(person, jobs).everything()
    hashes = [
        superuser.execute("SELECT password_hash FROM users WHERE id = %s", [person.id]).fetchone()[0],
        superuser.execute("SELECT token_hash FROM refresh_tokens WHERE user_id = %s", [person.id]).fetchone()[
            0
        ],
        superuser.execute("SELECT wrapped FROM personal_keys WHERE owner_id = %s", [person.id]).fetchone()[0],
    ]
    for secret in (PASSWORD, person.refresh_token, person.client.token, *hashes):
        assert secret
        assert secret.encode() not in everything


def test_nobody_else_reads_it(person: Somebody, new_person: NewPerson, jobs: Jobs, first: FirstWorkspace):
    asked = person.client.call("POST", "/v1/users/me/exports")
    jobs.write()
    other = new_person().client
    assert other.call("GET", f"/v1/users/me/exports/{asked.json['id']}").status == 404
    assert other.call("GET", "/v1/users/me/exports").json["items"] == []


def test_a_message_that_names_another_owner_is_refused(
    person: Somebody, new_person: NewPerson, jobs: Jobs, first: FirstWorkspace, put_away: Any
):
    asked = person.client.call("POST", "/v1/users/me/exports").json
    wrong = [
        {"export_id": asked["id"], "user_id": str(new_person().id)},
        {"export_id": asked["id"], "workspace_id": str(first.workspace_id)},
    ]
    assert jobs.write(wrong) == {"batchItemFailures": []}
    assert put_away() == wrong
    assert person.client.call("GET", f"/v1/users/me/exports/{asked['id']}").json["status"] == "pending"
