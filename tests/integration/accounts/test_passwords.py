"""New passwords: changed by who knows the old one, reset by who reads the mail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from tests.benchmarks._trips import counted
from tests.integration.accounts.people import (
    PASSWORD,
    Client,
    Mailed,
    Somebody,
    Superuser,
    new_client,
    new_email,
    somebody,
    stripped,
)

NEW = "another lamp, another harbour"


def change(person: Somebody, current: str = PASSWORD, new: str = NEW) -> Any:
    return person.client.post("password", {"current_password": current, "new_password": new})


def logs_in(email: str, password: str) -> bool:
    return new_client().post("login", {"email": email, "password": password}).status == 200


def mails_to(superuser: Superuser, email: str) -> list[Any]:
    return superuser.execute("SELECT kind, user_id FROM mails WHERE email = %s", [email]).fetchall()


def test_a_changed_password_ends_the_other_sessions(person: Somebody, superuser: Superuser):
    elsewhere = person.log_in()
    assert change(person).status == 204
    assert person.client.is_in()
    assert person.client.post("refresh", {"refresh_token": person.refresh_token}).status == 200
    assert not elsewhere.client.is_in()
    assert logs_in(person.email, NEW)
    assert not logs_in(person.email, PASSWORD)
    assert mails_to(superuser, person.email) == [("password_changed", person.id)]
    acts = superuser.execute(
        "SELECT action, after FROM audit_log WHERE user_id = %s AND action ~ 'password|ended' ORDER BY id",
        [person.id],
    ).fetchall()
    ended = {"ended_session_ids": [str(elsewhere.session_id)]}
    assert acts == [("user.password_changed", None), ("user.sessions_ended", ended)]


def test_changing_takes_the_current_password(person: Somebody):
    answer = change(person, current="not my lamp")
    assert answer.status == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [
        ("/current_password", "wrong_password")
    ]
    assert logs_in(person.email, PASSWORD)


@pytest.mark.parametrize(
    ("new", "code"), [("password1234", "password_too_common"), ("qwerty", "string_too_short")]
)
def test_the_new_one_must_be_allowed(person: Somebody, new: str, code: str):
    answer = change(person, new=new)
    assert answer.status == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [("/new_password", code)]


def test_who_has_none_is_sent_to_a_reset(person: Somebody, superuser: Superuser):
    superuser.execute("UPDATE users SET password_hash = NULL WHERE id = %s", [person.id])
    answer = change(person)
    assert (answer.status, answer.json["code"]) == (409, "no_password")


def test_a_stolen_access_token_is_no_way_to_guess_the_password(person: Somebody):
    answers = [change(person, current=f"guess number {number}") for number in range(11)]
    assert [answer.status for answer in answers] == [422] * 10 + [429]
    assert int(answers[-1].headers["retry-after"]) >= 1
    assert change(person).status == 429  # the right one too


def test_a_change_voids_what_was_mailed_before(person: Somebody, mailed: Mailed):
    token = mailed(person.email, "reset_password", person.id)
    assert change(person).status == 204
    answer = new_client().post("password-reset/complete", {"token": token, "password": "yet another lamp"})
    assert (answer.status, answer.json["code"]) == (422, "token_invalid")


def test_asking_for_a_reset_tells_nobody_who_has_an_account(
    client: Client, person: Somebody, superuser: Superuser
):
    stranger = new_email()
    known = client.post("password-reset", {"email": person.email})
    unknown = client.post("password-reset", {"email": stranger})
    assert known.status == 202
    assert stripped(known) == stripped(unknown)
    assert mails_to(superuser, person.email) == mails_to(superuser, stranger) == [("reset_password", None)]


@pytest.mark.parametrize("route", ["password-reset", "sign-up"])
def test_asking_for_a_mail_costs_the_same_questions_with_and_without_an_account(
    new_person: Callable[[], Somebody], route: str
):
    person, client = new_person(), new_client()
    for _ in range(8):  # secrets are kept, and a statement that comes often is prepared
        new_client().post(route, {"email": new_email()})
    known = counted(lambda: client.post(route, {"email": person.email}))
    unknown = counted(lambda: client.post(route, {"email": new_email()}))
    assert known == unknown
    assert known.statements > 3


def test_a_reset_ends_every_session_and_lets_in(person: Somebody, mailed: Mailed, superuser: Superuser):
    elsewhere, device = person.log_in(), new_client()
    token = mailed(person.email, "reset_password", person.id)
    other_token = mailed(person.email, "reset_password", person.id)
    answer = device.post("password-reset/complete", {"token": token, "password": NEW})
    assert answer.status == 200
    assert answer.headers["cache-control"] == "no-store"
    assert somebody(answer, device).client.is_in()
    assert not person.client.is_in()
    assert not elsewhere.client.is_in()
    assert logs_in(person.email, NEW)
    assert not logs_in(person.email, PASSWORD)
    assert mails_to(superuser, person.email) == [("password_changed", person.id)]
    for spent in (token, other_token):
        again = device.post("password-reset/complete", {"token": spent, "password": "yet another lamp"})
        assert (again.status, again.json["code"]) == (422, "token_invalid")


def test_a_reset_gets_in_while_a_stranger_uses_up_the_attempts(person: Somebody, mailed: Mailed):
    device = person.client  # the very address that is used up
    guesses = [device.post("login", {"email": person.email, "password": "a guess"}).status for _ in range(11)]
    assert guesses[-1] == 429
    token = mailed(person.email, "reset_password", person.id)
    assert device.post("password-reset/complete", {"token": token, "password": NEW}).status == 200


@pytest.mark.parametrize("why", ["expired", "address changed", "deleted", "for something else"])
def test_a_reset_token_that_does_not_hold(
    client: Client, person: Somebody, mailed: Mailed, superuser: Superuser, why: str
):
    purpose = "sign_up" if why == "for something else" else "reset_password"
    lifetime = timedelta(seconds=-1) if why == "expired" else timedelta(minutes=5)
    token = mailed(person.email, purpose, person.id, lifetime)
    change = {"address changed": "email = 'x' || email", "deleted": "deleted_at = now()"}.get(why)
    if change:
        superuser.execute(f"UPDATE users SET {change} WHERE id = %s", [person.id])  # noqa: S608
    answer = client.post("password-reset/complete", {"token": token, "password": NEW})
    assert stripped(answer) == stripped(
        client.post("password-reset/complete", {"token": "invented", "password": NEW})
    )
    assert (answer.status, answer.json["code"]) == (422, "token_invalid")


def test_a_refused_password_leaves_the_link_as_it_was(client: Client, person: Somebody, mailed: Mailed):
    token = mailed(person.email, "reset_password", person.id)
    refused = client.post("password-reset/complete", {"token": token, "password": "password1234"})
    assert [e["code"] for e in refused.json["errors"]] == ["password_too_common"]
    assert client.post("password-reset/complete", {"token": token, "password": NEW}).status == 200
