"""Invitations and mails as the database guards them: who sees, who asks, who makes the tokens."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from lamplighter.ids import new_id
from lamplighter.postgres import security
from lamplighter.postgres.models import (
    Invitation,
    Mail,
    MailToken,
)
from lamplighter.postgres.session import transaction
from tests import factories
from tests.integration.postgres.conftest import AsLogin, organization_of, refused


def test_an_invitation_is_its_tenants_and_its_token_the_senders(workspace: UUID, as_login: AsLogin):
    other = factories.make_workspace()
    organization = organization_of(workspace)
    made = factories.make_invitation(organization, workspace)
    for ids in ({"workspace_id": workspace}, {"organization_id": organization}):
        with transaction(**ids) as tx:
            assert tx.session.scalars(select(Invitation)).one().id == made.id
    with transaction(other.id, organization_id=other.organization_id) as tx:
        assert tx.session.scalars(select(Invitation)).all() == []
        assert tx.session.connection().execute(update(Invitation).values(role="admin")).rowcount == 0
    for login in (security.APP, security.ACCOUNTS):
        with as_login(login):
            for statement in (
                select(Invitation.token_hash),
                update(Invitation).values(token_hash="planted"),
                update(Invitation).values(email="mine@example.com"),
            ):
                assert "permission denied" in refused(lambda s, x=statement: s.execute(x), workspace)
    with as_login(security.ACCOUNTS), transaction(workspace) as tx:
        assert tx.session.scalars(select(Invitation)).one().email == made.email
        accept = update(Invitation).values(accepted_at=tx.now)
        assert tx.session.connection().execute(accept).rowcount == 1


def test_an_invitation_names_a_workspace_of_its_organization(workspace: UUID):
    other = factories.make_workspace()
    values = {"email": "a@example.com", "role": "editor", "expires_at": func.now(), "id": new_id()}
    row = insert(Invitation).values(organization_id=other.organization_id, workspace_id=workspace, **values)
    assert "foreign key" in refused(lambda session: session.execute(row), workspace)


def test_an_address_has_one_open_invitation_to_a_place(workspace: UUID):
    organization = organization_of(workspace)
    first = factories.make_invitation(organization, email="ada@example.com")
    factories.make_invitation(organization, workspace, email="ada@example.com")
    for place in (None, workspace):
        values = {"email": "ada@example.com", "role": "admin", "expires_at": func.now()}
        row = insert(Invitation).values(
            id=new_id(), organization_id=organization, workspace_id=place, **values
        )
        assert "idx_invitations_open" in refused(
            lambda session, r=row: session.execute(r), organization_id=organization
        )
    with transaction(organization_id=organization) as tx:
        tx.session.execute(update(Invitation).where(Invitation.id == first.id).values(revoked_at=tx.now))
    factories.make_invitation(organization, email="ada@example.com")


@pytest.mark.parametrize(("role", "in_workspace"), [("editor", False), ("owner", True), ("member", True)])
def test_an_invitations_role_fits_its_place(workspace: UUID, role: str, in_workspace: bool):
    organization = organization_of(workspace)
    values = {"email": "a@example.com", "role": role, "expires_at": func.now(), "id": new_id()}
    place = workspace if in_workspace else None
    row = insert(Invitation).values(organization_id=organization, workspace_id=place, **values)
    reason = refused(lambda session: session.execute(row), workspace, organization_id=organization)
    assert "invitations_role_check" in reason


def test_a_mail_of_an_invitation_goes_to_whom_it_invites(workspace: UUID):
    organization = organization_of(workspace)
    other = factories.make_workspace()
    mine = factories.make_invitation(organization, workspace)
    theirs = factories.make_invitation(other.organization_id, other.id)

    def asking(invitation: Invitation, **overrides: Any) -> Callable[[Session], object]:
        values = {"kind": "invitation", "email": invitation.email, "invitation_id": invitation.id}
        return lambda session: session.add(Mail(**{**values, **overrides}))

    with transaction(workspace) as tx:
        asking(mine)(tx.session)
    for wrong in (
        asking(theirs),
        asking(mine, email="somebody@example.com"),
        asking(mine, kind="reset_password"),
        asking(mine, user_id=new_id()),
    ):
        assert "row-level security" in refused(wrong, workspace)


@pytest.mark.usefixtures("accounts")
def test_mails_are_asked_for_by_oneself_and_read_by_nobody(person: UUID, stranger: UUID):
    def asking(**values: Any) -> Callable[[Session], object]:
        return lambda session: session.add(Mail(kind="reset_password", email="a@example.com", **values))

    with transaction(user_id=person) as tx:
        asking(user_id=person)(tx.session)
        asking()(tx.session)
    for wrong in (asking(user_id=stranger), asking(invitation_id=new_id())):
        assert "row-level security" in refused(wrong, user_id=person)
    for statement in (select(Mail.id), delete(Mail), update(Mail).values(attempts=9)):
        assert "permission denied" in refused(lambda session, s=statement: session.execute(s))


@pytest.mark.usefixtures("accounts")
def test_nobody_makes_the_tokens_of_mails_for_themselves(person: UUID):
    token = insert(MailToken).values(
        id=new_id(),
        user_id=person,
        email="a@example.com",
        purpose="reset_password",
        token_hash=new_id().hex,
        expires_at=func.now(),
    )
    assert "permission denied" in refused(lambda session: session.execute(token), user_id=person)
