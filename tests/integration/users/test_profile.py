"""What people see and change of themselves."""

from collections.abc import Callable

from infra.local.first_workspace import FirstWorkspace
from tests.integration.accounts.people import Mailed, Somebody, new_client, new_email
from tests.integration.cloud import Cloud
from tests.integration.http import Http

type NewPerson = Callable[[], Somebody]
ME = "/v1/users/me"


def test_a_person_sees_their_own_account(new_person: NewPerson):
    ada = new_person()
    answer = ada.client.call("GET", ME)
    assert (answer.status, answer.json["id"], answer.json["email"]) == (200, str(ada.id), ada.email)
    assert answer.headers["etag"] == f'"{answer.json["version"]}"'
    assert answer.headers["cache-control"] == "no-store"
    assert "password" not in answer.body.decode()


def test_a_key_is_no_person(first: FirstWorkspace, http: Http):
    answer = http.get(ME)
    assert (answer.status, answer.json["code"]) == (403, "people_only")
    assert Http("", None).get(ME).status == 401


def test_what_is_given_changes_and_the_rest_stays(new_person: NewPerson):
    ada = new_person()
    before = ada.client.call("GET", ME)
    body = {"timezone": "Asia/Kolkata", "avatar_url": "https://example.com/ada.png"}
    changed = ada.client.call("PATCH", ME, body, **{"if-match": before.headers["etag"]})
    assert changed.status == 200
    assert {**before.json, **body, "version": 2} == changed.json
    emptied = ada.client.call("PATCH", ME, {"avatar_url": None}, **{"if-match": '"2"'})
    assert (emptied.json["avatar_url"], emptied.json["timezone"]) == (None, "Asia/Kolkata")


def test_a_change_of_what_was_changed_meanwhile_is_refused(new_person: NewPerson):
    ada = new_person()
    assert ada.client.call("PATCH", ME, {"name": "A"}).status == 428
    assert ada.client.call("PATCH", ME, {"name": "A"}, **{"if-match": '"1"'}).status == 200
    answer = ada.client.call("PATCH", ME, {"name": "B"}, **{"if-match": '"1"'})
    assert (answer.status, answer.json["code"]) == (412, "stale_version")


def test_what_no_account_can_hold_is_refused_field_by_field(new_person: NewPerson):
    body = {"name": "", "avatar_url": "http://example.com/a.png", "timezone": "Mars/Olympus"}
    answer = new_person().client.call("PATCH", ME, body, **{"if-match": '"1"'})
    assert answer.status == 422
    assert {fault["pointer"] for fault in answer.json["errors"]} == {"/name", "/avatar_url", "/timezone"}


def test_a_picture_is_an_address_and_nothing_that_a_page_would_read_otherwise(new_person: NewPerson):
    ada = new_person()
    for address in (
        'https://a.example/"onerror="x',
        "https://a.example/ b",
        "https://",
        "javascript:alert(1)",
    ):
        answer = ada.client.call("PATCH", ME, {"avatar_url": address}, **{"if-match": '"1"'})
        assert answer.status == 422, address


def test_devices_are_listed_and_signed_out_one_by_one(new_person: NewPerson):
    ada = new_person()
    elsewhere = ada.log_in()
    found = ada.client.call("GET", f"{ME}/sessions").json["items"]
    assert [(row["id"], row["current"]) for row in found] == [
        (str(elsewhere.session_id), False),
        (str(ada.session_id), True),
    ]
    assert found[0]["address"] == elsewhere.client.address
    assert ada.client.call("DELETE", f"{ME}/sessions/{elsewhere.session_id}").status == 204
    assert elsewhere.client.call("GET", ME).status == 401
    again = ada.client.call("DELETE", f"{ME}/sessions/{elsewhere.session_id}")
    assert (again.status, len(ada.client.call("GET", f"{ME}/sessions").json["items"])) == (404, 1)


def test_nobody_signs_another_person_out(new_person: NewPerson):
    ada, eve = new_person(), new_person()
    assert eve.client.call("DELETE", f"{ME}/sessions/{ada.session_id}").status == 404
    assert ada.client.call("GET", ME).status == 200


def test_an_address_changes_once_the_new_one_is_proven(new_person: NewPerson, mailed: Mailed, aws: Cloud):
    ada, address = new_person(), new_email()
    wrong = ada.client.call("POST", f"{ME}/email", {"email": address, "password": "not mine at all"})
    assert (wrong.status, wrong.json["errors"][0]["code"]) == (422, "wrong_password")
    body = {"email": address, "password": "kelp, lamps and orchards"}
    assert ada.client.call("POST", f"{ME}/email", body).status == 202
    assert len(aws.waiting("MAIL_QUEUE_URL")) == 1
    assert ada.client.call("GET", ME).json["email"] == ada.email
    token = mailed(address, "change_email", ada.id)
    reset = mailed(ada.email, "reset_password", ada.id)
    moved = ada.client.call("POST", f"{ME}/email/complete", {"token": token})
    assert (moved.status, moved.json["email"]) == (200, address)
    assert len(aws.waiting("MAIL_QUEUE_URL")) == 1, "the old address is told"
    again = ada.client.call("POST", f"{ME}/email/complete", {"token": token})
    assert (again.status, again.json["code"]) == (422, "token_invalid")
    old_link = {"token": reset, "password": "another lamp in another harbour"}
    assert new_client().post("password-reset/complete", old_link).status == 422


def test_nobodys_mailbox_is_filled_by_somebody_who_wants_to_move_there(new_person: NewPerson):
    ada = new_person()
    body = {"email": new_email(), "password": "kelp, lamps and orchards"}
    answers = [ada.client.call("POST", f"{ME}/email", body).status for _ in range(4)]
    assert answers == [202] * 3 + [429]


def test_another_persons_link_moves_nobody(new_person: NewPerson, mailed: Mailed):
    ada, eve = new_person(), new_person()
    token = mailed(new_email(), "change_email", ada.id)
    answer = eve.client.call("POST", f"{ME}/email/complete", {"token": token})
    assert (answer.status, answer.json["code"]) == (422, "token_invalid")
    assert ada.client.call("POST", f"{ME}/email/complete", {"token": token}).status == 200


def test_an_address_that_somebody_took_meanwhile_is_refused_and_the_link_stays_good(
    new_person: NewPerson, mailed: Mailed
):
    ada, eve = new_person(), new_person()
    token = mailed(eve.email, "change_email", ada.id)
    answer = ada.client.call("POST", f"{ME}/email/complete", {"token": token})
    assert (answer.status, answer.json["code"]) == (409, "email_taken")
    assert ada.client.call("GET", ME).json["email"] == ada.email
