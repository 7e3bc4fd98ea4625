"""What each kind of mail says to whom, and whose token is stored."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from lamplighter.domain.mails import LIFETIMES, PAGES, token_hash
from lamplighter.ids import new_id
from tests.factories import make_user
from tests.integration.mail.conftest import Ask, Superuser
from tests.integration.post_office import PostOffice, token_in

type Row = Callable[[UUID], dict[str, Any]]
type Tokens = Callable[[str], list[dict[str, Any]]]
type Invite = Callable[..., UUID]

BASE = "https://app.lamplighter.test"


def test_signing_up_sends_a_link_whose_token_is_stored_as_a_hash(
    ask: Ask, post_office: PostOffice, email: str, row: Row, tokens: Tokens
):
    mail_id = ask("sign_up", email)
    [sent] = post_office.sent_to(email)
    assert sent.subject == "Confirm your e-mail address"
    assert f"{BASE}/verify-email#token={token_in(sent)}\n" in sent.text
    [token] = tokens(email)
    assert (token["purpose"], token["token_hash"]) == ("sign_up", token_hash(token_in(sent)))
    assert len(token_in(sent)) == 43  # 256 bits
    assert token["expires_at"] - token["created_at"] == timedelta(hours=24)
    assert (row(mail_id)["attempts"], row(mail_id)["error"]) == (1, None)
    assert row(mail_id)["sent_at"]


def test_signing_up_with_an_address_that_has_an_account_tells_its_owner(
    ask: Ask, post_office: PostOffice, tokens: Tokens
):
    user = make_user()
    ask("sign_up", user.email)
    [sent] = post_office.sent_to(user.email)
    assert sent.subject == "You already have an account"
    assert "#token" not in sent.text + sent.html
    assert tokens(user.email) == []


def test_a_reset_goes_to_the_account_and_ends_soon(ask: Ask, post_office: PostOffice, tokens: Tokens):
    user = make_user()
    ask("reset_password", user.email)
    [sent] = post_office.sent_to(user.email)
    assert f"{BASE}/reset-password#token={token_in(sent)}\n" in sent.text
    [token] = tokens(user.email)
    assert (token["user_id"], token["token_hash"]) == (user.id, token_hash(token_in(sent)))
    assert token["expires_at"] - token["created_at"] == timedelta(minutes=30)


def test_a_reset_of_an_address_without_an_account_sends_nothing(
    ask: Ask, post_office: PostOffice, email: str, row: Row, tokens: Tokens
):
    mail_id = ask("reset_password", email)
    assert post_office.sent_to(email) == []
    assert tokens(email) == []
    assert row(mail_id)["sent_at"]
    assert row(mail_id)["error"] == "no_account"


def test_a_deleted_account_is_none(ask: Ask, post_office: PostOffice, superuser: Superuser, row: Row):
    user = make_user()
    superuser.execute("UPDATE users SET deleted_at = now() WHERE id = %s", [user.id])
    reset = ask("reset_password", user.email)
    change = ask("change_email", f"new-{user.email}", user_id=user.id)
    assert post_office.sent_to(user.email) + post_office.sent_to(f"new-{user.email}") == []
    assert [row(reset)["error"], row(change)["error"]] == ["no_account", "no_account"]


def test_a_new_address_is_confirmed_at_the_new_address(
    ask: Ask, post_office: PostOffice, email: str, tokens: Tokens
):
    user = make_user()
    ask("change_email", email, user_id=user.id)
    [sent] = post_office.sent_to(email)
    assert f"{BASE}/verify-email-change#token={token_in(sent)}\n" in sent.text
    [token] = tokens(email)
    assert (token["user_id"], token["purpose"]) == (user.id, "change_email")
    assert token["expires_at"] - token["created_at"] == timedelta(hours=1)
    assert post_office.sent_to(user.email) == []


def test_a_new_address_that_has_an_account_hears_so(ask: Ask, post_office: PostOffice, tokens: Tokens):
    user, other = make_user(), make_user()
    ask("change_email", other.email, user_id=user.id)
    [sent] = post_office.sent_to(other.email)
    assert sent.subject == "This e-mail address has an account already"
    assert "#token" not in sent.text + sent.html
    assert tokens(other.email) == []


@pytest.mark.parametrize(
    ("into", "place"), [(None, "“Harbour Press”"), ("News", "“News” of “Harbour Press”")]
)
def test_an_invitation_says_where_it_leads_and_carries_its_token(  # noqa: PLR0917  # its fixtures
    invite: Invite, post_office: PostOffice, email: str, superuser: Superuser, into: str | None, place: str
):
    invitation_id = invite(email, into=into)
    [sent] = post_office.sent_to(email)
    assert sent.subject == f"You are invited to join {place}"
    assert f"{BASE}/accept-invitation#token={token_in(sent)}\n" in sent.text
    stored, until = superuser.execute(
        "SELECT token_hash, expires_at FROM invitations WHERE id = %s", [invitation_id]
    ).fetchall()[0]
    assert stored == token_hash(token_in(sent))
    assert f"until {until:%-d %B %Y}" in sent.text


@pytest.mark.parametrize(
    "change",
    [
        "accepted_at = now()",
        "revoked_at = now()",
        "expires_at = now() - interval '1 second'",
        "email = 'someone-else@example.com'",
    ],
)
def test_an_invitation_that_no_longer_stands_sends_nothing(
    invite: Invite, post_office: PostOffice, email: str, superuser: Superuser, change: str
):
    invitation_id = invite(email)
    superuser.execute(f"UPDATE invitations SET {change} WHERE id = %s", [invitation_id])  # noqa: S608  # ours
    assert post_office.sent_to(email) == []
    asked = "SELECT token_hash FROM invitations WHERE id = %s"
    assert superuser.execute(asked, [invitation_id]).fetchall() == [(None,)]
    closed = "SELECT error, sent_at IS NOT NULL FROM mails WHERE invitation_id = %s"
    assert superuser.execute(closed, [invitation_id]).fetchall() == [("no_invitation", True)]


def test_what_strangers_call_themselves_is_no_markup_and_no_header(
    invite: Invite, post_office: PostOffice, email: str
):
    invite(email, organization="<b>Prize</b> http://evil.example\r\nBcc: eve@evil.example")
    [sent] = post_office.sent_to(email)
    assert sent.to == (email,)
    assert len(sent.subject.splitlines()) == 1
    assert "<b>" not in sent.html
    assert "evil.example" not in sent.subject + sent.text + sent.html


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("password_changed", "Your password was changed"),
        ("email_changed", "Your e-mail address was changed"),
        ("account_deleted", "Your account was deleted"),
    ],
)
def test_a_notice_says_what_happened_and_holds_no_link(
    ask: Ask, post_office: PostOffice, email: str, kind: Any, subject: str
):
    ask(kind, email, user_id=new_id())
    [sent] = post_office.sent_to(email)
    assert sent.subject == subject
    assert "http" not in sent.text + sent.html


def test_of_two_mails_only_the_last_ones_token_stands(ask: Ask, post_office: PostOffice, tokens: Tokens):
    user = make_user()
    ask("reset_password", user.email)
    first = post_office.token_for(user.email)
    ask("reset_password", user.email)
    second = post_office.token_for(user.email)
    assert first != second
    assert [each["token_hash"] for each in tokens(user.email)] == [token_hash(second)]


def test_a_token_of_one_kind_ends_none_of_another(ask: Ask, post_office: PostOffice, email: str):
    user = make_user()
    ask("change_email", email, user_id=user.id)
    ask("reset_password", user.email)
    assert len(post_office.sent_to(user.email)) == len(post_office.sent_to(email)) == 1


def test_every_kind_with_a_link_was_looked_at_here():
    assert set(PAGES) == set(LIFETIMES) == {"sign_up", "reset_password", "change_email", "invitation"}
