"""Organizations: founded, listed, renamed, handed on."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest

from lamplighter.settings import settings
from tests import factories
from tests.integration.cloud import Cloud
from tests.integration.http import Http
from tests.integration.people.office import Office, Someone, Superuser, log_in


@pytest.fixture
def wanted() -> dict[str, Any]:
    return {"name": "Harbour", "slug": f"o-{uuid4().hex}"}


def test_whoever_founds_one_owns_it(aws: Cloud, superuser: Superuser, wanted: dict[str, Any]):
    ada = log_in()
    made = ada.post("/v1/organizations", wanted)
    assert (made.status, made.headers["etag"]) == (201, '"1"')
    assert (made.json["owner_id"], made.json["plan_id"]) == (str(ada.id), "starter")
    here = f"/v1/organizations/{made.json['id']}"
    assert ada.get(here).json == made.json
    assert ada.get(f"{here}/members/{ada.id}").json["role"] == "owner"
    listed = ada.get("/v1/organizations").json["items"]
    assert listed == [{"id": made.json["id"], **wanted, "role": "owner", "plan_id": "starter"}]
    query = "SELECT action, actor_id, user_id, after->>'owner_id' FROM audit_log WHERE organization_id = %s"
    audit = superuser.execute(query, [made.json["id"]]).fetchall()
    assert audit == [("organization.created", ada.id, None, str(ada.id))]


def test_where_they_are_closed_nobody_founds_one(
    aws: Cloud, monkeypatch: pytest.MonkeyPatch, wanted: dict[str, Any]
):
    ada = log_in()
    monkeypatch.setenv("ORGANIZATIONS_OPEN", "closed")
    settings.cache_clear()
    answer = ada.post("/v1/organizations", wanted)
    assert (answer.status, answer.json["code"]) == (403, "organizations_closed")
    assert ada.get("/v1/organizations").json["items"] == []


def test_a_key_founds_none(http: Http, wanted: dict[str, Any]):
    answer = http.post("/v1/organizations", wanted)
    assert (answer.status, answer.json["code"]) == (403, "people_only")
    assert http.get("/v1/organizations").status == 403


def test_the_same_request_founds_one(aws: Cloud, wanted: dict[str, Any]):
    ada = log_in()
    first, again = (ada.post("/v1/organizations", wanted, idempotency_key="once") for _ in range(2))
    assert (again.status, again.json, again.headers["idempotent-replayed"]) == (201, first.json, "true")
    assert len(ada.get("/v1/organizations").json["items"]) == 1


def test_a_slug_is_given_once(aws: Cloud, wanted: dict[str, Any]):
    log_in().post("/v1/organizations", wanted)
    bob = log_in()
    answer = bob.post("/v1/organizations", wanted)
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (409, "/slug")
    other = bob.post("/v1/organizations", {**wanted, "slug": f"o-{uuid4().hex}"}).json["id"]
    answer = bob.change(f"/v1/organizations/{other}", {"slug": wanted["slug"]})
    assert (answer.status, answer.json["code"]) == (409, "slug_taken")


def test_a_person_pages_through_their_organizations(aws: Cloud):
    ada = log_in()
    mine = {str(factories.make_organization(ada.id).id) for _ in range(3)}
    factories.make_organization(log_in().id)
    first = ada.get("/v1/organizations?limit=2").json
    rest = ada.get(f"/v1/organizations?limit=2&cursor={first['next_cursor']}").json
    assert {each["id"] for each in first["items"] + rest["items"]} == mine
    assert (len(first["items"]), rest["has_more"]) == (2, False)


def test_it_is_renamed_by_who_saw_it_as_it_is(office: Office, owner: Someone):
    etag = office.etag(office.organization, owner)
    renamed = owner.call("PATCH", office.organization, {"name": "Quay"}, if_match=etag)
    assert (renamed.status, renamed.json["name"]) == (200, "Quay")
    assert owner.call("PATCH", office.organization, {"name": "Pier"}, if_match=etag).status == 412
    assert owner.call("PATCH", office.organization, {"name": "Pier"}).status == 428
    entry = office.audit()[-1]
    assert (entry["action"], entry["before"], entry["after"]) == (
        "organization.updated",
        {"name": "Organization"},
        {"name": "Quay"},
    )


def test_it_is_handed_to_another_member(office: Office, owner: Someone):
    heir = office.hire("member")
    answer = owner.post(f"{office.organization}/transfer", {"user_id": str(heir.id)})
    assert (answer.status, answer.json["owner_id"]) == (200, str(heir.id))
    assert office.roles() == {owner.id: "admin", heir.id: "owner"}
    assert office.owner_id() == heir.id
    entry = office.audit()[-1]
    assert (entry["action"], entry["before"], entry["after"]) == (
        "organization.transferred",
        {"owner_id": str(owner.id)},
        {"owner_id": str(heir.id)},
    )
    again = owner.post(f"{office.organization}/transfer", {"user_id": str(owner.id)})
    assert (again.status, again.json["code"]) == (403, "permission_missing")


@pytest.mark.parametrize(("target", "code"), [(lambda _owner: uuid4(), 422), (lambda owner: owner.id, 409)])
def test_only_another_member_can_take_over(
    office: Office, owner: Someone, target: Callable[[Someone], UUID], code: int
):
    answer = owner.post(f"{office.organization}/transfer", {"user_id": str(target(owner))})
    assert answer.status == code
    assert office.roles() == {owner.id: "owner"}


def test_a_founder_who_came_by_an_invitation_is_shown_as_the_owner(office: Office, owner: Someone):
    assert office.owner_id() is None
    assert owner.get(office.organization).json["owner_id"] == str(owner.id)


def test_a_stranger_sees_no_more_than_of_one_that_is_not_there(office: Office, owner: Someone):
    stranger = log_in()
    for method, path in (("GET", ""), ("PATCH", ""), ("POST", "/transfer"), ("GET", "/members")):
        body = (
            {"name": "x"} if method == "PATCH" else {"user_id": str(owner.id)} if method == "POST" else None
        )
        answers = [
            stranger.call(method, here + path, body, if_match='"1"')
            for here in (office.organization, f"/v1/organizations/{uuid4()}")
        ]
        assert [each.status for each in answers] == [404, 404]
        own = ("instance", "request_id")
        mine, unknown = ({k: v for k, v in each.json.items() if k not in own} for each in answers)
        assert mine == unknown
