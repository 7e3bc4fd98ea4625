"""The whole way, with the mails that are really written."""

from tests.integration.accounts.people import PASSWORD, Client, new_client, new_email, verification
from tests.integration.post_office import PostOffice

NEW = "another lamp, another harbour"


def test_from_sign_up_to_a_forgotten_password(client: Client, post_office: PostOffice):
    email = new_email()
    client.post("sign-up", {"email": email})
    token = post_office.token_for(email)
    assert client.post("verify-email", verification(token)).status == 201
    assert client.post("login", {"email": email, "password": PASSWORD}).status == 200

    client.post("password-reset", {"email": email})
    body = {"token": post_office.token_for(email), "password": NEW}
    assert client.post("password-reset/complete", body).status == 200
    assert "password was changed" in post_office.sent_to(email)[0].subject.lower()
    assert client.post("login", {"email": email, "password": PASSWORD}).status == 401
    assert client.post("login", {"email": email, "password": NEW}).status == 200


def test_two_sign_ups_leave_one_link_that_holds(client: Client, post_office: PostOffice):
    email = new_email()
    client.post("sign-up", {"email": email})
    first = post_office.token_for(email)
    client.post("sign-up", {"email": email})
    second = post_office.token_for(email)
    assert client.post("verify-email", verification(first)).status == 422
    assert client.post("verify-email", verification(second)).status == 201


def test_only_who_has_an_account_gets_a_reset(post_office: PostOffice):
    email = new_email()
    assert new_client().post("password-reset", {"email": email}).status == 202
    assert post_office.sent_to(email) == []
