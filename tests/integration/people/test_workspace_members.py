"""Members of a workspace: added from the organization, given other roles, removed; and who is implied."""

import pytest

from tests.integration.http import Http
from tests.integration.people.office import Office, Someone, log_in


def member(office: Office, person: Someone) -> str:
    return f"{office.workspace}/members/{person.id}"


def key(http: Http, *permissions: str, **more: object) -> Http:
    """A caller with a new key of these permissions."""
    body = {"name": "people", "permissions": list(permissions), **more}
    return Http(http.workspace_id, http.post("/api-keys", body).json["key"])


def test_a_member_of_the_organization_is_added(office: Office, owner: Someone):
    person = office.hire("member")
    body = {"user_id": str(person.id), "role": "editor"}
    added = owner.post(f"{office.workspace}/members", body)
    assert (added.status, added.json["role"], added.json["implied"]) == (201, "editor", False)
    assert (added.json["email"], added.headers["etag"]) == (person.email, '"1"')
    assert person.get(f"{office.workspace}/content").status == 200
    told = {"user_id": str(person.id), "role": "editor"}
    assert office.events() == [("member.added", told)]
    entry = office.audit()[-1]
    assert (entry["action"], entry["workspace_id"], entry["after"]) == (
        "member.added",
        str(office.made.workspace_id),
        {"role": "editor"},
    )
    again = owner.post(f"{office.workspace}/members", body)
    assert (again.status, again.json["code"]) == (409, "already_member")


def test_only_members_of_the_organization_are_added(office: Office, owner: Someone):
    body = {"user_id": str(log_in().id), "role": "editor"}
    answer = owner.post(f"{office.workspace}/members", body)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (422, "/user_id")


def test_owners_and_admins_of_the_organization_are_in_it_by_implication(office: Office, owner: Someone):
    admin, person = office.hire("admin", "viewer"), office.hire("member", "approver")
    office.hire("member")
    office.hire("billing")
    listed = person.get(f"{office.workspace}/members").json["items"]
    shown = {each["user_id"]: (each["role"], each["implied"]) for each in listed}
    assert shown == {
        str(owner.id): ("admin", True),
        str(admin.id): ("admin", True),
        str(person.id): ("approver", False),
    }
    body = {"user_id": str(owner.id), "role": "viewer"}
    for answer in (
        owner.post(f"{office.workspace}/members", body),
        owner.change(member(office, owner), {"role": "viewer"}),
        owner.delete(member(office, owner)),
        owner.post(f"{office.workspace}/leave"),
    ):
        assert (answer.status, answer.json["code"]) == (409, "implied_member")


def test_the_role_of_their_own_waits_behind_the_implied_one(office: Office, owner: Someone):
    admin = office.hire("admin", "viewer")
    changed = owner.change(member(office, admin), {"role": "editor"})
    assert (changed.json["role"], changed.json["implied"]) == ("admin", True)
    owner.change(f"{office.organization}/members/{admin.id}", {"role": "member"})
    shown = owner.get(member(office, admin)).json
    assert (shown["role"], shown["implied"]) == ("editor", False)


def test_the_list_comes_in_pages_that_hold_everybody_once(office: Office, owner: Someone):
    people = [owner, office.hire("admin", "viewer"), *(office.hire("member", "viewer") for _ in range(3))]
    found, cursor = [], ""
    for _ in range(3):
        page = owner.get(f"{office.workspace}/members?limit=2{cursor}").json
        found += [each["user_id"] for each in page["items"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert sorted(found) == sorted(str(person.id) for person in people)
    assert not page["has_more"]


def test_the_list_can_be_narrowed_to_the_role_that_counts(office: Office, owner: Someone):
    admin, editor = office.hire("admin", "editor"), office.hire("member", "editor")
    listed = {
        role: {each["user_id"] for each in owner.get(f"{office.workspace}/members?role={role}").json["items"]}
        for role in ("admin", "editor", "viewer")
    }
    assert listed == {"admin": {str(owner.id), str(admin.id)}, "editor": {str(editor.id)}, "viewer": set()}


def test_a_role_is_changed_told_and_written_down(office: Office, owner: Someone):
    person = office.hire("member", "viewer")
    changed = owner.change(member(office, person), {"role": "editor"})
    assert (changed.status, changed.json["role"], changed.json["version"]) == (200, "editor", 2)
    assert office.events() == [("member.role_changed", {"user_id": str(person.id), "role": "editor"})]
    entry = office.audit()[-1]
    assert (entry["before"], entry["after"]) == ({"role": "viewer"}, {"role": "editor"})
    assert owner.call("PATCH", member(office, person), {"role": "admin"}, if_match='"1"').status == 412
    assert owner.call("DELETE", member(office, person), if_match='"1"').status == 412
    assert owner.call("DELETE", member(office, person)).status == 428


def test_who_is_removed_or_leaves_is_out_of_the_workspace_alone(office: Office, owner: Someone):
    one, two = office.hire("member", "viewer"), office.hire("member", "admin")
    assert owner.delete(member(office, one)).json["email"] == one.email
    assert two.post(f"{office.workspace}/leave").json["role"] == "admin"
    for person in (one, two):
        assert person.get(office.workspace).status == 404
        assert person.get(office.organization).status == 200
    assert [event for event, _ in office.events()] == ["member.removed"] * 2
    assert [entry["action"] for entry in office.audit()][-2:] == ["member.removed", "member.left"]
    assert office.workspace_roles() == {}


def test_a_workspace_admin_need_not_run_the_organization(office: Office, owner: Someone):
    admin, person = office.hire("member", "admin"), office.hire("member")
    body = {"user_id": str(person.id), "role": "admin"}
    assert admin.post(f"{office.workspace}/members", body).status == 201
    assert admin.call("PATCH", office.organization, {"name": "x"}, if_match='"1"').status == 403


EDITING = (
    *("workspaces:read", "members:write", "content:write", "media:write", "templates:write"),
    *("brand_voices:read", "connections:read", "publications:write", "campaigns:write", "ab_tests:write"),
    *("recurring_posts:write", "analytics:write"),
)


def test_a_key_gives_roles_that_may_nothing_which_it_may_not(office: Office, http: Http):
    person = office.hire("member")
    body = {"user_id": str(person.id), "role": "editor"}
    weak = key(http, *(each for each in EDITING if each != "content:write"))
    answer = weak.post("/members", body)
    assert (answer.status, answer.json["code"]) == (403, "role_not_grantable")
    strong = key(http, *EDITING)
    assert strong.post("/members", body).status == 201
    # What only people may do, no key can give: approving is theirs.
    for role in ("admin", "approver"):
        here = f"/members/{person.id}"
        etag = strong.get(here).headers["etag"]
        answer = http.call("PATCH", here, {"role": role}, headers={"if-match": etag})
        assert (answer.status, answer.json["code"]) == (403, "role_not_grantable")


@pytest.mark.parametrize(
    ("weakness", "code"),
    [({"type": "test"}, "live_key_required"), ({"connection_ids": []}, "unlimited_key_required")],
)
def test_a_key_that_is_held_back_lets_nobody_in(office: Office, http: Http, weakness: object, code: str):
    person = office.hire("member", "viewer")
    held_back = key(http, *EDITING, **weakness)  # type: ignore[arg-type]
    here = f"/members/{person.id}"
    for answer in (
        held_back.post("/members", {"user_id": str(person.id), "role": "viewer"}),
        held_back.post("/invitations", {"email": "ada@example.com", "role": "viewer"}),
        held_back.call("PATCH", here, {"role": "editor"}, headers={"if-match": '"1"'}),
        held_back.call("DELETE", here, headers={"if-match": '"1"'}),
    ):
        assert (answer.status, answer.json["code"]) == (403, code)


def test_a_key_cannot_leave_its_workspace(http: Http):
    answer = http.post("/leave")
    assert (answer.status, answer.json["code"]) == (403, "people_only")
