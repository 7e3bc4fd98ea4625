"""What accounts finds before anybody is known, and what a person leaves behind."""

from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text, update

from lamplighter.ids import new_id
from lamplighter.postgres import security
from lamplighter.postgres.models import (
    Mail,
    OidcIdentity,
    Organization,
    RefreshToken,
    User,
    Workspace,
)
from lamplighter.postgres.session import transaction
from tests import factories
from tests.conftest import Database
from tests.integration.postgres.conftest import AsLogin, asked, organization_of


@pytest.mark.usefixtures("accounts")
def test_a_login_is_found_by_its_address_until_it_is_deleted(database: Database):
    person = factories.make_user(password_hash="argon2id")
    assert asked("find_login", person.email) == {"user_id": person.id, "password_hash": "argon2id"}
    with transaction(user_id=person.id) as tx:
        tx.session.execute(update(User).values(deleted_at=tx.now))
        tx.session.add(_identity(person.id))
    with pytest.raises(AssertionError):
        asked("find_login", person.email)
    with pytest.raises(AssertionError):
        asked("find_identity", "https://id.test", person.id.hex)


@pytest.mark.usefixtures("accounts")
def test_an_identity_is_found_by_its_issuer_and_subject(person: UUID):
    with transaction(user_id=person) as tx:
        tx.session.add(_identity(person))
    assert asked("find_identity", "https://id.test", person.hex) == {"user_id": person}
    with pytest.raises(AssertionError):
        asked("find_identity", "https://other.test", person.hex)


@pytest.mark.usefixtures("accounts")
def test_tokens_are_found_by_their_hash(person: UUID, superuser: psycopg.Connection[Any]):
    session = factories.make_session(person)
    with transaction(user_id=person) as tx:
        token = RefreshToken(
            user_id=person, session_id=session.id, token_hash=new_id().hex, expires_at=tx.now
        )
        tx.session.add(token)
    found = {"user_id": person, "session_id": session.id, "refresh_id": token.id}
    assert asked("find_refresh", token.token_hash) == found
    mail_token = new_id()
    superuser.execute(
        "INSERT INTO mail_tokens (id, user_id, email, purpose, token_hash, expires_at)"
        " VALUES (%s, %s, 'a@example.com', 'sign_up', %s, now())",
        [mail_token, person, mail_token.hex],
    )
    assert asked("find_mail_token", mail_token.hex, "sign_up") == {"id": mail_token, "user_id": person}
    with pytest.raises(AssertionError):
        asked("find_mail_token", mail_token.hex, "reset_password")


def test_an_invitation_is_found_by_its_hash_with_the_account_of_its_address(
    workspace: UUID, as_login: AsLogin, superuser: psycopg.Connection[Any]
):
    person = factories.make_user()
    organization = organization_of(workspace)
    for email, account in ((person.email, person.id), (f"{new_id().hex}@example.com", None)):
        invitation = factories.make_invitation(organization, workspace, email=email)
        superuser.execute(
            "UPDATE invitations SET token_hash = %s WHERE id = %s", [invitation.id.hex, invitation.id]
        )
        with as_login(security.ACCOUNTS):
            assert asked("find_invitation", invitation.id.hex) == {
                "id": invitation.id,
                "organization_id": organization,
                "workspace_id": workspace,
                "user_id": account,
            }
    with transaction(workspace) as tx:
        tx.session.execute(update(Workspace).values(deleted_at=tx.now))
    with as_login(security.ACCOUNTS), pytest.raises(AssertionError):
        asked("find_invitation", invitation.id.hex)


def test_what_is_found_is_found_by_accounts_alone(database: Database, as_login: AsLogin):
    questions: dict[str, tuple[object, ...]] = {
        "find_login": ("a",),
        "find_refresh": ("a",),
        "find_mail_token": ("a", "sign_up"),
        "find_identity": ("a", "b"),
        "find_invitation": ("a",),
    }
    for login in set(security.LOGINS) - {security.ACCOUNTS}:
        for function, arguments in questions.items():
            with as_login(login), pytest.raises(psycopg.errors.InsufficientPrivilege):
                asked(function, *arguments)


def test_who_is_the_only_owner_is_told(person: UUID, as_login: AsLogin):
    alone = factories.make_organization(person)
    shared = factories.make_organization(person)
    factories.make_organization_member(shared.id, role="owner")
    member = factories.make_organization_member(factories.make_organization().id, person, "admin")
    gone = factories.make_organization(person)
    with transaction(organization_id=gone.id) as tx:
        tx.session.execute(update(Organization).values(deleted_at=tx.now))
    assert member.role == "admin"
    with as_login(security.ACCOUNTS), transaction(user_id=person) as tx:
        assert tx.session.scalars(text("SELECT * FROM sole_ownerships()")).all() == [alone.id]
    with as_login(security.ACCOUNTS), transaction() as tx:
        assert tx.session.scalars(text("SELECT * FROM sole_ownerships()")).all() == []


def test_an_address_is_forgotten_everywhere_by_its_owner_alone(
    workspace: UUID, as_login: AsLogin, superuser: psycopg.Connection[Any]
):
    person, other = factories.make_user(), factories.make_user()
    organization = organization_of(workspace)
    kept = factories.make_invitation(organization, workspace, email=other.email)
    invitation = factories.make_invitation(organization, workspace, email=person.email)
    with transaction(workspace) as tx:
        tx.session.add(Mail(kind="invitation", email=person.email, invitation_id=invitation.id))
    superuser.execute(
        "INSERT INTO mail_tokens (id, user_id, email, purpose, token_hash, expires_at)"
        " VALUES (%s, %s, %s, 'change_email', %s, now())",
        [new_id(), person.id, person.email, new_id().hex],
    )
    forget = text("SELECT forget_email(:email)")
    with as_login(security.ACCOUNTS):
        with transaction(user_id=other.id) as tx:
            tx.session.execute(forget, {"email": person.email})
        assert _known(superuser, person.email) == {"invitations": 1, "mails": 1, "mail_tokens": 1}
        with transaction(user_id=person.id) as tx:
            tx.session.execute(forget, {"email": person.email})
    assert _known(superuser, person.email) == {"invitations": 0, "mails": 0, "mail_tokens": 0}
    assert _known(superuser, kept.email)["invitations"] == 1


def _known(superuser: psycopg.Connection[Any], email: str) -> dict[str, int]:
    found = {}
    for table in ("invitations", "mails", "mail_tokens"):
        count = f"SELECT count(*) FROM {table} WHERE email = %s"  # noqa: S608  # our own tables
        row = superuser.execute(count.encode(), [email]).fetchone()
        assert row is not None
        found[table] = row[0]
    return found


def _identity(person: UUID) -> OidcIdentity:
    return OidcIdentity(user_id=person, issuer="https://id.test", subject=person.hex)
