"""The jobs' roles: each reaches its own tables across tenants, and not a row of anything else."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import delete, func, insert, select, text, update

from lamplighter.ids import new_id
from lamplighter.postgres import security
from lamplighter.postgres.models import (
    AuditEntry,
    Content,
    Export,
    IdempotencyKey,
    Invitation,
    Mail,
    MailToken,
    Media,
    PersonalKey,
    PlatformConnection,
    User,
    UserSession,
    Webhook,
    Workspace,
    WorkspaceKey,
)
from lamplighter.postgres.security.tenancy import erased_tables
from lamplighter.postgres.session import transaction
from tests import factories
from tests.integration.postgres.conftest import AsLogin, organization_of, refused

JOBS = {
    security.SEND_MAIL: security.MAILER,
    security.PRUNE: security.PRUNER,
    security.ERASE: security.ERASER,
    security.ROTATE_KEYS: security.ROTATOR,
    security.RELAY_OUTBOX: security.RELAY,
}
REACHED = {
    security.MAILER: {
        *("mails", "mail_tokens", "users", "invitations", "organizations", "workspaces", "webhooks"),
    },
    security.PRUNER: {
        *("mails", "mail_tokens", "sessions", "refresh_tokens", "idempotency_keys", "rate_limits"),
        *("invitations", "exports", "media", "webhook_deliveries", "events"),
    },
    security.ERASER: {"workspaces", *erased_tables()},
    security.ROTATOR: {"workspaces", "workspace_keys", "platform_connections", "webhooks"},
    security.RELAY: {"outbox_events", "webhooks", "webhook_deliveries"},
}


@pytest.fixture
def other(workspace: UUID) -> UUID:
    """Another tenant's workspace."""
    return factories.make_workspace().id


@pytest.mark.parametrize("login", JOBS)
def test_a_job_reaches_its_tables_alone_and_only_in_its_role(login: str, as_login: AsLogin, workspace: UUID):
    role = JOBS[login]
    with as_login(login):
        for table in security.tables():
            one = select(next(iter(table.primary_key.columns))).limit(1)
            reason = refused(lambda session, s=one: session.execute(s), workspace)
            assert "permission denied" in reason, "the login itself may nothing"
            if table.name not in REACHED[role]:
                reason = refused(lambda session, s=one: session.execute(s), workspace, role)
                assert "permission denied" in reason, table.name
        for function in ("my_workspaces()", "my_organizations()", "take('b', 1, 1)", "find_login('a')"):
            call = text(f"SELECT * FROM {function}")  # noqa: S608  # our own words
            assert "permission denied" in refused(lambda session, c=call: session.execute(c), None, role)
        for become in {security.APP, security.ACCOUNTS, security.OWNER, security.LOOKUP, *JOBS.values()}:
            if become != role:
                enter = text(f"SET LOCAL ROLE {become}")
                assert "permission denied" in refused(lambda session, e=enter: session.execute(e))


# Mail


def test_the_mailer_reads_whom_a_mail_is_for_and_makes_its_token(workspace: UUID, as_login: AsLogin):
    person = factories.make_user(password_hash="argon2id")
    invitation = factories.make_invitation(organization_of(workspace), workspace)
    with transaction(workspace) as tx:
        mail = Mail(kind="invitation", email=invitation.email, invitation_id=invitation.id)
        tx.session.add(mail)
    with as_login(security.SEND_MAIL), transaction(role=security.MAILER) as tx:
        claimed = select(Mail).where(Mail.id == mail.id).with_for_update(skip_locked=True)
        row = tx.session.scalars(claimed).one()
        row.claimed_until = tx.now + timedelta(minutes=1)
        row.attempts = 1
        hashed = update(Invitation).where(Invitation.id == invitation.id).values(token_hash=new_id().hex)
        assert tx.session.connection().execute(hashed).rowcount == 1
        assert tx.session.scalars(select(User.email).where(User.id == person.id)).all() == [person.email]
        fields = {"user_id": person.id, "email": person.email, "purpose": "reset_password"}
        token = MailToken(token_hash=new_id().hex, expires_at=tx.now, **fields)
        tx.session.add(token)
        tx.session.flush()
        assert tx.session.scalars(select(MailToken.id).where(MailToken.id == token.id)).all() == [token.id]


@pytest.mark.parametrize(
    "statement",
    [
        select(User.password_hash),
        select(Invitation.token_hash),
        select(MailToken.token_hash),
        update(Mail).values(email="a@example.com"),
        update(Invitation).values(email="a@example.com"),
        update(User).values(name="Mallory"),
        delete(Mail),
        insert(Mail).values(id=new_id(), kind="sign_up", email="a@example.com"),
    ],
    ids=str,
)
def test_the_mailer_neither_reads_secrets_nor_changes_whom_a_mail_is_for(
    statement: Any, as_login: AsLogin, workspace: UUID
):
    with as_login(security.SEND_MAIL):
        reason = refused(lambda session: session.execute(statement), None, security.MAILER)
    assert "permission denied" in reason


# Pruning


def test_the_pruner_deletes_by_time_and_reads_nothing_personal(
    workspace: UUID, as_login: AsLogin, superuser: psycopg.Connection[Any]
):
    person = factories.make_user().id
    session = factories.make_session(person, user_agent="a browser")
    with as_login(security.PRUNE):
        for column in (UserSession.user_id, UserSession.address, Mail.email, MailToken.token_hash):
            read = select(column)
            reason = refused(lambda s, r=read: s.execute(r), None, security.PRUNER)
            assert "permission denied" in reason, str(column)
        for column in (IdempotencyKey.response, Invitation.email, Media.file_name, Export.workspace_id):
            read = select(column)
            reason = refused(lambda s, r=read: s.execute(r), None, security.PRUNER)
            assert "permission denied" in reason, str(column)
        with transaction(role=security.PRUNER) as tx:
            past = delete(UserSession).where(
                UserSession.id == session.id, UserSession.expires_at < tx.now + timedelta(days=31)
            )
            assert tx.session.connection().execute(past).rowcount == 1


def test_the_pruner_does_not_see_media_in_use(workspace: UUID, as_login: AsLogin):
    with transaction(workspace) as tx:
        used = factories.make_media(tx.session).id
        left = factories.make_media(tx.session, status="pending").id
    with as_login(security.PRUNE), transaction(role=security.PRUNER) as tx:
        seen = tx.session.scalars(select(Media.id).where(Media.id.in_([used, left]))).all()
        assert seen == [left]
        assert tx.session.connection().execute(delete(Media).where(Media.id == used)).rowcount == 0


# Erasing


def test_the_eraser_empties_a_deleted_workspace_and_cannot_reach_a_living_one(
    workspace: UUID, other: UUID, as_login: AsLogin
):
    for tenant in (workspace, other):
        _fill(tenant)
    _delete(workspace)
    with as_login(security.ERASE):
        with transaction(role=security.ERASER) as tx:
            found = tx.session.execute(select(Workspace.id, Workspace.erased_at)).all()
            assert (workspace, None) in [tuple(row) for row in found]
            assert other not in [row.id for row in found]
        for tenant, gone in ((other, 0), (workspace, 1)):
            with transaction(tenant, role=security.ERASER) as tx:
                for name, column in erased_tables().items():
                    empty = text(f"DELETE FROM {name} WHERE {column} = :id")  # noqa: S608  # our own tables
                    count = tx.session.connection().execute(empty, {"id": tenant}).rowcount
                    assert count == (gone if name in FILLED else 0), name
        with transaction(workspace, role=security.ERASER) as tx:
            done = update(Workspace).where(Workspace.id == workspace).values(erased_at=tx.now, name="")
            assert tx.session.connection().execute(done).rowcount == 1
    with transaction(other) as tx:
        assert tx.session.scalar(select(func.count()).select_from(Content)) == 1
    with transaction(workspace) as tx:
        assert tx.session.scalar(select(func.count()).select_from(Content)) == 0
        assert tx.session.scalar(select(func.count()).select_from(AuditEntry)) == 1, "the trail stays"


FILLED = {"content", "media", "platform_connections", "workspace_keys", "personal_keys", "exports"}


def _fill(workspace: UUID) -> None:
    organization = organization_of(workspace)
    with transaction(workspace) as tx:
        factories.make_content(tx.session)
        factories.make_media(tx.session)
        factories.make_connection(tx.session)
        tx.session.add(WorkspaceKey(workspace_id=workspace, version=1, wrapped_key=b"wrapped"))
        tx.session.add(PersonalKey(owner_id=workspace, wrapped="wrapped"))
        tx.session.add(Export(workspace_id=workspace))
        what = {"actor_kind": "system", "action": "content.created", "target_kind": "content"}
        tx.session.add(AuditEntry(workspace_id=workspace, organization_id=organization, **what))


def _delete(workspace: UUID) -> None:
    with transaction(workspace) as tx:
        tx.session.execute(update(Workspace).values(deleted_at=tx.now))


@pytest.mark.parametrize(
    "statement",
    [
        select(Content.original_text),
        select(PlatformConnection.access_token),
        select(Workspace.name),
        update(Workspace).values(deleted_at=None),
        delete(Workspace),
        update(Content).values(original_text="another"),
    ],
    ids=str,
)
def test_the_eraser_reads_no_content_and_revives_nothing(statement: Any, as_login: AsLogin, workspace: UUID):
    _delete(workspace)
    with as_login(security.ERASE):
        reason = refused(lambda session: session.execute(statement), workspace, security.ERASER)
    assert "permission denied" in reason


# Rotating keys


def test_the_rotator_changes_one_workspaces_sealed_texts_at_a_time(
    workspace: UUID, other: UUID, as_login: AsLogin
):
    for tenant in (workspace, other):
        with transaction(tenant) as tx:
            factories.make_connection(tx.session)
            factories.make_webhook(tx.session)
            tx.session.add(WorkspaceKey(workspace_id=tenant, version=1, wrapped_key=b"wrapped"))
    with as_login(security.ROTATE_KEYS), transaction(workspace, role=security.ROTATOR) as tx:
        assert {workspace, other} <= set(tx.session.scalars(select(Workspace.id)))
        connection = tx.session.connection()
        assert connection.execute(update(PlatformConnection).values(access_token="anew")).rowcount == 1
        assert connection.execute(update(Webhook).values(secret="anew")).rowcount == 1
        assert connection.execute(update(WorkspaceKey).values(retired_at=tx.now)).rowcount == 1
        assert tx.session.scalars(select(PlatformConnection.access_token)).all() == ["anew"]


@pytest.mark.parametrize(
    "action",
    [
        update(PlatformConnection).values(status="active"),
        update(Webhook).values(url="https://example.com"),
        select(Webhook.url),
        select(Workspace.name),
        delete(PlatformConnection),
        insert(WorkspaceKey).values(workspace_id=new_id(), version=1, wrapped_key=b"planted"),
    ],
    ids=str,
)
def test_the_rotator_changes_nothing_else(action: Any, as_login: AsLogin, workspace: UUID):
    with as_login(security.ROTATE_KEYS):
        reason = refused(lambda session: session.execute(action), workspace, security.ROTATOR)
    assert "permission denied" in reason or "row-level security" in reason


# Archives


def test_waiting_archives_are_told_to_their_writer_by_ids_alone(
    workspace: UUID, as_login: AsLogin, superuser: psycopg.Connection[Any]
):
    person = factories.make_user().id
    superuser.execute("DELETE FROM exports")
    with transaction(workspace) as tx:
        mine = Export(workspace_id=workspace, created_at=tx.now)
        tx.session.add(mine)
    with as_login(security.ACCOUNTS), transaction(user_id=person) as tx:
        theirs = Export(user_id=person, created_at=tx.now)
        claimed = tx.now + timedelta(minutes=1)
        tx.session.add(theirs)
    ask = text("SELECT * FROM waiting_exports(10)")
    with as_login(security.WRITE_EXPORT):
        with transaction() as tx:
            found = [tuple(row) for row in tx.session.execute(ask)]
            assert found == [(mine.id, workspace, None), (theirs.id, None, person)]
        with transaction(workspace, role=security.APP) as tx:
            tx.session.execute(update(Export).values(status="running", claimed_until=claimed))
        with transaction(user_id=person, role=security.ACCOUNTS) as tx:
            tx.session.execute(update(Export).values(status="ready"))
        with transaction() as tx:
            assert tx.session.execute(ask).all() == []
    assert "permission denied" in refused(lambda session: session.execute(ask), workspace)
