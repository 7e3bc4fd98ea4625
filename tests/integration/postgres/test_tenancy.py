"""Row level security as the application meets it: its own workspace, and nothing else."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import delete, func, insert, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from lamplighter.ids import new_id
from lamplighter.postgres import security
from lamplighter.postgres.base import Base
from lamplighter.postgres.models import (
    Content,
    Dispatch,
    Organization,
    OutboxEvent,
    PublicationAttempt,
    Template,
    User,
    Workspace,
    WorkspaceMember,
)
from lamplighter.postgres.roles import DISPATCHER
from lamplighter.postgres.session import transaction
from tests import factories
from tests.conftest import Database
from tests.integration.postgres.conftest import AsLogin, refused

CLOSED = {"sessions", "refresh_tokens", "mail_tokens", "oidc_identities", "mails", "rate_limits"}
"""What the application's login may not read at all."""


@pytest.fixture
def other(database: Database) -> UUID:
    """Another tenant's workspace."""
    return factories.make_workspace().id


def count(session: Session, model: type[Base]) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_a_transaction_sees_its_workspaces_rows_only(workspace: UUID, other: UUID):
    with transaction(workspace) as tx:
        mine = factories.make_content(tx.session).id
    with transaction(other) as tx:
        theirs = factories.make_content(tx.session).id
    with transaction(workspace) as tx:
        assert tx.session.scalars(select(Content.id)).all() == [mine]
        assert tx.session.get(Content, theirs) is None
        assert tx.session.execute(update(Content).values(status="ready")).rowcount == 1
        assert tx.session.execute(delete(Content).where(Content.id == theirs)).rowcount == 0


def test_without_a_workspace_there_is_nothing(workspace: UUID):
    with transaction(workspace) as tx:
        factories.make_content(tx.session)
    with transaction() as tx:
        for table in security.tables():
            if table.name not in CLOSED | {"token_keys"}:
                assert tx.session.scalar(select(func.count()).select_from(table)) == 0, table.name


def test_what_is_not_the_tenants_is_closed_to_the_application(workspace: UUID):
    for name in CLOSED:
        read = text(f"SELECT count(*) FROM {name}")  # noqa: S608  # our own tables
        assert "permission denied" in refused(lambda session, r=read: session.execute(r), workspace), name


def test_after_a_commit_the_connection_has_no_tenant_left(workspace: UUID):
    with transaction(workspace) as tx:
        factories.make_content(tx.session)
        pid = tx.session.scalar(text("SELECT pg_backend_pid()"))
    with transaction() as tx:
        assert tx.session.scalar(text("SELECT pg_backend_pid()")) == pid, "the pool gave another connection"
        assert tx.session.scalar(text("SELECT current_setting('app.workspace_id')")) == ""
        assert count(tx.session, Content) == 0


@pytest.mark.parametrize(
    "make",
    [
        factories.make_content,
        factories.make_media,
        factories.make_template,
        factories.make_campaign,
        factories.make_connection,
        factories.make_recurring_post,
        factories.make_api_key,
        factories.make_webhook,
    ],
)
def test_a_row_of_another_workspace_cannot_be_written(
    workspace: UUID, other: UUID, make: Callable[..., Base]
):
    assert "row-level security" in refused(lambda session: make(session, workspace_id=other), workspace)


def test_a_row_cannot_be_moved_to_another_workspace(workspace: UUID, other: UUID):
    with transaction(workspace) as tx:
        factories.make_content(tx.session)
    move = update(Content).values(workspace_id=other)
    assert "row-level security" in refused(lambda session: session.execute(move), workspace)


def test_a_reference_to_another_workspaces_row_is_refused(workspace: UUID, other: UUID):
    """Row level security does not look at references; the foreign keys that carry workspace_id do."""
    with transaction(other) as tx:
        content = factories.make_content(tx.session).id
        campaign = factories.make_campaign(tx.session).id
        connection = factories.make_connection(tx.session).id
        template = factories.make_template(tx.session).id
        part = factories.make_publication_platform(tx.session).id
    for action in (
        lambda session: factories.make_publication(session, content_id=content),
        lambda session: factories.make_content(session, campaign_id=campaign),
        lambda session: factories.make_publication_platform(session, connection_id=connection),
        lambda session: factories.make_dispatch(session, publication_platform_id=part),
        lambda session: factories.make_attempt(session, publication_platform_id=part),
    ):
        assert "foreign key" in refused(action, workspace)
    reason = refused(lambda session: factories.make_content(session, template_id=template), workspace)
    assert "row-level security" in reason


def test_system_templates_are_everybodys_to_read_and_nobodys_to_change(
    workspace: UUID, superuser: psycopg.Connection[Any]
):
    system = new_id()
    superuser.execute(
        "INSERT INTO templates (id, name, variables, structure, is_system)"
        " VALUES (%s, 'T', '[]', '{}', true)",
        [system],
    )
    try:
        with transaction(workspace) as tx:
            assert tx.session.get(Template, system) is not None
            assert factories.make_content(tx.session, template_id=system).template_id == system
            assert tx.session.execute(update(Template).values(name="Mine")).rowcount == 0
            tx.session.rollback()
        make = insert(Template).values(id=new_id(), name="T", variables=[], structure={}, is_system=True)
        assert "row-level security" in refused(lambda session: session.execute(make), workspace)
    finally:
        superuser.execute("UPDATE content SET template_id = NULL WHERE template_id = %s", [system])
        superuser.execute("DELETE FROM templates WHERE id = %s", [system])


def test_a_deleted_parent_takes_only_its_own_column_from_a_reference(workspace: UUID):
    with transaction(workspace) as tx:
        campaign = factories.make_campaign(tx.session)
        content = factories.make_content(tx.session, campaign_id=campaign.id)
        tx.session.execute(delete(type(campaign)))
        tx.session.refresh(content)
        assert (content.campaign_id, content.workspace_id) == (None, workspace)


def test_a_workspace_is_seen_by_itself_and_by_its_organization(workspace: UUID, other: UUID):
    with transaction(workspace) as tx:
        found = tx.session.scalars(select(Workspace)).one()
    assert found.id == workspace
    with transaction(organization_id=found.organization_id) as tx:
        assert tx.session.scalars(select(Workspace.id)).all() == [workspace]
        assert tx.session.scalars(select(Organization.id)).all() == [found.organization_id]


def test_a_workspace_cannot_leave_its_organization(workspace: UUID, other: UUID):
    move = update(Workspace).values(organization_id=new_id())
    assert "permission denied" in refused(lambda session: session.execute(move), workspace)
    make = insert(Workspace).values(id=new_id(), organization_id=new_id(), name="W", slug="w")
    assert "row-level security" in refused(lambda session: session.execute(make), workspace)


def test_people_see_themselves_only(database: Database):
    mine, theirs = factories.make_user(), factories.make_user()
    with transaction(user_id=mine.id) as tx:
        assert tx.session.scalars(select(User.id)).all() == [mine.id]
        assert tx.session.scalars(select(User)).one().name == "Ada"
        assert tx.session.get(User, theirs.id) is None


def test_the_ledger_of_attempts_cannot_be_rewritten(workspace: UUID):
    with transaction(workspace) as tx:
        factories.make_attempt(tx.session)
    for statement in (delete(PublicationAttempt), update(PublicationAttempt).values(number=2)):
        assert "permission denied" in refused(lambda session, s=statement: session.execute(s), workspace)
    with transaction(workspace) as tx:
        assert tx.session.execute(update(PublicationAttempt).values(status="sending")).rowcount == 1


def test_events_on_their_way_out_cannot_be_rewritten(workspace: UUID):
    with transaction(workspace) as tx:
        tx.session.add(OutboxEvent(workspace_id=workspace, type="content.created", payload={}))
    rewritten = update(OutboxEvent).values(type="content.deleted")
    assert "permission denied" in refused(lambda session: session.execute(rewritten), workspace)


def test_the_tick_sees_dispatches_of_all_tenants_and_nothing_else(
    workspace: UUID, other: UUID, as_login: AsLogin, empty_dispatches: None
):
    for tenant in (workspace, other):
        with transaction(tenant) as tx:
            factories.make_dispatch(tx.session)
    with as_login(security.PUBLISH_DUE):
        with transaction(role=DISPATCHER) as tx:
            found = tx.session.scalars(select(Dispatch)).all()
            assert {row.workspace_id for row in found} == {workspace, other}
            lease = update(Dispatch).values(fence=Dispatch.fence + 1, lease_until=datetime.now(UTC))
            assert tx.session.execute(lease).rowcount == 2
        for table in security.tables():
            if table.name != "dispatches":
                assert "permission denied" in _refused_to_the_tick(select(table))
        for statement in (
            update(Dispatch).values(due_at=datetime.now(UTC)),
            update(Dispatch).values(workspace_id=other),
            delete(Dispatch),
        ):
            assert "permission denied" in _refused_to_the_tick(statement)
        assert "permission denied" in refused(lambda session: session.execute(select(Dispatch)), None)


def _refused_to_the_tick(statement: Any) -> str:
    with pytest.raises(ProgrammingError) as caught, transaction(role=DISPATCHER) as tx:
        tx.session.execute(statement)
    return str(caught.value.orig)


def test_the_application_cannot_become_another_role(database: Database):
    for role in (security.OWNER, security.LOOKUP, DISPATCHER, "postgres"):
        become = text(f"SET LOCAL ROLE {role}")
        assert "permission denied" in refused(lambda session, b=become: session.execute(b), None)


def test_the_sandbox_and_the_tenants_do_not_meet(workspace: UUID, as_login: AsLogin):
    posts = text("SELECT * FROM sandbox.posts")
    assert "permission denied" in refused(lambda session: session.execute(posts), workspace)
    with as_login(security.SANDBOX):
        with transaction() as tx:
            tx.session.execute(posts)
        assert "permission denied" in refused(lambda session: session.execute(select(Content)), workspace)


def test_a_person_finds_the_workspaces_that_are_theirs(database: Database, as_login: AsLogin):
    person, colleague = factories.make_user(), factories.make_user()
    owned = factories.make_workspace(organization_id=factories.make_organization(person.id).id)
    deleted = factories.make_workspace(organization_id=owned.organization_id)
    joined, invited, foreign = (factories.make_workspace() for _ in range(3))
    factories.make_member(joined.id, person.id)
    factories.make_member(foreign.id, colleague.id)
    with transaction(invited.id) as tx:
        tx.session.add(WorkspaceMember(workspace_id=invited.id, user_id=person.id, role="editor"))
    with transaction(deleted.id) as tx:
        tx.session.execute(update(Workspace).values(deleted_at=tx.now))
    for login in (security.APP, security.ACCOUNTS):
        with as_login(login):
            with transaction(user_id=person.id) as tx:
                rows = tx.session.execute(select(text("*")).select_from(func.my_workspaces())).mappings()
                assert {row["workspace_id"]: row["role"] for row in rows} == {
                    owned.id: "admin",
                    joined.id: "editor",
                }
                rows = tx.session.execute(select(text("*")).select_from(func.my_organizations())).mappings()
                assert [(row["id"], row["role"]) for row in rows] == [(owned.organization_id, "owner")]
            with transaction() as tx:
                assert tx.session.execute(select(text("*")).select_from(func.my_workspaces())).all() == []
