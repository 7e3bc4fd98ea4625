"""A change of a role acts on the very next request, whatever token the person holds."""

import pytest

from tests.integration.people.office import Office, Someone, log_in


def reading(office: Office, person: Someone) -> int:
    return person.get(f"{office.workspace}/content").status


def writing(office: Office, person: Someone) -> int:
    return person.post(f"{office.workspace}/content", {"text": "x"}).status


def member(place: str, person: Someone) -> str:
    return f"{place}/members/{person.id}"


def test_an_editor_who_becomes_a_viewer_writes_no_more(office: Office, owner: Someone):
    person = office.hire("member", "editor")
    assert (reading(office, person), writing(office, person)) == (200, 201)
    assert owner.change(member(office.workspace, person), {"role": "viewer"}).status == 200
    assert (reading(office, person), writing(office, person)) == (200, 403)
    assert owner.change(member(office.workspace, person), {"role": "editor"}).status == 200
    assert (reading(office, person), writing(office, person)) == (200, 201)


def test_who_is_removed_from_a_workspace_finds_nothing(office: Office, owner: Someone):
    person = office.hire("member", "editor")
    assert reading(office, person) == 200
    assert owner.delete(member(office.workspace, person)).status == 200
    assert (reading(office, person), writing(office, person)) == (404, 404)
    assert person.get("/v1/workspaces").json["items"] == []
    assert person.get(office.organization).status == 200


def test_who_is_removed_from_the_organization_finds_nothing_of_it(office: Office, owner: Someone):
    person = office.hire("member", "editor")
    assert reading(office, person) == 200
    assert owner.delete(member(office.organization, person)).status == 200
    assert (reading(office, person), person.get(office.organization).status) == (404, 404)
    assert person.get("/v1/organizations").json["items"] == []


@pytest.mark.parametrize("role", ["member", "billing"])
def test_an_admin_of_the_organization_who_is_demoted_loses_its_workspaces(
    office: Office, owner: Someone, role: str
):
    admin = office.hire("admin")
    other = f"/v1/workspaces/{office.another_workspace()}"
    assert [admin.get(place).status for place in (office.workspace, other)] == [200, 200]
    assert len(admin.get("/v1/workspaces").json["items"]) == 2
    changed = owner.change(member(office.organization, admin), {"role": role})
    assert changed.status == 200
    assert [admin.get(place).status for place in (office.workspace, other)] == [404, 404]
    assert admin.get("/v1/workspaces").json["items"] == []
    assert admin.call("PATCH", office.organization, {"name": "x"}, if_match='"1"').status == 403


def test_who_becomes_an_admin_of_the_organization_has_its_workspaces_at_once(office: Office, owner: Someone):
    person = office.hire("member")
    assert reading(office, person) == 404
    owner.change(member(office.organization, person), {"role": "admin"})
    assert (reading(office, person), writing(office, person)) == (200, 201)


def test_a_former_owner_hands_on_nothing_twice(office: Office, owner: Someone):
    heir = office.hire("member")
    there = f"{office.organization}/transfer"
    assert owner.post(there, {"user_id": str(heir.id)}).status == 200
    assert owner.post(there, {"user_id": str(owner.id)}).json["code"] == "permission_missing"
    assert heir.post(there, {"user_id": str(owner.id)}).status == 200


def test_who_is_added_is_in_with_the_token_that_they_hold(office: Office, owner: Someone):
    person = log_in()
    assert person.get(office.organization).status == 404
    office.appoint(person, "member", None)
    assert person.get(office.organization).status == 200
    body = {"user_id": str(person.id), "role": "viewer"}
    assert owner.post(f"{office.workspace}/members", body).status == 201
    assert (reading(office, person), writing(office, person)) == (200, 403)


def test_a_deleted_workspace_or_organization_is_gone_for_everybody_at_once(office: Office, owner: Someone):
    person = office.hire("member", "editor")
    slug = owner.get(office.workspace).json["slug"]
    assert owner.delete(office.workspace, f"?confirm={slug}").status == 204
    assert (reading(office, person), reading(office, owner)) == (404, 404)
    slug = owner.get(office.organization).json["slug"]
    assert owner.delete(office.organization, f"?confirm={slug}").status == 204
    assert (person.get(office.organization).status, owner.get(office.organization).status) == (404, 404)
