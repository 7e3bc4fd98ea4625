"""A person who deleted their account: out at once, and after the jobs have run nowhere to be found."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import Barrier
from typing import Any
from uuid import uuid4

import pytest

from infra.local.first_workspace import FirstWorkspace
from lamplighter.clients.uploads import Upload
from lamplighter.domain.access import Person
from lamplighter.postgres.roles import ACCOUNTS, APP
from lamplighter.postgres.session import transaction
from lamplighter.problems import DomainError
from lamplighter.services import erasure
from tests import factories
from tests.integration.accounts.people import PASSWORD, Mailed, Somebody, new_client, somebody, verification
from tests.integration.http import Answer, Http
from tests.integration.portability.jobs import Jobs, downloaded, keys, later
from tests.integration.portability.marks import Search, Superuser, mark
from tests.integration.post_office import PostOffice
from tests.logins import as_login

type NewPerson = Callable[[], Somebody]
TWO_DAYS = timedelta(hours=49)


@dataclass(frozen=True, slots=True)
class Marked:
    """Somebody of whom everything personal is a word that nothing else holds."""

    who: Somebody
    words: Mapping[str, str]

    @property
    def all(self) -> list[str]:
        return list(self.words.values())


def delete(person: Somebody) -> Answer:
    version = person.client.call("GET", "/v1/users/me").headers["etag"]
    return person.client.call("DELETE", f"/v1/users/me?confirm={person.id}", **{"if-match": version})


@pytest.fixture
def marked(jobs: Jobs, mailed: Mailed, first: FirstWorkspace, http: Http, superuser: Superuser) -> Marked:
    """Somebody who did whatever leaves a trace, through the API."""
    words = {
        "name": mark("name"),
        "agent": mark("agent"),
        "avatar": mark("avatar"),
        "subject": mark("subject"),
    }
    words |= {what: f"{mark(what)}@example.com" for what in ("email", "next_email")}
    device = replace(new_client(), agent=words["agent"])
    words["address"] = device.address
    answer = device.post("verify-email", verification(mailed(words["email"], "sign_up"), name=words["name"]))
    assert answer.status == 201, answer.body
    person = somebody(answer, device)
    change_profile(person, words)
    superuser.execute(
        "INSERT INTO oidc_identities (id, user_id, issuer, subject) VALUES (%s, %s, 'https://id.test', %s)",
        [uuid4(), person.id, words["subject"]],
    )
    join(person, first, http)
    work(person, http)
    person.log_in(replace(new_client(), agent=words["agent"], address=words["address"]))
    return Marked(person, words)


def change_profile(person: Somebody, words: Mapping[str, str]) -> None:
    call = person.client.call
    version = call("GET", "/v1/users/me").headers["etag"]
    body = {"avatar_url": f"https://pictures.test/{words['avatar']}.png"}
    assert call("PATCH", "/v1/users/me", body, **{"if-match": version}).status == 200
    asked = {"email": words["next_email"], "password": PASSWORD}
    assert call("POST", "/v1/users/me/email", asked).status == 202
    assert person.client.post("password-reset", {"email": person.email}).status == 202


def join(person: Somebody, first: FirstWorkspace, http: Http) -> None:
    """Into the test's workspace, by an answer that is kept for a repetition; and invited into another."""
    factories.make_organization_member(first.organization_id, person.id)
    member = {"user_id": str(person.id), "role": "editor"}
    once = {"idempotency-key": uuid4().hex}
    assert http.call("POST", "/members", member, headers=once).status == 201
    invitation = {"email": person.email, "role": "editor"}
    other = factories.make_workspace()
    factories.make_invitation(other.organization_id, other.id, email=invitation["email"])


def work(person: Somebody, http: Http) -> None:
    path, once = f"/v1/workspaces/{http.workspace_id}/content", {"idempotency-key": uuid4().hex}
    assert person.client.call("POST", path, {"text": "Good evening"}, **once).status == 201
    assert person.client.call("POST", "/v1/users/me/exports").status == 202
    assert http.post("/exports").status == 202


def test_nothing_personal_is_left(marked: Marked, jobs: Jobs, post_office: PostOffice, search: Search):
    jobs.write()
    found = {name: search.everywhere(word) for name, word in marked.words.items()}
    assert all(found.values()), found  # each is there to be found
    assert {"users", "sessions", "mails", "invitations", "oidc_identities"} <= set().union(*found.values())
    assert {key.split("/")[1] for key in search.objects(*marked.all)} == {"workspaces", "users"}

    assert delete(marked.who).status == 204
    at_once = search.tables(*marked.all)
    assert at_once <= {"mails", "idempotency_keys"}, "a last mail, and answers that are kept for two days"
    farewell = post_office.sent_to(marked.words["email"])[0]
    assert farewell.subject == "Your account was deleted"

    jobs.run("prune")
    assert search.everywhere(*marked.all) <= {"idempotency_keys"}
    with later(TWO_DAYS):
        jobs.run("prune")
    assert search.everywhere(*marked.all) == set()


def test_what_they_sealed_in_the_audit_log_opens_no_more(marked: Marked, http: Http, superuser: Superuser):
    def of_theirs() -> list[Any]:
        path = f"/audit-log?actor_id={marked.who.id}&limit=100"
        return list(http.get(path).json["items"])

    before = of_theirs()
    assert {entry["address"] for entry in before} == {marked.words["address"]}
    assert delete(marked.who).status == 204
    after = of_theirs()
    assert [entry["id"] for entry in after] == [entry["id"] for entry in before]
    assert {(entry["address"], entry["agent"]) for entry in after} == {(None, None)}
    assert {entry["actor"]["id"] for entry in after} == {str(marked.who.id)}
    keys_left = superuser.execute("SELECT count(*) FROM personal_keys WHERE owner_id = %s", [marked.who.id])
    assert keys_left.fetchone() == (0,)


def test_they_are_out_with_the_next_request(marked: Marked, first: FirstWorkspace):
    person, elsewhere = marked.who, marked.who.log_in()
    assert delete(person).status == 204
    for device in (person.client, elsewhere.client):
        assert device.call("GET", "/v1/users/me").status == 401
        assert device.call("GET", f"/v1/workspaces/{first.workspace_id}/content").status == 401
    assert person.client.post("refresh", {"refresh_token": person.refresh_token}).status == 401
    credentials = {"email": person.email, "password": PASSWORD}
    assert new_client().post("login", credentials).status == 401


def test_a_row_stays_for_what_names_them(marked: Marked, superuser: Superuser, http: Http):
    assert delete(marked.who).status == 204
    query = "SELECT email, name, avatar_url, password_hash, deleted_at IS NULL FROM users WHERE id = %s"
    row = superuser.execute(query, [marked.who.id]).fetchone()
    assert row == (f"{marked.who.id}@deleted.invalid", None, None, None, False)
    created = "SELECT created_by FROM content WHERE created_by = %s"
    assert superuser.execute(created, [marked.who.id]).fetchall() == [(marked.who.id,)]
    members = [member["user_id"] for member in http.get("/members").json["items"]]
    assert str(marked.who.id) not in members


def test_their_workspaces_hear_that_they_are_gone(marked: Marked, http: Http, superuser: Superuser):
    told = "SELECT payload FROM outbox_events WHERE workspace_id = %s AND type = 'member.removed'"
    assert superuser.execute(told, [http.workspace_id]).fetchall() == []
    role = "SELECT role FROM workspace_members WHERE user_id = %s AND workspace_id = %s"
    [(former,)] = superuser.execute(role, [marked.who.id, http.workspace_id]).fetchall()
    assert delete(marked.who).status == 204
    [(payload,)] = superuser.execute(told, [http.workspace_id]).fetchall()
    assert payload == {"user_id": str(marked.who.id), "role": former}


def test_their_address_may_sign_up_anew(marked: Marked, mailed: Mailed):
    assert delete(marked.who).status == 204
    answer = new_client().post("verify-email", verification(mailed(marked.who.email, "sign_up")))
    assert answer.status == 201
    assert answer.json["user"]["id"] != str(marked.who.id)


def test_links_that_were_mailed_to_them_hold_no_longer(marked: Marked, post_office: PostOffice):
    token = post_office.token_for(marked.words["email"])
    assert delete(marked.who).status == 204
    reset = {"token": token, "password": "another long password"}
    assert new_client().post("password-reset/complete", reset).json["code"] == "token_invalid"
    assert new_client().post("invitations/accept", {"token": token}).json["code"] == "token_invalid"


def test_deleting_twice_deletes_once(marked: Marked):
    assert delete(marked.who).status == 204
    headers = {"if-match": '"1"'}
    again = marked.who.client.call("DELETE", f"/v1/users/me?confirm={marked.who.id}", **headers)
    assert again.status == 401


@pytest.fixture
def owner(person: Somebody) -> tuple[Somebody, Any]:
    """Somebody who owns an organization alone."""
    return person, factories.make_organization(owner=person.id)


def test_the_only_owner_of_an_organization_stays(owner: tuple[Somebody, Any], superuser: Superuser):
    person, organization = owner
    refused = delete(person)
    assert (refused.status, refused.json["code"]) == (409, "only_owner")
    assert [str(organization.id) in each["detail"] for each in refused.json["errors"]] == [True]
    assert person.client.call("GET", "/v1/users/me").json["email"] == person.email
    email = "SELECT email FROM users WHERE id = %s"
    assert superuser.execute(email, [person.id]).fetchone() == (person.email,)


def test_an_owner_beside_others_goes_and_the_next_is_first(
    owner: tuple[Somebody, Any], new_person: NewPerson, superuser: Superuser
):
    person, organization = owner
    heir = new_person()
    factories.make_organization_member(organization.id, heir.id, "owner")
    assert delete(person).status == 204
    query = "SELECT owner_id FROM organizations WHERE id = %s"
    assert superuser.execute(query, [organization.id]).fetchone() == (heir.id,)
    log = "SELECT action FROM audit_log WHERE organization_id = %s AND actor_id = %s"
    assert superuser.execute(log, [organization.id, person.id]).fetchall() == [("member.left",)]


def test_of_two_last_owners_who_delete_themselves_at_once_one_stays(
    owner: tuple[Somebody, Any], new_person: NewPerson, superuser: Superuser
):
    one, organization = owner
    other = new_person()
    factories.make_organization_member(organization.id, other.id, "owner")
    both = Barrier(2)

    def end(person: Somebody) -> str:
        both.wait()
        try:
            with transaction(user_id=person.id) as tx:
                erasure.delete_person(tx, Person(kind="user", id=person.id, session_id=person.session_id))
        except DomainError as error:
            return error.code
        return "deleted"

    with as_login(ACCOUNTS), ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(end, (one, other))) == ["deleted", "only_owner"]
    owners = "SELECT count(*) FROM organization_members WHERE organization_id = %s AND role = 'owner'"
    assert superuser.execute(owners, [organization.id]).fetchone() == (1,)


def test_an_archive_that_is_being_written_is_written_anew(
    marked: Marked, jobs: Jobs, http: Http, monkeypatch: Any
):
    """They are read into it, and deleted before it is done."""
    [message] = [each for each in jobs.messages() if "workspace_id" in each]
    real, answers = Upload.complete, []

    def late(self: Any) -> None:
        if not answers:
            with as_login(APP):
                answers.append(delete(marked.who).status)
        real(self)

    monkeypatch.setattr(Upload, "complete", late)
    jobs.write([message])
    assert answers == [204]
    path = f"/exports/{message['export_id']}"
    assert http.get(path).json["status"] == "pending"
    assert keys(jobs.aws, "exports", f"workspaces/{http.workspace_id}/") == []
    assert jobs.messages() == [message]
    jobs.write([message])
    with downloaded(http.get(path).json).zip as found:
        everything = b"".join(found.read(name) for name in found.namelist())
    assert not any(word.encode() in everything for word in marked.all)
