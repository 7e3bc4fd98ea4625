"""A migrated database is what the models and `postgres.security` declare; a difference would be noticed."""

from pathlib import Path

import pytest

from infra.tools import erd, migrations_generate
from lamplighter.postgres import migrations
from lamplighter.postgres.catalog import catalog, differences
from tests.cluster import SCRIPTS
from tests.integration.migrations.conftest import NewDatabase, read


def test_migrating_and_building_from_the_models_come_to_the_same(new_database: NewDatabase):
    built, migrated = new_database(), new_database()
    migrations_generate.build_from_models(built)
    migrations.upgrade(migrated, SCRIPTS)
    assert differences(read(migrated), read(built)) == []


@pytest.mark.parametrize(
    ("statement", "noticed"),
    [
        ("DROP POLICY tenant ON media", "policy media.tenant"),
        ("ALTER POLICY tenant ON media USING (true)", "policy media.tenant"),
        ("ALTER POLICY tenant ON media TO public", "policy media.tenant"),
        ("CREATE POLICY more ON media USING (true)", "policy media.more"),
        ("ALTER TABLE media NO FORCE ROW LEVEL SECURITY", "row security media"),
        ("ALTER TABLE media DISABLE ROW LEVEL SECURITY", "row security media"),
        ("ALTER TABLE media OWNER TO postgres", "table media"),
        ("GRANT DELETE ON publication_attempts TO lamplighter_app", "grant TABLE publication_attempts"),
        (
            "GRANT UPDATE (number) ON publication_attempts TO lamplighter_app",
            "grant TABLE publication_attempts",
        ),
        ("REVOKE UPDATE (lease_until) ON dispatches FROM lamplighter_dispatcher", "grant TABLE dispatches"),
        ("GRANT EXECUTE ON FUNCTION my_workspaces() TO public", "grant FUNCTION my_workspaces()"),
        ("GRANT CREATE ON SCHEMA public TO lamplighter_app", "grant SCHEMA public lamplighter_app"),
        ("ALTER FUNCTION my_workspaces() OWNER TO postgres", "function my_workspaces()"),
        ("ALTER FUNCTION my_workspaces() RESET search_path", "function my_workspaces()"),
        ("ALTER FUNCTION my_workspaces() SECURITY INVOKER", "function my_workspaces()"),
        ("ALTER FUNCTION take(text, double precision, integer) STABLE", "function take("),
        ("ALTER FUNCTION gcra(text, double precision, integer) SECURITY DEFINER", "function gcra("),
        (
            "CREATE OR REPLACE FUNCTION my_organizations() RETURNS TABLE (id uuid, name varchar,"
            " slug varchar, role varchar, plan_id varchar) LANGUAGE plpgsql AS $$ BEGIN RETURN; END $$",
            "function my_organizations()",
        ),
        (
            "GRANT EXECUTE ON FUNCTION gcra(text, double precision, integer) TO lamplighter_app",
            "grant FUNCTION gcra(",
        ),
        ("DROP POLICY lookup_updates ON sessions", "policy sessions.lookup_updates"),
        (
            "ALTER POLICY lookup_inserts ON rate_limits WITH CHECK (false)",
            "policy rate_limits.lookup_inserts",
        ),
        ("REVOKE UPDATE (last_used_at) ON api_keys FROM lamplighter_lookup", "grant TABLE api_keys"),
        ("GRANT UPDATE ON audit_log TO lamplighter_app", "grant TABLE audit_log"),
        ("ALTER TABLE users DROP CONSTRAINT users_email_lower_check", "check users.users_email_lower_check"),
        ("ALTER TABLE media ALTER COLUMN status SET DEFAULT 'ready'", "column media.status"),
        ("ALTER TABLE media ALTER COLUMN object_key DROP NOT NULL", "column media.object_key"),
        ("ALTER TABLE media ALTER COLUMN file_name TYPE text", "column media.file_name"),
        ("ALTER TABLE media ADD COLUMN more text", "column media.more"),
        ("ALTER TABLE dispatches SET (fillfactor = 100)", "table dispatches"),
        ("ALTER TABLE outbox_events SET UNLOGGED", "table outbox_events"),
        ("ALTER TABLE rate_limits SET LOGGED", "table rate_limits"),
        ("COMMENT ON TABLE media IS 'something else'", "table media"),
        ("DROP INDEX idx_pub_scheduled", "index idx_pub_scheduled"),
        (
            "DROP INDEX idx_pub_scheduled; CREATE INDEX idx_pub_scheduled ON publications (scheduled_at)",
            "index idx_pub_scheduled",
        ),
        (
            "ALTER TABLE content DROP CONSTRAINT content_workspace_id_campaign_id_fkey;"
            "ALTER TABLE content ADD CONSTRAINT content_workspace_id_campaign_id_fkey"
            " FOREIGN KEY (workspace_id, campaign_id) REFERENCES campaigns (workspace_id, id)",
            "constraint content.content_workspace_id_campaign_id_fkey",
        ),
        ("CREATE VIEW everything AS SELECT * FROM users", "view everything"),
        ("CREATE TYPE colour AS ENUM ('red')", "type colour"),
    ],
)
def test_a_difference_is_noticed(migrated_copy: str, statement: str, noticed: str):
    with migrations.engine(migrated_copy).connect() as connection:
        with connection.begin():
            before = catalog(connection)
        with connection.begin() as undone:
            connection.exec_driver_sql(statement)
            found = differences(before, catalog(connection))
            undone.rollback()
    assert [line for line in found if line[2:].startswith(noticed)] != []


def test_the_committed_sql_is_what_the_migrations_do():
    assert migrations_generate.stale(SCRIPTS) == []


def test_stale_sql_is_noticed(scripts: Path):
    versions = scripts / "versions"
    (versions / "0001_foundation.up.sql").write_text("-- not what it does\n")
    (versions / "0001_foundation.down.sql").unlink()
    (versions / "0000_nothing.up.sql").write_text("")
    names = [path.name for path in migrations_generate.stale(scripts)]
    assert names == ["0000_nothing.up.sql", "0001_foundation.down.sql", "0001_foundation.up.sql"]


def test_the_pages_diagram_and_tables_are_what_the_models_say():
    page = erd.PAGE.read_text()
    assert erd.updated(page) == page
    assert erd.updated(page.replace("uuid id PK", "uuid other PK")) == page
