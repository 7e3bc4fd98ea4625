"""Workspaces of an organization: made by people and by programs, listed, deleted by name."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from lamplighter.services import personal_keys
from tests import factories
from tests.integration.http import Http
from tests.integration.people.office import Office, Someone, log_in

WANTED = {"name": "Newsroom", "slug": "newsroom"}


def key(http: Http, *permissions: str, **more: Any) -> Http:
    """A caller with a new key of these permissions."""
    body = {"name": "workspaces", "permissions": list(permissions), **more}
    return Http(http.workspace_id, http.post("/api-keys", body).json["key"])


def test_a_person_makes_one_without_a_key_to_it(office: Office, owner: Someone):
    made = owner.post(f"{office.organization}/workspaces", WANTED)
    assert (made.status, made.json["slug"], made.json["api_key"]) == (201, "newsroom", None)
    here = f"/v1/workspaces/{made.json['id']}"
    assert owner.get(f"{here}/api-keys").json["items"] == []
    assert owner.get(here).json["organization_id"] == str(office.made.organization_id)
    entry = office.audit()[-1]
    assert (entry["action"], entry["workspace_id"], entry["after"]) == (
        "workspace.created",
        made.json["id"],
        WANTED,
    )


def test_a_program_gets_the_first_key(office: Office, http: Http):
    made = http.post(f"{office.organization}/workspaces", WANTED)
    assert made.status == 201
    inside = Http(made.json["id"], made.json["api_key"])
    assert inside.get("/content").status == 200
    assert inside.get("/v1/workspaces").json["items"][0]["id"] == made.json["id"]


def test_the_same_request_makes_one_and_shows_its_key_again(office: Office, http: Http):
    first, again = (
        http.post(f"{office.organization}/workspaces", WANTED, **{"idempotency-key": "once"})
        for _ in range(2)
    )
    assert again.json == first.json
    assert again.headers["idempotent-replayed"] == "true"
    kept = "SELECT response FROM idempotency_keys WHERE scope_id = %s"
    [(response,)] = office.superuser.execute(kept, [office.made.organization_id]).fetchall()
    assert first.json["api_key"] not in response


def test_a_new_workspace_seals_what_its_programs_leave_in_the_audit_log(office: Office, http: Http):
    made = http.post(f"{office.organization}/workspaces", WANTED).json
    Http(made["id"], made["api_key"]).post("/content", {"text": "x"})
    query = (
        "SELECT a.id, a.personal, k.wrapped FROM audit_log a"
        " JOIN personal_keys k ON k.owner_id = a.workspace_id"
        " WHERE a.workspace_id = %s AND a.action = 'content.created'"
    )
    [(row_id, sealed, wrapped)] = office.superuser.execute(query, [made["id"]]).fetchall()
    assert "127.0.0.1" in personal_keys.unseal(wrapped, UUID(made["id"]), row_id, sealed)


def test_only_who_runs_the_organization_makes_them(office: Office, http: Http):
    there = f"{office.organization}/workspaces"
    assert office.hire("admin").post(there, WANTED).status == 201
    for other in (office.hire("member", "admin"), office.hire("billing")):
        assert other.post(there, WANTED).json["code"] == "permission_missing"
    assert key(http, "workspaces:read").post(there, WANTED).json["code"] == "permission_missing"
    elsewhere = f"/v1/organizations/{factories.make_organization().id}/workspaces"
    assert http.post(elsewhere, WANTED).status == 404


def test_a_slug_is_an_organizations_own(office: Office, owner: Someone):
    there = f"{office.organization}/workspaces"
    owner.post(there, WANTED)
    again = owner.post(there, WANTED)
    assert (again.status, again.json["errors"][0]["pointer"]) == (409, "/slug")
    ada = log_in()
    other = factories.make_organization(ada.id).id
    assert ada.post(f"/v1/organizations/{other}/workspaces", WANTED).status == 201


def test_a_person_lists_all_in_which_they_have_a_role(office: Office, owner: Someone):
    person = office.hire("member", "approver")
    other = office.another_workspace()
    elsewhere = factories.make_workspace().id
    factories.make_member(elsewhere, person.id, "viewer")
    shown = {each["id"]: each["role"] for each in person.get("/v1/workspaces").json["items"]}
    assert shown == {str(office.made.workspace_id): "approver", str(elsewhere): "viewer"}
    first = owner.get("/v1/workspaces?limit=1").json
    rest = owner.get(f"/v1/workspaces?limit=1&cursor={first['next_cursor']}").json
    assert [each["id"] for each in first["items"] + rest["items"]] == [
        str(other),
        str(office.made.workspace_id),
    ]
    assert {each["role"] for each in first["items"] + rest["items"]} == {"admin"}


def test_a_program_lists_its_own_if_it_may_see_it(http: Http):
    shown = http.get("/v1/workspaces").json
    assert [(each["id"], each["role"]) for each in shown["items"]] == [(http.workspace_id, None)]
    answer = key(http, "content:read").get("/v1/workspaces")
    assert (answer.status, answer.json["code"]) == (403, "permission_missing")


def test_a_change_is_written_down_without_the_settings(office: Office, owner: Someone):
    body = {"name": "Quay", "settings": {"token": "kept to ourselves"}}
    assert owner.change(office.workspace, body).status == 200
    entry = office.audit()[-1]
    assert (entry["action"], entry["before"]) == ("workspace.updated", {"name": "Workspace"})
    assert entry["after"] == {"name": "Quay", "changed": ["name", "settings"]}


def test_it_is_deleted_by_who_names_it(office: Office, owner: Someone, http: Http):
    slug = owner.get(office.workspace).json["slug"]
    for query, status, code in (("", 422, "validation_failed"), ("?confirm=x", 422, "confirmation_wrong")):
        answer = owner.delete(office.workspace, query)
        assert (answer.status, answer.json["code"]) == (status, code)
    assert owner.call("DELETE", f"{office.workspace}?confirm={slug}").status == 428
    assert owner.call("DELETE", f"{office.workspace}?confirm={slug}", if_match='"9"').status == 412
    assert owner.delete(office.workspace, f"?confirm={slug}").status == 204
    assert http.get(f"/v1/workspaces/{http.workspace_id}").status == 401  # its keys went with it
    assert owner.get("/v1/workspaces").json["items"] == []
    assert [entry["action"] for entry in office.audit()][-1] == "workspace.deleted"


@pytest.mark.parametrize("role", ["admin", "editor"])
def test_a_workspaces_own_admin_does_not_delete_it(office: Office, owner: Someone, role: str, http: Http):
    slug = owner.get(office.workspace).json["slug"]
    for by in (office.hire("member", role).http, http):
        answer = by.call("DELETE", f"{office.workspace}?confirm={slug}", headers={"if-match": '"1"'})
        assert (answer.status, answer.json["code"]) == (403, "permission_missing")
    assert owner.get(office.workspace).status == 200


def test_an_organization_is_deleted_with_all_its_workspaces(office: Office, owner: Someone, http: Http):
    other, admin = office.another_workspace(), office.hire("admin")
    slug = owner.get(office.organization).json["slug"]
    there = f"{office.organization}?confirm={slug}"
    assert admin.call("DELETE", there, if_match='"1"').json["code"] == "permission_missing"
    wrong = owner.delete(office.organization, f"?confirm={uuid4().hex}")
    assert (wrong.status, wrong.json["code"]) == (422, "confirmation_wrong")
    assert owner.delete(office.organization, f"?confirm={slug}").status == 204
    for place in (office.organization, office.workspace, f"/v1/workspaces/{other}"):
        assert owner.get(place).status == 404
    assert owner.get("/v1/organizations").json["items"] == []
    assert http.get("/content").status == 401
    ended = [entry["action"] for entry in office.audit()][-3:]
    assert ended == ["workspace.deleted", "workspace.deleted", "organization.deleted"]
