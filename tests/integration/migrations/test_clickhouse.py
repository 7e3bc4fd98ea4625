"""ClickHouse's migrations, on the real engine."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lamplighter.clickhouse import migrations
from lamplighter.clickhouse.migrations import Changed, Migration
from lamplighter.clickhouse.rehearsal import Failed, rehearse

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

ONE = Migration(
    1, "one", "CREATE TABLE IF NOT EXISTS one (a UInt8) ENGINE = MergeTree ORDER BY a;", "DROP TABLE one;"
)
TWO = Migration(2, "two", "ALTER TABLE one ADD COLUMN b UInt8;", "ALTER TABLE one DROP COLUMN b;")


def tables(client: "Client") -> set[str]:
    rows = client.query("SELECT name FROM system.tables WHERE database = currentDatabase()").result_rows
    return {str(name) for (name,) in rows} - {"schema_migrations"}


def test_they_go_up_down_and_up_with_rows(clickhouse: "Client", clickhouse_steps: list[Migration]):
    assert migrations.status(clickhouse, clickhouse_steps).current == 0
    assert migrations.upgrade(clickhouse, clickhouse_steps).pending == ()
    assert tables(clickhouse) == {"post_metrics", "daily_aggregates"}
    clickhouse.command(
        "INSERT INTO daily_aggregates (workspace_id, date, platform) VALUES ('w', '2026-01-01', 'x')"
    )
    assert migrations.downgrade(clickhouse, clickhouse_steps, 0).current == 0
    assert tables(clickhouse) == set()
    assert migrations.upgrade(clickhouse, clickhouse_steps).current == len(clickhouse_steps)


def test_applying_twice_changes_nothing(clickhouse: "Client"):
    migrations.upgrade(clickhouse, [ONE])
    migrations.upgrade(clickhouse, [ONE])
    assert clickhouse.command("SELECT count() FROM schema_migrations") == 1


def test_only_what_is_pending_runs_and_only_as_far_as_asked(clickhouse: "Client"):
    assert migrations.upgrade(clickhouse, [ONE, TWO], to=1).pending == (2,)
    assert migrations.upgrade(clickhouse, [ONE, TWO]).pending == ()
    assert migrations.downgrade(clickhouse, [ONE, TWO], 1).current == 1
    assert (
        clickhouse.command(
            "SELECT count() FROM system.columns WHERE table = 'one' AND database = currentDatabase()"
        )
        == 1
    )


def test_a_migration_that_broke_half_way_is_run_again(clickhouse: "Client"):
    broken = Migration(1, "one", ONE.up + "\nSELECT throwIf(1);", ONE.down)
    with pytest.raises(Exception, match="throwIf"):
        migrations.upgrade(clickhouse, [broken])
    assert migrations.status(clickhouse, [broken]).pending == (1,)
    assert migrations.upgrade(clickhouse, [ONE]).pending == ()


def test_what_was_changed_after_it_was_applied_is_refused(clickhouse: "Client"):
    migrations.upgrade(clickhouse, [ONE])
    with pytest.raises(Changed, match="0001"):
        migrations.upgrade(clickhouse, [Migration(1, "one", ONE.up + " ", ONE.down), TWO])
    with pytest.raises(Changed, match="0001"):
        migrations.status(clickhouse, [])


@pytest.mark.parametrize(
    "names", [["0001_a.up.sql"], ["1_a.up.sql", "1_a.down.sql"], ["0002_a.up.sql", "0002_a.down.sql"]]
)
def test_a_gap_or_a_missing_rollback_is_refused(tmp_path: Path, names: list[str]):
    for name in names:
        (tmp_path / name).write_text("SELECT 1;\n")
    with pytest.raises(ValueError, match=names[0]):
        migrations.migrations(tmp_path)


def test_statements_end_at_a_semicolon_that_ends_a_line():
    script = "-- a comment; with a semicolon\nSELECT ';' AS a;\n\nSELECT 2;\n-- the end\n"
    assert list(migrations.statements(script)) == [
        "-- a comment; with a semicolon\nSELECT ';' AS a",
        "SELECT 2",
    ]


def test_a_rehearsal_copies_the_rows_and_leads_back(clickhouse: "Client", clickhouse_copy: "Client"):
    migrations.upgrade(clickhouse, [ONE])
    clickhouse.command("INSERT INTO one VALUES (1), (2)")
    source = str(clickhouse.command("SELECT currentDatabase()"))
    done = rehearse(clickhouse, source, clickhouse_copy, [ONE, TWO])
    assert (done.version, done.rolled_back_to, done.rows) == (2, 1, 2)
    assert migrations.status(clickhouse, [ONE, TWO]).pending == (2,)


def test_a_rollback_that_does_not_lead_back_is_found_out(clickhouse: "Client", clickhouse_copy: "Client"):
    migrations.upgrade(clickhouse, [ONE])
    source = str(clickhouse.command("SELECT currentDatabase()"))
    bad = Migration(2, "two", "ALTER TABLE one ADD COLUMN IF NOT EXISTS b UInt8;", "SELECT 1;")
    with pytest.raises(Failed, match="rolling back"):
        rehearse(clickhouse, source, clickhouse_copy, [ONE, bad])
