"""The login that looks for credentials that end: it sees when, and nothing else."""

from uuid import UUID

from sqlalchemy import select, text

from lamplighter.postgres import security
from lamplighter.postgres.session import transaction
from tests.integration.postgres.conftest import AsLogin, refused


def test_it_sees_when_credentials_end_and_nothing_else(workspace: UUID, as_login: AsLogin):
    seen = {"id", "workspace_id", "status", "token_expires_at", "expiry_told"}
    with as_login(security.TELL_EXPIRING):
        for table in security.tables():
            for column in table.columns:
                if table.name == "platform_connections" and column.name in seen:
                    continue
                one = select(column).limit(1)
                reason = refused(lambda session, s=one: session.execute(s), None, security.WATCHER)
                assert "permission denied" in reason, column
        with transaction(role=security.WATCHER) as tx:
            for name in seen:
                tx.session.execute(text(f"SELECT {name} FROM platform_connections LIMIT 1"))  # noqa: S608
        change = text("UPDATE platform_connections SET expiry_told = NULL")
        reason = refused(lambda session: session.execute(change), None, security.WATCHER)
        assert "permission denied" in reason
