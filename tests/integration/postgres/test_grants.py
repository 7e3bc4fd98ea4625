"""Who may do what in the database, all of it, against a list that a person read."""

from pathlib import Path

from sqlalchemy import text

from lamplighter.postgres import migrations, security
from lamplighter.postgres.base import Base
from lamplighter.postgres.catalog import who_may_do_what
from tests.conftest import Database

LIST = Path(__file__).with_name("who_may_do_what.txt")


def test_who_may_do_what(database: Database):
    """Where this fails on purpose, read the difference, then put the printed list into the file."""
    migrated = database.url("postgres")
    with migrations.engine(migrated).begin() as connection:
        found = "\n".join(who_may_do_what(connection)) + "\n"
    print(found)  # noqa: T201  # what a person is to read
    assert found == LIST.read_text()


def test_every_table_has_tenancy_or_a_reason(database: Database):
    with migrations.engine(database.url("postgres")).connect() as connection:
        rows = connection.execute(
            text(
                "SELECT c.oid::regclass::text, c.relrowsecurity AND c.relforcerowsecurity,"
                " EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)"
                " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
                " WHERE n.nspname IN ('public', 'sandbox') AND c.relkind IN ('r', 'p')"
            )
        ).all()
    open_to_all = {name for name, forced, guarded in rows if not (forced and guarded)}
    assert open_to_all == {"alembic_version", *security.UNTENANTED}


def test_every_table_of_a_tenant_has_a_column_that_names_it():
    """By workspace, but for what stands above workspaces."""
    above = {"users", "organizations", "organization_members", "workspaces"}
    for table in Base.metadata.tables.values():
        if table.schema is None and table.name not in above:
            assert "workspace_id" in table.columns, table.name


def test_foreign_keys_between_a_workspaces_tables_carry_the_workspace():
    alone = {
        f"{table.name}.{key.column_keys[0]}"
        for table in Base.metadata.tables.values()
        for key in table.foreign_key_constraints
        if "workspace_id" in key.referred_table.columns and "workspace_id" not in key.column_keys
    }
    assert alone == {"content.template_id"}, "a system template has no workspace; the policy checks it"


def test_no_login_owns_anything_or_inherits(database: Database):
    with migrations.engine(database.url("postgres")).connect() as connection:
        owners = connection.execute(
            text(
                "SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class c"
                " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname IN ('public', 'sandbox')"
            )
        ).scalars()
        assert set(owners) == {security.OWNER}
