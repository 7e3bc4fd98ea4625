"""Asking who is calling, and what a visit left behind."""

from typing import Any
from uuid import UUID

import psycopg

from lamplighter.postgres.models import ApiKey, UserSession
from lamplighter.postgres.session import lookup, transaction
from tests import factories
from tests.integration.postgres.conftest import RATES


def key_of(workspace: UUID, **overrides: Any) -> ApiKey:
    with transaction(workspace) as tx:
        return factories.make_api_key(tx.session, **overrides)


def by_key(key: ApiKey, plans: str = RATES) -> dict[str, Any] | None:
    found = lookup("authenticate_key", ["no such hash", key.key_hash], plans)
    return None if found is None else found[0]


def by_session(
    session: UserSession, workspace: UUID | None = None, organization: UUID | None = None, plans: str = RATES
) -> dict[str, Any] | None:
    found = lookup("authenticate_user", session.id, session.user_id, workspace, organization, plans)
    return None if found is None else found[0]


def buckets(superuser: psycopg.Connection[Any], *names: str) -> int:
    count = "SELECT count(*) FROM rate_limits WHERE bucket = ANY (%s)"
    return int(superuser.execute(count, [list(names)]).fetchone()[0])  # type: ignore[index]


def last_used(superuser: psycopg.Connection[Any], table: str, id_: UUID) -> Any:
    query = f"SELECT last_used_at FROM {table} WHERE id = %s"  # noqa: S608  # our own tables
    row = superuser.execute(query.encode(), [id_]).fetchone()
    assert row is not None
    return row[0]
