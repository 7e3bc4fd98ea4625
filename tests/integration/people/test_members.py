"""Members of an organization: shown, given other roles, removed, and who always stays."""

from collections.abc import Callable
from uuid import UUID

import pytest

from lamplighter.postgres.session import transaction
from lamplighter.schemas.members import WorkspaceMemberCreate
from lamplighter.services import members, workspace_members
from tests import factories
from tests.integration.api.test_at_once import Waiting, waiting
from tests.integration.http import Answer, Http
from tests.integration.people.office import Office, Someone, as_caller, as_member, log_in

__all__ = ["waiting"]


def member(office: Office, person: Someone) -> str:
    return f"{office.organization}/members/{person.id}"


def test_members_are_listed_with_name_address_and_role_in_pages(office: Office, owner: Someone):
    people = [office.hire("member") for _ in range(3)]
    first = owner.get(f"{office.organization}/members?limit=3").json
    rest = owner.get(f"{office.organization}/members?limit=3&cursor={first['next_cursor']}").json
    listed = first["items"] + rest["items"]
    assert {each["email"] for each in listed} == {person.email for person in [owner, *people]}
    assert ([len(first["items"]), len(rest["items"])], rest["has_more"]) == ([3, 1], False)
    [shown] = [each for each in listed if each["user_id"] == str(owner.id)]
    assert (shown["name"], shown["role"]) == ("Ada", "owner")
    assert shown["joined_at"]
    assert "password_hash" not in shown


def test_the_list_can_be_narrowed_to_a_role(office: Office, owner: Someone):
    admins = {str(office.hire("admin").id) for _ in range(2)}
    first = owner.get(f"{office.organization}/members?role=admin&limit=1").json
    rest = owner.get(f"{office.organization}/members?role=admin&limit=1&cursor={first['next_cursor']}").json
    assert {each["user_id"] for each in first["items"] + rest["items"]} == admins
    answer = owner.get(f"{office.organization}/members?role=owner&cursor={first['next_cursor']}")
    assert (answer.status, answer.json["code"]) == (422, "invalid_cursor")


def test_every_member_sees_the_others_and_nobody_else_does(office: Office, owner: Someone):
    assert office.hire("member").get(member(office, owner)).json["email"] == owner.email
    outsider = office.hire(None, "viewer")  # in the workspace alone
    assert outsider.get(member(office, owner)).status == 404
    assert owner.get(member(office, log_in())).status == 404


def test_a_role_is_changed_and_written_down(office: Office, owner: Someone):
    person = office.hire("member")
    changed = owner.change(member(office, person), {"role": "admin"})
    assert (changed.status, changed.json["role"], changed.headers["etag"]) == (200, "admin", '"2"')
    assert office.roles()[person.id] == "admin"
    entry = office.audit()[-1]
    assert (entry["action"], entry["actor_id"], entry["target_id"]) == (
        "member.role_changed",
        str(owner.id),
        str(person.id),
    )
    assert (entry["before"], entry["after"]) == ({"role": "member"}, {"role": "admin"})
    assert office.says_nothing_of(owner, person)


def test_what_somebody_changed_meanwhile_is_not_overwritten(office: Office, owner: Someone):
    person = office.hire("member")
    here, etag = member(office, person), owner.get(member(office, person)).headers["etag"]
    owner.change(here, {"role": "admin"})
    assert owner.call("PATCH", here, {"role": "member"}, if_match=etag).status == 412
    assert owner.call("DELETE", here, if_match=etag).status == 412
    assert owner.call("PATCH", here, {"role": "member"}).status == 428
    assert owner.call("DELETE", here).status == 428
    assert office.roles()[person.id] == "admin"


@pytest.mark.parametrize(
    ("former", "role"), [("owner", "member"), ("member", "owner"), ("member", "billing")]
)
def test_an_admin_neither_gives_nor_takes_a_role_that_may_more(office: Office, former: str, role: str):
    office.hire("owner")
    admin, person = office.hire("admin"), office.hire(former)
    answer = admin.change(member(office, person), {"role": role})
    assert (answer.status, answer.json["code"]) == (403, "role_not_grantable")
    assert office.roles()[person.id] == former


def test_an_admin_does_not_remove_an_owner(office: Office, owner: Someone):
    answer = office.hire("admin").delete(member(office, owner))
    assert (answer.status, answer.json["code"]) == (403, "role_not_grantable")


def test_the_last_owner_stays_one(office: Office, owner: Someone):
    office.hire("admin")
    for answer in (
        owner.change(member(office, owner), {"role": "admin"}),
        owner.delete(member(office, owner)),
        owner.post(f"{office.organization}/leave"),
    ):
        assert (answer.status, answer.json["code"]) == (409, "last_owner")
    assert office.roles()[owner.id] == "owner"


@pytest.mark.parametrize("way", ["leave", "demotion", "removal"])
def test_of_two_last_owners_who_go_at_once_one_stays(office: Office, waiting: Waiting, way: str):
    one, two = office.hire("owner"), office.hire("owner")
    here = member(office, two)
    etag = two.get(here).headers["etag"]
    ways: dict[str, Callable[[], Answer]] = {
        "leave": lambda: two.post(f"{office.organization}/leave"),
        "demotion": lambda: two.call("PATCH", here, {"role": "member"}, if_match=etag),
        "removal": lambda: two.call("DELETE", here, if_match=etag),
    }
    with transaction(organization_id=office.made.organization_id) as tx:
        members.leave(tx, as_member(office, one, "owner"))
        request = waiting(ways[way])
    answer = request.result()
    assert (answer.status, answer.json["code"]) == (409, "last_owner")
    assert office.roles() == {two.id: "owner"}


@pytest.mark.parametrize("way", ["leave", "demotion"])
def test_the_longest_standing_other_owner_comes_first_when_the_first_one_goes(office: Office, way: str):
    founder = log_in()
    slug = f"o-{founder.id.hex}"
    made = UUID(founder.post("/v1/organizations", {"name": "O", "slug": slug}).json["id"])
    here = f"/v1/organizations/{made}"
    second, third = (factories.make_organization_member(made, role="owner").user_id for _ in range(2))
    if way == "leave":
        assert founder.post(f"{here}/leave").status == 200
    else:
        assert founder.change(f"{here}/members/{founder.id}", {"role": "member"}).status == 200
    query = "SELECT owner_id, version FROM organizations WHERE id = %s"
    assert office.superuser.execute(query, [made]).fetchall() == [(second, 2)]
    assert third != second


def test_who_is_not_a_member_cannot_be_changed_or_removed(office: Office, owner: Someone):
    stranger = log_in()
    for method, body in (("PATCH", {"role": "admin"}), ("DELETE", None)):
        answer = owner.call(method, member(office, stranger), body, if_match='"1"')
        assert (answer.status, answer.json["code"]) == (404, "not_found")


def test_a_role_that_they_have_already_changes_nothing(office: Office, owner: Someone):
    person = office.hire("admin", "editor")
    places = {"admin": member(office, person), "editor": f"{office.workspace}/members/{person.id}"}
    for role, place in places.items():
        assert owner.change(place, {"role": role}).json["version"] == 1
    assert office.audit() == []


def test_who_is_removed_leaves_all_workspaces_of_the_organization_and_no_others(
    office: Office, owner: Someone
):
    person, other = office.hire("member", "editor"), office.another_workspace()
    elsewhere = factories.make_workspace().id
    for workspace_id in (other, elsewhere):
        factories.make_member(workspace_id, person.id, "viewer")
    bystander = office.hire("member", "editor")
    removed = owner.delete(member(office, person))
    assert (removed.status, removed.json["role"], removed.json["email"]) == (200, "member", person.email)
    assert person.id not in office.roles()
    assert office.workspace_roles().keys() == {bystander.id}
    assert office.workspace_roles(other) == {}
    assert office.workspace_roles(elsewhere) == {person.id: "viewer"}
    told = {"user_id": str(person.id)}
    assert office.events() == [("member.removed", {**told, "role": "editor"})]
    assert office.events(other) == [("member.removed", {**told, "role": "viewer"})]
    entry = office.audit()[-1]
    assert (entry["action"], entry["before"], entry["after"]) == ("member.removed", {"role": "member"}, None)


def test_who_leaves_is_out_at_once(office: Office, owner: Someone):
    person = office.hire("billing", "approver")
    assert person.post(f"{office.organization}/leave").json["role"] == "billing"
    assert person.get(office.organization).status == 404
    assert person.get(office.workspace).status == 404
    assert [entry["action"] for entry in office.audit()][-1] == "member.left"


def test_who_is_removed_while_being_added_to_a_workspace_ends_up_in_neither(
    office: Office, owner: Someone, waiting: Waiting
):
    person, here = office.hire("member"), office.made.workspace_id
    etag = owner.get(member(office, person)).headers["etag"]
    by = as_caller(office, owner)
    with transaction(here, organization_id=office.made.organization_id) as tx:
        workspace_members.add(tx, by, WorkspaceMemberCreate(user_id=person.id, role="editor"))
        request = waiting(lambda: owner.call("DELETE", member(office, person), if_match=etag))
    assert request.result().status == 200
    assert office.roles().keys() == {owner.id}
    assert office.workspace_roles() == {}


def test_who_is_added_to_a_workspace_while_being_removed_is_not(
    office: Office, owner: Someone, waiting: Waiting
):
    person = office.hire("member")
    with transaction(organization_id=office.made.organization_id) as tx:
        members.remove(tx, as_member(office, owner, "owner"), person.id, 1)
        body = {"user_id": str(person.id), "role": "editor"}
        request = waiting(lambda: owner.post(f"{office.workspace}/members", body))
    answer = request.result()
    assert (answer.status, answer.json["errors"][0]["code"]) == (422, "not_a_member")
    assert office.workspace_roles() == {}


def test_a_key_manages_no_organization(office: Office, http: Http, owner: Someone):
    for method, path in (("GET", "/members"), ("GET", ""), ("POST", "/leave")):
        answer = http.call(method, f"{office.organization}{path}")
        assert (answer.status, answer.json["code"]) == (403, "permission_missing"), path


def test_leaving_twice_with_one_key_leaves_once(office: Office, owner: Someone):
    person = office.hire("member")
    assert person.post(f"{office.organization}/leave", idempotency_key="once").status == 200
    assert person.post(f"{office.organization}/leave", idempotency_key="once").status == 404
    assert [entry["action"] for entry in office.audit()].count("member.left") == 1
