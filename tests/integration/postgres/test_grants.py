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


PEOPLES = {"sessions", "refresh_tokens", "mail_tokens", "oidc_identities"}
ABOVE = {"users", "organizations", "organization_members", "workspaces"}
NOBODYS = {
    "token_keys": "public",
    "rate_limits": "reached through functions alone",
    "mails": "asked for by whoever may not read them; only the sender does",
    "idempotency_keys": "scope_id is a workspace, an organization or a person",
    "personal_keys": "owner_id is a person or a workspace",
}


def test_every_table_of_a_tenant_has_a_column_that_names_it():
    """By workspace, but for what stands above workspaces, what is a person's, and what has a reason."""
    for table in Base.metadata.tables.values():
        if table.name in PEOPLES:
            assert "user_id" in table.columns, table.name
        elif table.schema is None and table.name not in ABOVE | NOBODYS.keys():
            assert "workspace_id" in table.columns, table.name


def test_nobody_changes_or_deletes_what_is_on_the_audit_log(database: Database):
    with migrations.engine(database.url("postgres")).connect() as connection:
        grants = connection.execute(
            text(
                "SELECT r.rolname FROM pg_roles r"
                " WHERE starts_with(r.rolname, 'lamplighter') AND r.rolname <> :owner"
                "   AND (has_table_privilege(r.oid, 'audit_log', 'UPDATE, DELETE, TRUNCATE')"
                "        OR has_any_column_privilege(r.oid, 'audit_log', 'UPDATE'))"
            ),
            {"owner": security.OWNER},
        )
        assert grants.all() == []


def test_functions_that_answer_across_tenants_are_closed_to_all_but_the_named(database: Database):
    with migrations.engine(database.url("postgres")).connect() as connection:
        loose = connection.execute(
            text(
                "SELECT p.oid::regprocedure::text FROM pg_proc p"
                " WHERE p.pronamespace = 'public'::regnamespace"
                "   AND NOT (p.prosecdef AND pg_get_userbyid(p.proowner) = :lookup"
                "            AND coalesce(p.proconfig = '{\"search_path=pg_catalog, pg_temp\"}', false))"
            ),
            {"lookup": security.LOOKUP},
        ).scalars()
        assert set(loose) == {"gcra(text,double precision,integer)"}, "which nobody may call from outside"
        assert (
            connection.execute(
                text(
                    "SELECT count(*) FROM aclexplode((SELECT proacl FROM pg_proc WHERE proname = 'gcra')) x"
                    " JOIN pg_roles r ON r.oid = x.grantee WHERE r.rolname <> :lookup"
                ),
                {"lookup": security.LOOKUP},
            ).scalar()
            == 0
        )


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
