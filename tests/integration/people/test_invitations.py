"""Invitations: offered, renewed, revoked, expired, accepted."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest

from functions.first_workspace.handler import handler
from lamplighter.domain.memberships import INVITATIONS_A_DAY, INVITATIONS_A_DAY_TO_ONE
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.schemas.invitations import OrganizationInvitationCreate
from lamplighter.services import invitations
from tests import factories
from tests.integration.api.test_at_once import Waiting, waiting
from tests.integration.http import Answer, Http
from tests.integration.people.office import Office, Someone, as_member, log_in
from tests.integration.post_office import PostOffice

__all__ = ["waiting"]

PASSWORD = "a long enough secret of Ada's"


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    move_clock(None)


def address() -> str:
    return f"{uuid4().hex}@example.com"


def invited(by: Someone, place: str, role: str = "member", email: str | None = None) -> Answer:
    return by.post(f"{place}/invitations", {"email": email or address(), "role": role})


def address_of(office: Office, answer: Answer) -> str:
    return f"{office.organization}/invitations/{answer.json['id']}"


def accepted(token: str, by: Someone | None = None) -> Answer:
    """The answer to accepting: with an account, or making one."""
    body = {"token": token} if by else {"token": token, "name": "Ada", "password": PASSWORD}
    return (by.http if by else Http("", None)).post("/v1/auth/invitations/accept", body)


def test_an_invitation_is_mailed_and_written_down(office: Office, owner: Someone, post_office: PostOffice):
    email = address()
    made = invited(owner, office.organization, "admin", email)
    assert (made.status, made.headers["etag"]) == (201, '"1"')
    shown = made.json
    assert (shown["email"], shown["role"], shown["invited_by"]) == (email, "admin", str(owner.id))
    assert (shown["workspace_id"], shown["accepted_at"], shown["revoked_at"]) == (None, None, None)
    assert owner.get(f"{office.organization}/invitations/{shown['id']}").json == shown
    assert owner.get(f"{office.organization}/invitations").json["items"] == [shown]
    assert owner.get(f"{office.workspace}/invitations").json["items"] == []
    [mail] = post_office.sent_to(email)
    assert "Organization" in mail.text
    assert "token" not in str(shown)
    entry = office.audit()[-1]
    assert (entry["action"], entry["after"]) == ("invitation.created", {"role": "admin"})
    assert email not in str(office.audit())


def test_who_accepts_is_in_with_the_role_that_was_offered(
    office: Office, owner: Someone, post_office: PostOffice
):
    email = address()
    here = address_of(office, invited(owner, office.organization, "billing", email))
    token = post_office.token_for(email)
    answer = accepted(token)
    assert answer.status == 200, answer.body
    newcomer = Http("", answer.json["tokens"]["access_token"])
    assert newcomer.get(office.organization).status == 200
    assert sorted(office.roles().values()) == ["billing", "owner"]
    assert owner.get(here).json["accepted_at"]
    assert owner.get(f"{office.organization}/invitations").json["items"] == []
    assert len(owner.get(f"{office.organization}/invitations?state=accepted").json["items"]) == 1
    assert newcomer.post("/v1/auth/invitations/accept", {"token": token}).json["code"] == "token_invalid"
    gone = owner.delete(here)
    assert (gone.status, gone.json["code"]) == (409, "invitation_closed")


def test_whoever_accepts_into_a_workspace_belongs_to_the_organization_too(
    office: Office, owner: Someone, post_office: PostOffice
):
    person = log_in()
    made = invited(owner, office.workspace, "approver", person.email)
    assert made.json["workspace_id"] == str(office.made.workspace_id)
    assert owner.get(f"{office.organization}/invitations").json["items"] == []
    assert accepted(post_office.token_for(person.email), person).status == 200
    assert office.roles()[person.id] == "member"
    assert office.workspace_roles() == {person.id: "approver"}


def test_the_answer_is_the_same_with_and_without_an_account(office: Office, owner: Someone):
    one, two = (invited(owner, office.organization, email=each) for each in (log_in().email, address()))
    private = ("id", "email", "created_at", "expires_at")
    assert [{k: v for k, v in each.json.items() if k not in private} for each in (one, two)] == [
        {
            "organization_id": str(office.made.organization_id),
            "workspace_id": None,
            "role": "member",
            "invited_by": str(owner.id),
            "accepted_at": None,
            "revoked_at": None,
            "version": 1,
        }
    ] * 2
    assert one.json.keys() == two.json.keys()
    assert one.status == two.status == 201


def test_inviting_again_renews_instead_of_doubling(office: Office, owner: Someone, post_office: PostOffice):
    email = address()
    first = invited(owner, office.organization, "member", email).json
    link = post_office.token_for(email)
    again = invited(owner, office.organization, "billing", email)
    assert (again.status, again.json["id"], again.json["role"]) == (201, first["id"], "billing")
    assert again.json["expires_at"] > first["expires_at"]
    assert len(post_office.sent_to(email)) == 1  # within minutes; the link that was sent still works
    move_clock(timedelta(minutes=6))
    invited(owner, office.organization, "billing", email)
    assert len(owner.get(f"{office.organization}/invitations").json["items"]) == 1
    assert len(post_office.sent_to(email)) == 2
    assert accepted(link).json["code"] == "token_invalid"
    assert accepted(post_office.token_for(email)).status == 200
    assert "billing" in office.roles().values()


def test_an_invitation_expires_after_seven_days_and_can_be_sent_again(
    office: Office, owner: Someone, post_office: PostOffice
):
    email = address()
    here = address_of(office, invited(owner, office.organization, "member", email))
    link = post_office.token_for(email)
    move_clock(timedelta(days=7, seconds=1))
    assert accepted(link).json["code"] == "token_invalid"
    owner = owner.logged_in_again()
    assert owner.get(f"{office.organization}/invitations").json["items"] == []
    [expired] = owner.get(f"{office.organization}/invitations?state=expired").json["items"]
    again = owner.post(f"{here}/resend")
    assert (again.status, again.json["id"], again.json["version"]) == (200, expired["id"], 2)
    assert accepted(post_office.token_for(email)).status == 200
    assert [entry["action"] for entry in office.audit()][-2:] == ["invitation.resent", "invitation.accepted"]


def test_sending_again_waits_some_minutes(office: Office, owner: Someone, post_office: PostOffice):
    email = address()
    here = address_of(office, invited(owner, office.organization, "member", email))
    assert len(post_office.sent_to(email)) == 1
    answer = owner.post(f"{here}/resend")
    assert (answer.status, answer.json["code"]) == (429, "rate_limited")
    assert 290 < int(answer.headers["retry-after"]) <= 300
    move_clock(timedelta(seconds=301))
    assert owner.post(f"{here}/resend").status == 200
    assert len(post_office.sent_to(email)) == 2


def test_a_revoked_invitation_lets_nobody_in(office: Office, owner: Someone, post_office: PostOffice):
    email = address()
    here = address_of(office, invited(owner, office.organization, "member", email))
    link = post_office.token_for(email)
    assert owner.call("DELETE", here).status == 428
    assert owner.call("DELETE", here, if_match='"7"').status == 412
    assert owner.delete(here).json["revoked_at"]
    assert accepted(link).json["code"] == "token_invalid"
    assert owner.post(f"{here}/resend").json["code"] == "invitation_closed"
    assert len(owner.get(f"{office.organization}/invitations?state=revoked").json["items"]) == 1
    assert [entry["action"] for entry in office.audit()][-1] == "invitation.revoked"
    assert invited(owner, office.organization, "member", email).json["id"] not in here


def test_those_into_a_workspace_are_sent_again_and_revoked_alike(
    office: Office, owner: Someone, post_office: PostOffice
):
    email = address()
    here = f"{office.workspace}/invitations/{invited(owner, office.workspace, 'viewer', email).json['id']}"
    assert len(post_office.sent_to(email)) == 1
    assert owner.post(f"{here}/resend").status == 429
    move_clock(timedelta(minutes=6))
    assert owner.post(f"{here}/resend").json["version"] == 2
    assert len(post_office.sent_to(email)) == 2
    assert owner.delete(here).json["revoked_at"]
    assert accepted(post_office.token_for(email)).json["code"] == "token_invalid"


def test_who_is_a_member_is_not_invited(office: Office, owner: Someone):
    person = office.hire("member")
    answer = invited(owner, office.organization, "admin", person.email)
    assert (answer.status, answer.json["code"]) == (409, "already_member")
    assert invited(owner, office.workspace, "viewer", person.email).status == 201  # not in the workspace yet
    assert invited(owner, office.workspace, "viewer", owner.email).json["code"] == "already_member"


def test_nobody_invites_to_a_role_that_may_more_than_theirs(office: Office, owner: Someone):
    admin, email = office.hire("admin"), address()
    for role in ("owner", "billing"):
        answer = invited(admin, office.organization, role, email)
        assert (answer.status, answer.json["code"]) == (403, "role_not_grantable")
    made = invited(owner, office.organization, "owner", email).json
    here = f"{office.organization}/invitations/{made['id']}"
    assert admin.delete(here).json["code"] == "role_not_grantable"
    assert invited(admin, office.organization, "member", email).json["code"] == "role_not_grantable"
    move_clock(timedelta(minutes=6))
    assert admin.post(f"{here}/resend").json["code"] == "role_not_grantable"
    assert owner.get(here).json["role"] == "owner"
    assert invited(admin, office.organization, "admin").status == 201


@pytest.mark.parametrize("role", ["editor", "root", ""])
def test_a_role_must_be_one_of_the_place(office: Office, owner: Someone, role: str):
    assert invited(owner, office.organization, role).status == 422


def test_an_address_is_not_pestered(office: Office, owner: Someone):
    email = address()
    for _ in range(INVITATIONS_A_DAY_TO_ONE):
        made = invited(owner, office.organization, "member", email)
        assert made.status == 201
        owner.delete(f"{office.organization}/invitations/{made.json['id']}")
    answer = invited(owner, office.workspace, "viewer", email)
    assert (answer.status, answer.json["code"]) == (429, "rate_limited")
    assert answer.headers["retry-after"]
    assert invited(owner, office.organization, "member").status == 201
    move_clock(timedelta(days=1, seconds=1))
    owner = owner.logged_in_again()
    assert invited(owner, office.organization, "member", email).status == 201


def test_an_organization_invites_so_many_a_day(office: Office, owner: Someone):
    for _ in range(INVITATIONS_A_DAY):
        factories.make_invitation(office.made.organization_id)
    assert invited(owner, office.organization).status == 429


def test_invitations_of_another_place_are_not_there(office: Office, owner: Someone):
    made = invited(owner, office.organization).json["id"]
    inside = invited(owner, office.workspace, "viewer").json["id"]
    assert owner.get(f"{office.workspace}/invitations/{made}").status == 404
    assert owner.get(f"{office.organization}/invitations/{inside}").status == 404


def test_the_same_request_invites_once(office: Office, owner: Someone, post_office: PostOffice):
    body = {"email": address(), "role": "member"}
    answers = [
        owner.post(f"{office.organization}/invitations", body, idempotency_key="once") for _ in range(2)
    ]
    assert answers[0].json == answers[1].json
    assert len(post_office.sent_to(body["email"])) == 1
    assert [entry["action"] for entry in office.audit()].count("invitation.created") == 1


def test_two_who_invite_one_at_once_make_one_invitation(
    office: Office, owner: Someone, waiting: Waiting, post_office: PostOffice
):
    email = address()
    body = OrganizationInvitationCreate(email=email, role="member")
    with transaction(organization_id=office.made.organization_id) as tx:
        row, _ = invitations.create(tx, as_member(office, owner, "owner"), body)
        request = waiting(lambda: invited(owner, office.organization, "admin", email))
    answer = request.result()
    assert (answer.status, answer.json["id"], answer.json["role"]) == (201, str(row.id), "admin")


def test_the_first_owner_comes_by_an_invitation_of_the_operators(post_office: PostOffice):
    email = address()
    wanted = {"organization": "Harbour", "workspace": "Newsroom", "slug": f"f-{uuid4().hex}"}
    made = handler({**wanted, "owner_email": email.upper()}, None)
    answer = accepted(post_office.token_for(email))
    assert answer.json["organization_role"] == "owner"
    person = Http(made["workspace_id"], answer.json["tokens"]["access_token"])
    here = f"/v1/organizations/{made['organization_id']}"
    assert person.get(here).json["owner_id"] == answer.json["user"]["id"]
    assert person.get(f"/v1/workspaces/{made['workspace_id']}").status == 200
