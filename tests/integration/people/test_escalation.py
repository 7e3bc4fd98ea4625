"""Nobody gets by a detour what their role does not give, nor back in after they were removed."""

from uuid import uuid4

from lamplighter.domain.access import Origin, Person
from lamplighter.postgres.roles import ACCOUNTS, APP
from lamplighter.postgres.session import transaction
from lamplighter.services import joining
from tests.integration.api.test_at_once import Waiting, waiting
from tests.integration.http import Answer
from tests.integration.people.office import Office, Someone
from tests.integration.people.test_invitations import accepted, invited
from tests.integration.post_office import PostOffice, token_in
from tests.logins import as_login

__all__ = ["waiting"]


def made_key(by: Someone, office: Office, *permissions: str) -> Answer:
    body = {"name": "detour", "permissions": list(permissions)}
    return by.post(f"{office.workspace}/api-keys", body)


def test_who_only_administers_a_workspace_makes_no_key_that_adds_workspaces(office: Office, owner: Someone):
    """The key's permission opens more than the role: workspaces are added by who runs the organization."""
    admin = office.hire("member", "admin")
    wanted = {"name": "Detour", "slug": f"detour-{uuid4().hex[:8]}"}
    assert admin.post(f"{office.organization}/workspaces", wanted).status == 403
    refused = made_key(admin, office, "content:read", "workspaces:write")
    assert (refused.status, refused.json["errors"][0]["pointer"]) == (422, "/permissions/1")
    assert made_key(admin, office, "workspaces:read").status == 201
    made = made_key(owner, office, "workspaces:write")
    assert made.status == 201
    one = f"{office.workspace}/api-keys/{made.json['id']}"
    rolled = admin.post(f"{one}/roll", {})
    assert (rolled.status, rolled.json["code"]) == (403, "stronger_key")
    renamed = admin.change(one, {"name": "mine"})
    assert (renamed.status, renamed.json["code"]) == (403, "stronger_key")
    assert admin.delete(one).status == 200  # a workspace's admin can shut out any key of it


def test_a_removed_member_does_not_come_back_by_an_older_invitation(
    office: Office, owner: Someone, post_office: PostOffice
):
    person = office.hire("member")
    made = invited(owner, office.workspace, "editor", person.email)
    token = post_office.token_for(person.email)
    assert owner.delete(f"{office.organization}/members/{person.id}").status == 200
    assert accepted(token, person).json["code"] == "token_invalid"
    assert person.id not in office.roles()
    revoked = [entry for entry in office.audit() if entry["action"] == "invitation.revoked"]
    assert [(each["target_id"], each["workspace_id"]) for each in revoked] == [
        (made.json["id"], str(office.made.workspace_id))
    ]


def test_nor_does_who_was_removed_from_a_workspace(office: Office, owner: Someone, post_office: PostOffice):
    """Invited first, added by hand then."""
    person = office.hire("member")
    invited(owner, office.workspace, "editor", person.email)
    invited(owner, f"/v1/workspaces/{office.another_workspace()}", "viewer", person.email)
    elsewhere, here = (token_in(mail) for mail in post_office.sent_to(person.email))
    body = {"user_id": str(person.id), "role": "viewer"}
    assert owner.post(f"{office.workspace}/members", body).status == 201
    assert owner.delete(f"{office.workspace}/members/{person.id}").status == 200
    assert accepted(here, person).json["code"] == "token_invalid"
    assert office.workspace_roles() == {}
    assert accepted(elsewhere, person).status == 200


def test_who_accepts_while_being_removed_is_gone(
    office: Office, owner: Someone, post_office: PostOffice, waiting: Waiting
):
    person = office.hire("member")
    invited(owner, office.workspace, "editor", person.email)
    token = post_office.token_for(person.email)
    with as_login(ACCOUNTS):
        given = joining.presented(token)
    place = (office.made.workspace_id, office.made.organization_id, person.id)
    who = joining.Joining(given, Person(kind="user", id=person.id, session_id=uuid4()))
    with as_login(ACCOUNTS), transaction(place[0], organization_id=place[1], user_id=place[2]) as tx:
        joining.accept(tx, who, Origin())
        tx.session.flush()
        with as_login(APP):
            removal = waiting(lambda: owner.delete(f"{office.organization}/members/{person.id}"))
    assert removal.result().status == 200
    assert (person.id in office.roles(), office.workspace_roles()) == (False, {})
