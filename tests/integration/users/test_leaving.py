"""People's own log, their archive, and the end of their account."""

from collections.abc import Callable

from tests.integration.accounts.people import Somebody
from tests.integration.cloud import Cloud

type NewPerson = Callable[[], Somebody]
ME = "/v1/users/me"


def test_people_read_what_was_done_with_their_account_and_from_where(new_person: NewPerson):
    ada, eve = new_person(), new_person()
    ada.client.call("PATCH", ME, {"name": "Ada L."}, **{"if-match": '"1"'})
    page = ada.client.call("GET", f"{ME}/audit-log?limit=1").json
    assert (page["items"][0]["action"], page["has_more"]) == ("user.updated", True)
    assert page["items"][0]["address"] == ada.client.address
    rest = ada.client.call("GET", f"{ME}/audit-log?cursor={page['next_cursor']}").json["items"]
    assert [entry["action"] for entry in rest] == ["user.signed_up"]
    others = eve.client.call("GET", f"{ME}/audit-log").json["items"]
    assert {entry["actor"]["id"] for entry in others} == {str(eve.id)}


def test_an_archive_of_oneself_is_asked_for_once_at_a_time(new_person: NewPerson, aws: Cloud):
    ada, eve = new_person(), new_person()
    asked = ada.client.call("POST", f"{ME}/exports", None, **{"idempotency-key": "first"})
    assert (asked.status, asked.json["status"]) == (202, "pending")
    repeated = ada.client.call("POST", f"{ME}/exports", None, **{"idempotency-key": "first"})
    assert (repeated.status, repeated.json) == (202, asked.json)
    assert repeated.headers["idempotent-replayed"] == "true"
    again = ada.client.call("POST", f"{ME}/exports")
    assert (again.status, again.json["code"]) == (409, "export_under_way")
    mine = [each for each in aws.waiting("EXPORT_QUEUE_URL") if each.get("user_id") == str(ada.id)]
    assert mine == [{"export_id": asked.json["id"], "user_id": str(ada.id)}]
    assert ada.client.call("GET", f"{ME}/exports/{asked.json['id']}").json["status"] == "pending"
    assert eve.client.call("GET", f"{ME}/exports/{asked.json['id']}").status == 404
    assert eve.client.call("GET", f"{ME}/exports").json["items"] == []


def test_an_account_ends_for_who_names_it_and_nothing_of_it_opens_again(new_person: NewPerson, aws: Cloud):
    ada = new_person()
    elsewhere = ada.log_in()
    unnamed = ada.client.call("DELETE", f"{ME}?confirm=yes", **{"if-match": '"1"'})
    assert (unnamed.status, ada.client.call("GET", ME).status) == (422, 200)
    stale = ada.client.call("DELETE", f"{ME}?confirm={ada.id}", **{"if-match": '"7"'})
    assert (stale.status, stale.json["code"]) == (412, "stale_version")
    assert ada.client.call("DELETE", f"{ME}?confirm={ada.id}", **{"if-match": '"1"'}).status == 204
    assert len(aws.waiting("MAIL_QUEUE_URL")) == 1
    for device in (ada.client, elsewhere.client):
        assert device.call("GET", ME).status == 401
    login = ada.client.post("login", {"email": ada.email, "password": "kelp, lamps and orchards"})
    assert (login.status, login.json["code"]) == (401, "wrong_credentials")
    assert ada.client.post("refresh", {"refresh_token": ada.refresh_token}).status == 401


def test_an_organizations_only_owner_hands_it_over_first(new_person: NewPerson):
    ada = new_person()
    made = ada.client.call("POST", "/v1/organizations", {"name": "Pier", "slug": f"pier-{ada.id.hex[:12]}"})
    assert made.status == 201, made.body
    answer = ada.client.call("DELETE", f"{ME}?confirm={ada.id}", **{"if-match": '"1"'})
    assert (answer.status, answer.json["code"]) == (409, "only_owner")
    assert ada.client.call("GET", ME).status == 200
