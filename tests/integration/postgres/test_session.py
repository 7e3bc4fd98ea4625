"""A transaction: one tenant, one clock, one way out."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError, OperationalError

from lamplighter.ids import new_id
from lamplighter.postgres.models import Content
from lamplighter.postgres.session import lookup, move_clock, transaction
from tests.conftest import Database
from tests.factories import make_api_key, make_content
from tests.integration.postgres.conftest import RATES


def _contents(workspace: UUID) -> int:
    with transaction(workspace) as tx:
        return tx.session.scalar(select(func.count()).select_from(Content)) or 0


def test_what_a_block_wrote_is_there_after_it(workspace: UUID):
    with transaction(workspace) as tx:
        made = make_content(tx.session)
    with transaction(workspace) as tx:
        assert tx.session.get(Content, made.id) is not None


def test_a_block_that_raises_leaves_nothing(workspace: UUID):
    def fail() -> None:
        with transaction(workspace) as tx:
            make_content(tx.session)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert _contents(workspace) == 0


def test_a_failed_statement_leaves_nothing_and_the_next_transaction_works(workspace: UUID):
    def fail() -> None:
        with transaction(workspace) as tx:
            make_content(tx.session)
            make_content(tx.session, status="no such status")

    with pytest.raises(IntegrityError):
        fail()
    assert _contents(workspace) == 0


def test_rows_can_be_read_after_their_transaction(workspace: UUID):
    with transaction(workspace) as tx:
        made = make_content(tx.session)
    assert made.original_text == "Good evening"
    assert made.status == "draft"


def test_now_is_the_databases_clock_in_utc(database: Database):
    with transaction() as tx:
        assert tx.now.utcoffset() == timedelta(0)
        assert tx.session.scalar(select(func.clock_timestamp())) - tx.now < timedelta(seconds=5)
    assert abs(datetime.now(UTC) - tx.now) < timedelta(seconds=60)


def test_a_moved_clock_moves_every_later_now(database: Database):
    with transaction() as tx:
        before = tx.now
    try:
        move_clock(timedelta(days=3))
        with transaction() as tx:
            assert timedelta(days=3) <= tx.now - before < timedelta(days=3, minutes=1)
    finally:
        move_clock(None)
    with transaction() as tx:
        assert tx.now - before < timedelta(minutes=1)


def test_the_tenant_ends_with_the_transaction(workspace: UUID):
    show = select(
        *(func.current_setting(f"app.{name}_id", True) for name in ("workspace", "organization", "user"))
    )
    with transaction(workspace, organization_id=new_id(), user_id=new_id()) as tx:
        assert all(tx.session.execute(show).one())
    with transaction() as tx:
        assert tx.session.execute(show).one() == ("", "", "")


def test_one_round_trip_begins_and_the_session_is_utc(database: Database):
    with transaction() as tx:
        assert tx.session.scalar(text("SHOW timezone")) == "UTC"
        assert tx.session.scalar(text("SHOW statement_timeout")) == "8s"
        assert tx.session.scalar(text("SHOW lock_timeout")) == "5s"
        assert tx.session.scalar(text("SHOW idle_in_transaction_session_timeout")) == "30s"


def test_a_connection_that_died_while_idle_is_replaced(
    workspace: UUID, superuser: psycopg.Connection[tuple[int]]
):
    with transaction(workspace) as tx:
        pid = tx.session.scalar(text("SELECT pg_backend_pid()"))
    superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    with transaction(workspace) as tx:
        assert tx.session.scalar(text("SELECT pg_backend_pid()")) != pid
        assert make_content(tx.session).workspace_id == workspace


def test_a_connection_that_dies_inside_a_transaction_is_an_error(
    workspace: UUID, superuser: psycopg.Connection[tuple[int]]
):
    def fail() -> None:
        with transaction(workspace) as tx:
            make_content(tx.session)
            pid = tx.session.scalar(text("SELECT pg_backend_pid()"))
            superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            make_content(tx.session)

    with pytest.raises(OperationalError):
        fail()
    assert _contents(workspace) == 0


def _key(workspace: UUID) -> str:
    with transaction(workspace) as tx:
        return make_api_key(tx.session).key_hash


def test_a_lookup_answers_its_row_and_the_clock(workspace: UUID):
    found = lookup("authenticate_key", ["no such hash", _key(workspace)], RATES)
    assert found is not None
    row, now = found
    assert row["workspace_id"] == workspace
    with transaction() as tx:
        assert timedelta() <= tx.now - now < timedelta(seconds=60)
    assert lookup("authenticate_key", ["no such hash"], RATES) is None


def test_a_moved_clock_moves_a_lookups_now_too(workspace: UUID):
    with transaction() as tx:
        before = tx.now
    try:
        move_clock(timedelta(days=3))
        found = lookup("authenticate_key", [_key(workspace)], RATES)
    finally:
        move_clock(None)
    assert found is not None
    assert timedelta(days=3) <= found[1] - before < timedelta(days=3, minutes=1)


def test_a_lookup_replaces_a_connection_that_died_while_idle(
    workspace: UUID, superuser: psycopg.Connection[tuple[int]]
):
    key_hash = _key(workspace)
    with transaction() as tx:
        pid = tx.session.scalar(text("SELECT pg_backend_pid()"))
    superuser.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    assert lookup("authenticate_key", [key_hash], RATES) is not None


def test_only_the_listed_functions_are_looked_up(database: Database):
    with pytest.raises(ValueError, match="my_workspaces"):
        lookup("my_workspaces")


def test_only_the_listed_roles_may_be_entered(database: Database):
    with pytest.raises(ValueError, match="lamplighter_owner"), transaction(role="lamplighter_owner"):
        pass


def test_an_id_that_is_no_uuid_never_reaches_the_database(database: Database):
    with pytest.raises(AttributeError), transaction("' OR true --"):  # type: ignore[arg-type]
        pass
