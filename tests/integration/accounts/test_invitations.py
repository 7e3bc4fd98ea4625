"""Invitations accepted: by the person that the invited address has, or by making it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lamplighter.domain.access import Origin, Person
from lamplighter.domain.mails import token_hash
from lamplighter.postgres.session import transaction
from lamplighter.problems import DomainError
from lamplighter.schemas.auth import InvitationAcceptance
from lamplighter.services import joining
from tests.integration.accounts.people import (
    PASSWORD,
    Client,
    Somebody,
    Superuser,
    new_client,
    new_email,
    somebody,
    stripped,
)
from tests.integration.http import logged_in


@dataclass(frozen=True, slots=True)
class Harbour:
    """An organization with a workspace, and the invitations into both."""

    superuser: Superuser
    organization_id: UUID
    workspace_id: UUID

    def invite(self, email: str, role: str, *, into_workspace: bool = False, days: float = 7) -> str:
        """The token out of the mail."""
        token = secrets.token_urlsafe(32)
        self.superuser.execute(
            "INSERT INTO invitations (id, organization_id, workspace_id, email, role, token_hash, expires_at)"
            " VALUES (%s, %s, %s, %s, %s, %s, now() + %s)",
            [
                uuid4(),
                self.organization_id,
                self.workspace_id if into_workspace else None,
                email,
                role,
                token_hash(token),
                timedelta(days=days),
            ],
        )
        return token

    def roles(self, user_id: UUID) -> tuple[str | None, str | None]:
        """The person's role in the organization and in the workspace."""
        row = self.superuser.execute(
            "SELECT (SELECT role FROM organization_members WHERE organization_id = %s AND user_id = %s),"
            " (SELECT role FROM workspace_members WHERE workspace_id = %s AND user_id = %s)",
            [self.organization_id, user_id, self.workspace_id, user_id],
        ).fetchone()
        assert row
        return row[0], row[1]

    def join(self, user_id: UUID, role: str) -> None:
        self.superuser.execute(
            "INSERT INTO organization_members (id, organization_id, user_id, role, joined_at)"
            " VALUES (%s, %s, %s, %s, now())",
            [uuid4(), self.organization_id, user_id, role],
        )


@pytest.fixture
def harbour(superuser: Superuser, aws: object) -> Harbour:
    made = Harbour(superuser, uuid4(), uuid4())
    slug = made.organization_id.hex
    superuser.execute(
        "INSERT INTO organizations (id, name, slug) VALUES (%s, 'Harbour', %s)", [made.organization_id, slug]
    )
    superuser.execute(
        "INSERT INTO workspaces (id, organization_id, name, slug) VALUES (%s, %s, 'Pier', %s)",
        [made.workspace_id, made.organization_id, slug],
    )
    return made


def accept(client: Client, token: str, **body: Any) -> Any:
    return client.post("invitations/accept", {"token": token, **body})


def test_a_new_address_gets_an_account_and_is_in(client: Client, harbour: Harbour, superuser: Superuser):
    email = new_email()
    token = harbour.invite(email, "editor", into_workspace=True)
    answer = accept(client, token, name="Ada", password=PASSWORD)
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (answer.json["organization_role"], answer.json["workspace_role"]) == ("member", "editor")
    assert answer.json["workspace_id"] == str(harbour.workspace_id)
    assert answer.json["organization_id"] == str(harbour.organization_id)
    user_id = UUID(answer.json["user"]["id"])
    assert harbour.roles(user_id) == ("member", "editor")
    assert client.with_token(answer.json["tokens"]["access_token"]).is_in()
    assert somebody_of(client, email).id == user_id
    row = superuser.execute(
        "SELECT i.accepted_at IS NOT NULL, i.version FROM invitations i WHERE i.email = %s", [email]
    ).fetchone()
    assert row == (True, 2)


def somebody_of(client: Client, email: str) -> Somebody:
    return somebody(client.post("login", {"email": email, "password": PASSWORD}), client)


def test_a_person_with_an_account_joins_with_it(person: Somebody, harbour: Harbour, superuser: Superuser):
    answer = accept(person.client, harbour.invite(person.email, "admin"))
    assert answer.status == 200
    assert (answer.json["organization_role"], answer.json["workspace_role"]) == ("admin", None)
    assert answer.json["workspace_id"] is None
    assert answer.json["tokens"] is None
    assert harbour.roles(person.id) == ("admin", None)
    acts = superuser.execute(
        "SELECT actor_id, action, workspace_id, after->>'organization_role', user_id FROM audit_log"
        " WHERE organization_id = %s",
        [harbour.organization_id],
    ).fetchall()
    assert acts == [(person.id, "invitation.accepted", None, "admin", None)]


def test_the_log_of_the_workspace_tells_too(person: Somebody, harbour: Harbour, superuser: Superuser):
    accept(person.client, harbour.invite(person.email, "viewer", into_workspace=True))
    acts = superuser.execute(
        "SELECT action, workspace_id FROM audit_log WHERE organization_id = %s", [harbour.organization_id]
    ).fetchall()
    assert acts == [("invitation.accepted", harbour.workspace_id)]


def test_an_address_with_an_account_takes_its_own_person(
    client: Client, person: Somebody, harbour: Harbour, new_person: Callable[[], Somebody]
):
    token = harbour.invite(person.email, "member")
    nobody = accept(client, token)
    with_password = accept(client, token, name="Eve", password="a lamp of somebody else")
    other = accept(new_person().client, token)
    assert {answer.status for answer in (nobody, with_password, other)} == {401}
    assert nobody.json["code"] == "login_required"
    assert harbour.roles(person.id) == (None, None)
    assert accept(person.client, token).status == 200


def test_a_wrong_access_token_is_refused_as_everywhere(client: Client, person: Somebody, harbour: Harbour):
    token = harbour.invite(person.email, "member")
    answer = accept(client.with_token("a.b.c"), token)
    assert (answer.status, answer.json["code"]) == (401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({}, ["/name", "/password"]),
        ({"name": "Ada"}, ["/password"]),
        ({"password": PASSWORD}, ["/name"]),
    ],
    ids=str,
)
def test_a_new_address_needs_a_name_and_a_password(
    client: Client, harbour: Harbour, body: dict[str, str], pointers: list[str]
):
    token = harbour.invite(new_email(), "member")
    answer = accept(client, token, **body)
    assert answer.status == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [(p, "missing") for p in pointers]


def test_a_refused_password_leaves_the_invitation_open(client: Client, harbour: Harbour):
    token = harbour.invite(new_email(), "member")
    refused = accept(client, token, name="Ada", password="password1234")
    assert [e["code"] for e in refused.json["errors"]] == ["password_too_common"]
    assert accept(client, token, name="Ada", password=PASSWORD).status == 200


@pytest.mark.parametrize(
    "why", ["accepted", "expired", "revoked", "organization deleted", "workspace deleted"]
)
def test_an_invitation_that_does_not_hold_has_one_answer(
    person: Somebody, harbour: Harbour, superuser: Superuser, why: str
):
    token = harbour.invite(person.email, "viewer", into_workspace=True, days=-1 if why == "expired" else 7)
    if why == "accepted":
        assert accept(person.client, token).status == 200
    else:
        change = {
            "expired": "SELECT %s",
            "revoked": "UPDATE invitations SET revoked_at = now() WHERE organization_id = %s",
            "organization deleted": "UPDATE organizations SET deleted_at = now() WHERE id = %s",
            "workspace deleted": "UPDATE workspaces SET deleted_at = now() WHERE organization_id = %s",
        }[why]
        superuser.execute(change, [harbour.organization_id])
    answer = accept(person.client, token)
    assert (answer.status, answer.json["code"]) == (422, "token_invalid")
    assert told(answer) == told(accept(person.client, "invented"))
    assert harbour.roles(person.id) == (("member", "viewer") if why == "accepted" else (None, None))


def told(answer: Any) -> Any:
    """What does not change from one request of the same person to the next."""
    status, body, headers = stripped(answer)
    return status, body, headers.keys()


def test_an_invitation_is_bound_to_its_address(
    person: Somebody, harbour: Harbour, superuser: Superuser, mailed: object
):
    """Who took another address meanwhile is not the one who was invited; who has it now is."""
    token = harbour.invite(person.email, "admin")
    superuser.execute("UPDATE users SET email = %s WHERE id = %s", [new_email(), person.id])
    answer = accept(person.client, token, name="Eve", password=PASSWORD)
    assert answer.status == 200
    assert answer.json["user"]["id"] != str(person.id)
    assert harbour.roles(person.id) == (None, None)


def test_an_address_that_changes_while_the_invitation_is_accepted_is_not_the_invited_one(
    person: Somebody, harbour: Harbour, superuser: Superuser
):
    token, origin = harbour.invite(person.email, "admin"), Origin()
    me = Person(kind="user", id=person.id, session_id=person.session_id, origin=origin)
    with logged_in("auth"):
        invitation = joining.presented(token)
        who = joining.joining(invitation, InvitationAcceptance(token=token), me)
        superuser.execute("UPDATE users SET email = %s WHERE id = %s", [new_email(), person.id])
        place = {"organization_id": invitation.organization_id, "user_id": person.id}
        with pytest.raises(DomainError) as refused, transaction(**place) as tx:
            joining.accept(tx, who, origin)
    assert refused.value.code == "token_invalid"
    assert harbour.roles(person.id) == (None, None)


@pytest.mark.parametrize("role", ["owner", "admin", "billing"])
def test_a_role_that_one_has_stays(person: Somebody, harbour: Harbour, role: str):
    harbour.join(person.id, role)
    for into_workspace, offered in ((False, "member"), (True, "viewer")):
        token = harbour.invite(person.email, offered, into_workspace=into_workspace)
        answer = accept(person.client, token)
        assert (answer.status, answer.json["organization_role"]) == (200, role)
    assert harbour.roles(person.id) == (role, "viewer")


def test_who_came_through_a_workspace_still_gets_the_role_that_was_offered(
    person: Somebody, harbour: Harbour
):
    as_admin = harbour.invite(person.email, "admin")
    accept(person.client, harbour.invite(person.email, "viewer", into_workspace=True))
    assert harbour.roles(person.id) == ("member", "viewer")
    assert accept(person.client, as_admin).json["organization_role"] == "admin"
    assert harbour.roles(person.id) == ("admin", "viewer")


def test_of_two_invitations_to_a_new_address_the_first_makes_its_account(
    harbour: Harbour, superuser: Superuser
):
    email = new_email()
    tokens = [harbour.invite(email, "member"), harbour.invite(email, "viewer", into_workspace=True)]
    first, second = (accept(new_client(), token, name="Ada", password=PASSWORD) for token in tokens)
    assert first.status == 200
    assert (second.status, second.json["code"]) == (401, "login_required")
    assert accept(somebody_of(new_client(), email).client, tokens[1]).status == 200
