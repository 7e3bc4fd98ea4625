"""An account is made when its address is proven, and not before."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from lamplighter.services import personal_keys
from tests.integration.accounts.people import (
    PASSWORD,
    Client,
    Mailed,
    Somebody,
    Superuser,
    new_email,
    somebody,
    stripped,
    verification,
)
from tests.integration.cloud import Cloud


def test_asking_for_an_account_asks_for_a_mail_and_makes_nothing_else(
    client: Client, superuser: Superuser, aws: Cloud
):
    email = new_email()
    answer = client.post("sign-up", {"email": email.upper()})
    assert answer.status == 202
    mails = superuser.execute("SELECT id, kind, user_id FROM mails WHERE email = %s", [email]).fetchall()
    assert [mail[1:] for mail in mails] == [("sign_up", None)]
    assert superuser.execute("SELECT count(*) FROM users WHERE email = %s", [email]).fetchone() == (0,)


def test_nobody_learns_whether_there_is_an_account(client: Client, person: Somebody):
    known = client.post("sign-up", {"email": person.email})
    unknown = client.post("sign-up", {"email": new_email()})
    assert stripped(known) == stripped(unknown)


def test_the_mailed_token_makes_the_account_and_lets_in(client: Client, mailed: Mailed, superuser: Superuser):
    email, user_id = new_email(), uuid4()
    body = verification(mailed(email, "sign_up", user_id), timezone="Europe/Vienna")
    answer = client.post("verify-email", body)
    assert answer.status == 201
    assert answer.headers["cache-control"] == "no-store"
    user = answer.json["user"]
    assert (user["id"], user["email"], user["name"]) == (str(user_id), email, "Ada")
    assert user["timezone"] == "Europe/Vienna"
    assert somebody(answer, client).client.is_in()
    row = superuser.execute(
        "SELECT email_verified, password_hash FROM users WHERE id = %s", [user_id]
    ).fetchone()
    assert row
    assert row[0] is True
    assert row[1].startswith("$argon2id$v=19$m=47104,t=1,p=1$")


@pytest.mark.parametrize("why", ["invented", "expired", "spent", "for something else"])
def test_a_token_that_does_not_hold_has_one_answer(client: Client, mailed: Mailed, why: str):
    tokens = {
        "invented": lambda: "x" * 43,
        "expired": lambda: mailed(new_email(), "sign_up", None, timedelta(seconds=-1)),
        "spent": lambda: mailed(new_email(), "sign_up"),
        "for something else": lambda: mailed(new_email(), "reset_password"),
    }
    token = tokens[why]()
    if why == "spent":
        assert client.post("verify-email", verification(token)).status == 201
    answer = client.post("verify-email", verification(token))
    assert (answer.status, answer.json["code"]) == (422, "token_invalid")
    assert stripped(answer) == stripped(client.post("verify-email", verification("invented")))


def test_of_two_links_to_one_address_the_first_makes_the_account(client: Client, mailed: Mailed):
    email = new_email()
    first, second = mailed(email, "sign_up"), mailed(email, "sign_up")
    assert client.post("verify-email", verification(first)).status == 201
    later = client.post("verify-email", verification(second, password="somebody else's lamp"))
    assert (later.status, later.json["code"]) == (422, "token_invalid")
    assert client.post("login", {"email": email, "password": PASSWORD}).status == 200


def test_a_refused_password_leaves_the_link_as_it_was(client: Client, mailed: Mailed):
    token = mailed("margaret.hamilton@example.com", "sign_up")
    for password, code in (
        ("password2024", "password_too_common"),
        ("Margaret.Hamilton!", "password_is_email"),
        ("too little", "string_too_short"),
    ):
        answer = client.post("verify-email", verification(token, password=password))
        assert answer.status == 422
        assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [("/password", code)]
        assert password not in answer.body.decode()
    assert client.post("verify-email", verification(token)).status == 201


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"timezone": "Europe/Atlantis"}, "/timezone"),
        ({"name": ""}, "/name"),
        ({"role": "owner"}, "/role"),
        ({"email_verified": True}, "/email_verified"),
    ],
)
def test_what_else_is_refused(client: Client, mailed: Mailed, change: dict[str, object], pointer: str):
    answer = client.post("verify-email", verification(mailed(new_email(), "sign_up")) | change)
    assert answer.status == 422
    assert [e["pointer"] for e in answer.json["errors"]] == [pointer]


@pytest.mark.parametrize(
    "email", ["ada", "ada@localhost", "ada@example.com, eve@example.com", "ä@example.com"]
)
def test_what_is_no_address_is_refused(client: Client, email: str):
    answer = client.post("sign-up", {"email": email})
    assert answer.status == 422
    assert [(e["pointer"], e["code"]) for e in answer.json["errors"]] == [("/email", "email_invalid")]


def test_the_audit_log_says_who_and_seals_from_where(person: Somebody, superuser: Superuser):
    entry = superuser.execute(
        "SELECT id, actor_id, target_id, personal, after->>'session_id' FROM audit_log"
        " WHERE user_id = %s AND action = 'user.signed_up'",
        [person.id],
    ).fetchone()
    assert entry
    id_, actor, target, personal, session_id = entry
    assert (actor, target, session_id) == (person.id, person.id, str(person.session_id))
    wrapped = superuser.execute(
        "SELECT wrapped FROM personal_keys WHERE owner_id = %s", [person.id]
    ).fetchone()
    assert wrapped
    opened = personal_keys.unseal(wrapped[0], person.id, id_, personal)
    assert person.client.address in opened
    assert person.client.address not in personal


def test_no_mails_address_travels_through_a_queue(client: Client, aws: Cloud, superuser: Superuser):
    email = new_email()
    client.post("sign-up", {"email": email})
    mail = superuser.execute("SELECT id FROM mails WHERE email = %s", [email]).fetchone()
    assert mail
    url, found = aws.environment["MAIL_QUEUE_URL"], []
    while messages := aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        found += [message["Body"] for message in messages]
        for message in messages:
            aws.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    assert f'{{"mail_id":"{mail[0]}"}}' in [body.replace(" ", "") for body in found]
    assert not any("@" in body for body in found)
    assert UUID(str(mail[0]))


def test_a_link_that_comes_again_and_again_costs_little(client: Client, mailed: Mailed):
    """Used up or not, it is known to exist: without a bound each time would hash a password."""
    body = verification(mailed(new_email(), "sign_up"))
    answers = [client.post("verify-email", body).status for _ in range(12)]
    assert answers == [201] + [422] * 9 + [429] * 2
