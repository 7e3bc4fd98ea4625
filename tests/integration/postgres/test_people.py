"""What the login of accounts meets: one person's own rows, and nobody else's."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm import Session, undefer

from lamplighter.ids import new_id
from lamplighter.postgres import security
from lamplighter.postgres.models import (
    AuditEntry,
    Export,
    IdempotencyKey,
    OidcIdentity,
    OrganizationMember,
    PersonalKey,
    RefreshToken,
    TokenKey,
    User,
    UserSession,
    Workspace,
    WorkspaceMember,
)
from lamplighter.postgres.session import transaction
from tests import factories
from tests.conftest import Database
from tests.integration.postgres.conftest import AsLogin, refused

OWN: dict[type[Any], Callable[[UUID], dict[str, Any]]] = {
    UserSession: lambda who: {"user_id": who, "expires_at": func.now()},
    OidcIdentity: lambda who: {"user_id": who, "issuer": "https://id.test", "subject": who.hex},
    PersonalKey: lambda who: {"owner_id": who, "wrapped": "wrapped"},
    Export: lambda who: {"user_id": who},
    IdempotencyKey: lambda who: {
        "scope_id": who,
        "principal_id": who,
        "method": "POST",
        "route": "/v1/users/me/exports",
        "key": who.hex,
        "fingerprint": b"f",
    },
    AuditEntry: lambda who: {
        "user_id": who,
        "actor_kind": "user",
        "actor_id": who,
        "action": "user.updated",
        "target_kind": "user",
        "target_id": who,
    },
}


def made(model: type[Any], who: UUID) -> Any:
    values = OWN[model](who)
    return model(**({"id": new_id()} if hasattr(model, "id") else {}), **values)


@pytest.mark.usefixtures("accounts")
@pytest.mark.parametrize("model", OWN)
def test_a_persons_rows_are_theirs_alone(model: type[Any], person: UUID, stranger: UUID):
    with transaction(user_id=person) as tx:
        tx.session.add(made(model, person))
    with transaction(user_id=person) as tx:
        assert tx.session.scalar(select(func.count()).select_from(model)) == 1
    for ids in ({"user_id": stranger}, {}):
        with transaction(**ids) as tx:
            assert tx.session.scalar(select(func.count()).select_from(model)) == 0
            if model is not AuditEntry:
                assert tx.session.connection().execute(delete(model)).rowcount == 0
    assert "row-level security" in refused(lambda session: session.add(made(model, person)), user_id=stranger)


@pytest.mark.usefixtures("accounts")
def test_people_see_and_change_themselves_only(person: UUID, stranger: UUID):
    with transaction(user_id=person) as tx:
        assert tx.session.scalars(select(User.id)).all() == [person]
        assert tx.session.connection().execute(update(User).values(name="Grace")).rowcount == 1
    with transaction() as tx:
        assert tx.session.scalars(select(User.id)).all() == []
    become = update(User).values(id=stranger)
    assert "permission denied" in refused(lambda session: session.execute(become), user_id=person)
    assert "permission denied" in refused(lambda session: session.execute(delete(User)), user_id=person)
    other = insert(User).values(id=new_id(), email=f"{new_id().hex}@example.com")
    assert "row-level security" in refused(lambda session: session.execute(other), user_id=person)


def test_a_password_is_read_by_the_login_of_accounts_and_only_by_name(
    as_login: AsLogin, workspace: UUID, database: Database
):
    person = factories.make_user(password_hash="argon2id").id
    factories.make_member(workspace, person)
    with as_login(security.ACCOUNTS), transaction(user_id=person) as tx:
        row = tx.session.get_one(User, person)
        with pytest.raises(InvalidRequestError, match="password_hash"):
            assert row.password_hash
        tx.session.expunge(row)
        assert tx.session.get_one(User, person, options=[undefer(User.password_hash)]).password_hash
    read = select(User.password_hash)
    assert "permission denied" in refused(lambda session: session.execute(read), workspace, user_id=person)
    with transaction(workspace) as tx:
        assert tx.session.get_one(User, person).name == "Ada"


def test_the_application_changes_nobodys_account(workspace: UUID, database: Database):
    person = factories.make_user().id
    for statement in (
        update(User).values(name="Grace"),
        update(User).values(email_verified=True),
        insert(User).values(id=new_id(), email="a@example.com"),
        delete(User),
    ):
        reason = refused(lambda session, s=statement: session.execute(s), workspace, user_id=person)
        assert "permission denied" in reason


def test_a_tenant_sees_who_belongs_to_it(workspace: UUID, person: UUID, stranger: UUID):
    factories.make_member(workspace, person)
    with transaction(workspace) as tx:
        assert tx.session.scalars(select(User.id)).all() == [person]
        organization = tx.session.get_one(Workspace, workspace).organization_id
    with transaction(organization_id=organization) as tx:
        assert tx.session.scalars(select(User.id)).all() == []
    factories.make_organization_member(organization, stranger)
    with transaction(organization_id=organization) as tx:
        assert tx.session.scalars(select(User.id)).all() == [stranger]


@pytest.mark.usefixtures("accounts")
def test_a_person_joins_as_themselves_and_where_the_transaction_is(
    person: UUID, stranger: UUID, as_login: AsLogin
):
    with as_login(security.APP):
        workspace, other = factories.make_workspace(), factories.make_workspace()
    organization = workspace.organization_id

    def joining(who: UUID, where: UUID) -> Callable[[Session], object]:
        row = {"id": new_id(), "user_id": who, "role": "editor", "workspace_id": where}
        return lambda session: session.execute(insert(WorkspaceMember).values(**row))

    for who, where in ((stranger, workspace.id), (person, other.id)):
        reason = refused(joining(who, where), workspace.id, organization_id=organization, user_id=person)
        assert "row-level security" in reason
    with transaction(workspace.id, organization_id=organization, user_id=person) as tx:
        joining(person, workspace.id)(tx.session)
        row = {"id": new_id(), "user_id": person, "role": "member", "organization_id": organization}
        tx.session.execute(insert(OrganizationMember).values(**row))
    for model in (OrganizationMember, WorkspaceMember):
        promote = update(model).values(role="admin")
        assert "permission denied" in refused(lambda session, s=promote: session.execute(s), user_id=person)
        with transaction(user_id=stranger) as tx:
            assert tx.session.connection().execute(delete(model)).rowcount == 0
        with transaction(user_id=person) as tx:
            assert tx.session.connection().execute(delete(model)).rowcount == 1


@pytest.mark.usefixtures("accounts")
def test_a_refresh_token_is_of_the_persons_own_session(person: UUID, stranger: UUID):
    session = factories.make_session(person)

    def token(who: UUID) -> RefreshToken:
        fields: dict[str, Any] = {"token_hash": new_id().hex, "session_id": session.id, "user_id": who}
        return RefreshToken(expires_at=session.expires_at, **fields)

    assert "foreign key" in refused(lambda tx: tx.add(token(stranger)), user_id=stranger)
    with transaction(user_id=person) as tx:
        tx.session.add(token(person))
    with transaction(user_id=person) as tx:
        tx.session.execute(delete(UserSession))
        assert tx.session.scalar(select(func.count()).select_from(RefreshToken)) == 0, "they go with it"


def test_the_keys_that_check_tokens_are_public_and_accounts_adds_them(as_login: AsLogin, database: Database):
    key = insert(TokenKey).values(kid=new_id().hex[:20], public_key=b"key")
    assert "permission denied" in refused(lambda session: session.execute(key))
    with as_login(security.ACCOUNTS):
        with transaction() as tx:
            tx.session.execute(key)
        for statement in (delete(TokenKey), update(TokenKey).values(public_key=b"another")):
            assert "permission denied" in refused(lambda session, s=statement: session.execute(s))
    with transaction() as tx:
        assert b"key" in tx.session.scalars(select(TokenKey.public_key)).all()


def test_kept_answers_are_of_the_scope_alone(workspace: UUID):
    other = factories.make_workspace()
    values = OWN[IdempotencyKey](workspace)
    with transaction(workspace) as tx:
        tx.session.add(IdempotencyKey(**values))
    with transaction(other.id, organization_id=other.organization_id, user_id=new_id()) as tx:
        assert tx.session.scalar(select(func.count()).select_from(IdempotencyKey)) == 0
    elsewhere = insert(IdempotencyKey).values(**OWN[IdempotencyKey](other.id))
    assert "row-level security" in refused(lambda session: session.execute(elsewhere), workspace)
