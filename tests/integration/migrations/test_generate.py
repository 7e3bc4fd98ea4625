"""`make migration` writes what the models and `postgres.security` have and the migrations do not."""

from pathlib import Path

import pytest

from infra.tools.migrations_generate import generate
from lamplighter.postgres import migrations
from lamplighter.postgres.rehearsal import rehearse
from tests.cluster import SCRIPTS
from tests.integration.migrations.conftest import NewDatabase

KNOWN = migrations.revisions(SCRIPTS)
NEXT = f"{len(KNOWN) + 1:04d}"


@pytest.fixture
def behind(scripts: Path) -> Path:
    """Migrations from before a few things were added to the models and to security."""
    first = scripts / "versions" / "0001_foundation.py"
    text = first.read_text()
    for later in (
        'sa.Column("language", sa.String(length=20), nullable=True),',
        'sa.CheckConstraint("end_date >= start_date", name=op.f("campaigns_dates_check")),',
        'op.execute("GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE ab_tests TO lamplighter_app")',
        'op.execute("ALTER TABLE media FORCE ROW LEVEL SECURITY")',
    ):
        assert later in text
        text = text.replace(later, "")
    assert "USING ((workspace_id IS NULL))" in text
    first.write_text(text.replace("USING ((workspace_id IS NULL))", "USING (true)"))
    return scripts


def test_what_is_missing_is_generated_with_its_rollback(behind: Path):
    written, left = generate(behind, "Catch up")
    assert left == []
    assert [path.name for path in written] == [
        f"{NEXT}_catch_up.py",
        f"{NEXT}_catch_up.up.sql",
        f"{NEXT}_catch_up.down.sql",
    ]
    up, down = (path.read_text() for path in written[1:])
    assert "ALTER TABLE content ADD COLUMN language VARCHAR(20)" in up
    assert "ADD CONSTRAINT campaigns_dates_check" in up
    assert "GRANT DELETE, INSERT, SELECT, UPDATE ON TABLE ab_tests TO lamplighter_app" in up
    assert "ALTER TABLE media FORCE ROW LEVEL SECURITY" in up
    assert up.index("DROP POLICY system ON templates") < up.index("CREATE POLICY system ON templates")
    assert "ALTER TABLE content DROP COLUMN language" in down
    assert "REVOKE ALL ON TABLE ab_tests FROM lamplighter_app" in down
    assert "USING (true)" in down
    assert up.index("SET LOCAL ROLE lamplighter_owner") < up.index("DROP POLICY")


def test_a_generated_migration_can_be_rehearsed(behind: Path, new_database: NewDatabase):
    generate(behind, "Catch up")
    url = new_database()
    migrations.upgrade(url, behind, "0001")
    done = rehearse(url, behind)
    assert (done.revision, done.rolled_back_to) == (NEXT, "0001")


def test_nothing_is_written_where_nothing_is_missing(scripts: Path):
    assert generate(scripts, "Nothing") == ([], [])
    assert len(list((scripts / "versions").glob("*.py"))) == len(KNOWN)


@pytest.fixture
def at_0001(scripts: Path) -> Path:
    """The first migration alone: everything since is missing."""
    for later in (scripts / "versions").glob("000[2-9]_*"):
        later.unlink()
    return scripts


def test_what_a_new_table_needs_comes_before_it_and_goes_after_it(at_0001: Path):
    """A key of an old table that it refers to, a role that a grant names, a policy that asks it."""
    written, left = generate(at_0001, "Everything since")
    assert left == []
    up, down = (path.read_text() for path in written[1:])
    key = "CONSTRAINT workspaces_organization_id_id_key"
    assert up.index(f"ADD {key}") < up.index("CREATE TABLE invitations")
    assert down.index("DROP TABLE invitations") < down.index(f"DROP {key}")
    assert down.index("DROP POLICY invites ON mails") < down.index("DROP TABLE invitations")
    assert up.index("CREATE ROLE lamplighter_mailer") < up.index("SET LOCAL ROLE lamplighter_owner")
    assert "CREATE ROLE lamplighter_app " not in up, "the first migration made it"
    assert "CREATE UNLOGGED TABLE rate_limits" in up
    assert "DROP ROLE" not in down, "other databases of the cluster share them"
