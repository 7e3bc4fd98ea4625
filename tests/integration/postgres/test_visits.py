"""Who is calling, found in one statement: programs by their key, people by their session."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import update

from lamplighter.ids import new_id
from lamplighter.postgres import security
from lamplighter.postgres.models import ApiKey, Organization, PersonalKey, User, UserSession, Workspace
from lamplighter.postgres.session import lookup, transaction
from tests import factories
from tests.conftest import Database
from tests.integration.postgres.conftest import RATES, AsLogin, organization_of, refused
from tests.integration.postgres.visits import buckets, by_key, by_session, key_of, last_used


def delete(workspace: UUID, *, organization: bool = False) -> None:
    with transaction(workspace, organization_id=organization_of(workspace)) as tx:
        model = Organization if organization else Workspace
        tx.session.execute(update(model).values(deleted_at=tx.now))


def test_a_key_is_found_by_any_of_its_hashes(workspace: UUID):
    key = key_of(workspace, permissions=["content:read"], type="test", connection_ids=[new_id()])
    key_of(factories.make_workspace().id)
    row = by_key(key)
    assert row is not None
    assert (row["key_id"], row["workspace_id"]) == (key.id, workspace)
    assert row["organization_id"] == organization_of(workspace)
    assert (row["type"], row["permissions"]) == ("test", ["content:read"])
    assert (row["connection_ids"], row["expires_at"], row["revoked_at"]) == (key.connection_ids, None, None)
    assert (row["plan_id"], row["personal_key"]) == ("starter", None)


def test_an_unknown_key_has_no_row(workspace: UUID):
    key_of(workspace)
    assert lookup("authenticate_key", ["no such hash"], RATES) is None
    assert lookup("authenticate_key", [], RATES) is None


def test_a_key_brings_the_key_that_seals_its_workspaces_personal_fields(workspace: UUID):
    key = key_of(workspace)
    with transaction(workspace) as tx:
        tx.session.add(PersonalKey(owner_id=workspace, wrapped="wrapped"))
    row = by_key(key)
    assert row is not None
    assert row["personal_key"] == "wrapped"


@pytest.mark.parametrize("organization", [False, True])
def test_a_key_of_a_deleted_tenant_has_no_row(workspace: UUID, organization: bool):
    key = key_of(workspace)
    delete(workspace, organization=organization)
    assert by_key(key) is None


@pytest.mark.parametrize("ended", ["revoked_at", "expires_at"])
def test_an_ended_key_is_told_and_takes_nothing(
    workspace: UUID, ended: str, superuser: psycopg.Connection[Any]
):
    with transaction(workspace) as tx:
        key = factories.make_api_key(tx.session, **{ended: tx.now - timedelta(seconds=1)})
    row = by_key(key)
    assert row is not None
    assert row[ended] == getattr(key, ended)
    assert (row["allowed"], row["remaining"]) == (None, None)
    assert buckets(superuser, f"key:{key.id}", f"workspace:{workspace}") == 0
    assert last_used(superuser, "api_keys", key.id) is None


def test_a_person_outside_of_any_tenant(session: UserSession):
    row = by_session(session)
    assert row is not None
    assert (row["user_id"], row["session_id"]) == (session.user_id, session.id)
    assert _place(row) == (None, None, None)
    assert (row["plan_id"], row["personal_key"]) == (None, None)
    assert (row["allowed"], row["policy"], row["quota"], row["window_s"]) == (True, "principal", 100, 20)


@pytest.mark.parametrize(
    ("organization_role", "own", "effective"),
    [
        ("owner", None, "admin"),
        ("admin", None, "admin"),
        ("admin", "viewer", "admin"),
        ("billing", None, None),
        ("member", None, None),
        ("member", "approver", "approver"),
        (None, "editor", "editor"),
        (None, None, None),
    ],
)
def test_the_role_in_a_workspace(
    session: UserSession,
    workspace: UUID,
    organization_role: str | None,
    own: str | None,
    effective: str | None,
):
    organization = organization_of(workspace)
    if organization_role is not None:
        factories.make_organization_member(organization, session.user_id, organization_role)
    if own is not None:
        factories.make_member(workspace, session.user_id, own)
    row = by_session(session, workspace)
    assert row is not None
    assert _place(row) == (organization, organization_role, effective)


def test_the_role_in_an_organization(session: UserSession, workspace: UUID):
    organization = organization_of(workspace)
    factories.make_organization_member(organization, session.user_id, "billing")
    row = by_session(session, organization=organization)
    assert row is not None
    assert _place(row) == (organization, "billing", None)
    assert row["plan_id"] == "starter"


def test_who_is_invited_and_did_not_join_has_no_role(
    session: UserSession, workspace: UUID, superuser: psycopg.Connection[Any]
):
    factories.make_member(workspace, session.user_id, "admin")
    factories.make_organization_member(organization_of(workspace), session.user_id, "owner")
    for table in ("workspace_members", "organization_members"):
        statement = f"UPDATE {table} SET joined_at = NULL WHERE user_id = %s"  # noqa: S608  # our own tables
        superuser.execute(statement.encode(), [session.user_id])
    row = by_session(session, workspace)
    assert row is not None
    assert _place(row)[1:] == (None, None)


@pytest.mark.parametrize("organization", [False, True])
def test_a_deleted_tenant_is_as_an_unknown_one(session: UserSession, workspace: UUID, organization: bool):
    owner = organization_of(workspace)
    factories.make_member(workspace, session.user_id, "admin")
    factories.make_organization_member(owner, session.user_id, "owner")
    delete(workspace, organization=organization)
    row, unknown = by_session(session, workspace), by_session(session, new_id())
    assert row is not None
    assert unknown is not None
    assert _place(row) == _place(unknown) == (None, None, None)
    assert row["plan_id"] is None
    if organization:
        row = by_session(session, organization=owner)
        assert row is not None
        assert _place(row) == (None, None, None)


def test_a_session_must_be_the_persons_and_alive(session: UserSession, superuser: psycopg.Connection[Any]):
    assert by_session(session) is not None
    assert lookup("authenticate_user", session.id, new_id(), None, None, RATES) is None
    assert lookup("authenticate_user", new_id(), session.user_id, None, None, RATES) is None
    for change in ("expires_at = clock_timestamp()", "expires_at = 'infinity', revoked_at = now()"):
        statement = f"UPDATE sessions SET {change} WHERE id = %s"  # noqa: S608  # our own words
        superuser.execute(statement.encode(), [session.id])
        assert by_session(session) is None


def test_a_deleted_persons_session_is_over(session: UserSession, as_login: AsLogin):
    with as_login(security.ACCOUNTS), transaction(user_id=session.user_id) as tx:
        tx.session.execute(update(User).values(deleted_at=tx.now))
    assert by_session(session) is None


def test_a_role_that_changes_is_told_at_once(session: UserSession, workspace: UUID):
    member = factories.make_member(workspace, session.user_id, "editor")
    assert _role(by_session(session, workspace)) == "editor"
    with transaction(workspace) as tx:
        tx.session.execute(update(type(member)).values(role="viewer"))
    assert _role(by_session(session, workspace)) == "viewer"


def test_a_person_brings_the_key_that_seals_their_personal_fields(session: UserSession, as_login: AsLogin):
    with as_login(security.ACCOUNTS), transaction(user_id=session.user_id) as tx:
        tx.session.add(PersonalKey(owner_id=session.user_id, wrapped="wrapped"))
    row = by_session(session)
    assert row is not None
    assert row["personal_key"] == "wrapped"


@pytest.mark.parametrize("table", ["api_keys", "sessions"])
def test_last_use_is_written_at_most_once_a_minute(
    workspace: UUID, session: UserSession, table: str, superuser: psycopg.Connection[Any]
):
    key = key_of(workspace)
    id_ = key.id if table == "api_keys" else session.id

    def ask() -> object:
        return by_key(key) if table == "api_keys" else by_session(session)

    ask()
    first = last_used(superuser, table, id_)
    assert first is not None
    ask()
    assert last_used(superuser, table, id_) == first
    back = f"UPDATE {table} SET last_used_at = last_used_at - interval '61 s' WHERE id = %s"  # noqa: S608
    superuser.execute(back.encode(), [id_])
    ask()
    assert last_used(superuser, table, id_) > first


def test_a_key_that_is_being_changed_still_opens(workspace: UUID, superuser: psycopg.Connection[Any]):
    """Whoever changes its row holds it; the request waits for nobody."""
    key = key_of(workspace)
    with transaction(workspace) as tx:
        tx.session.execute(update(ApiKey).values(name="Another"))
        assert by_key(key) is not None
    assert last_used(superuser, "api_keys", key.id) is None


def test_no_other_login_asks(workspace: UUID, as_login: AsLogin):
    key = key_of(workspace)
    for login in set(security.LOGINS) - {security.APP, security.ACCOUNTS}:
        with as_login(login), pytest.raises(psycopg.errors.InsufficientPrivilege):
            by_key(key)


def test_the_inner_function_is_nobodys(database: Database):
    for login in (security.APP, security.ACCOUNTS):
        with (
            psycopg.connect(database.url(login)) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("SELECT gcra('b', 1, 1)")
    assert "permission denied" in refused(lambda s: s.connection().exec_driver_sql("TABLE rate_limits"))


def _place(row: dict[str, Any]) -> tuple[Any, Any, Any]:
    return row["organization_id"], row["organization_role"], row["workspace_role"]


def _role(row: dict[str, Any] | None) -> Any:
    assert row is not None
    return row["workspace_role"]
