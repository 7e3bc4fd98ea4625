"""One workspace's rows come out as they count, and go without touching another's."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from lamplighter.clickhouse import migrations, tenants
from lamplighter.clickhouse.migrations import Migration
from lamplighter.clickhouse.tables import DAILY_AGGREGATES, POST_METRICS, TABLES

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINE, OTHER = UUID(int=1), UUID(int=2)


@pytest.fixture
def client(clickhouse: "Client", clickhouse_steps: list[Migration]) -> "Client":
    migrations.upgrade(clickhouse, clickhouse_steps)
    for workspace in (MINE, OTHER):
        snapshots = [(str(workspace), "p", "pp", "bluesky", 100, 10, 5, 3, 2, 1, NOON)] * 2
        clickhouse.insert(POST_METRICS.name, snapshots, column_names=POST_METRICS.columns)
        for reach in (100, 120):
            day = (str(workspace), NOON.date(), "bluesky", reach, 10, 1, -1)
            clickhouse.insert(DAILY_AGGREGATES.name, [day], column_names=DAILY_AGGREGATES.columns)
    return clickhouse


def test_every_table_of_workspaces_is_found(client: "Client"):
    assert set(tenants.tables(client)) == {table.name for table in TABLES}
    client.command("CREATE TABLE later (workspace_id String, n UInt8) ENGINE = MergeTree ORDER BY n")
    client.command("CREATE VIEW seen AS SELECT workspace_id FROM later")
    assert set(tenants.tables(client)) == {*(table.name for table in TABLES), "later"}


def test_rows_come_out_as_they_count(client: "Client"):
    [snapshot] = tenants.rows(client, "post_metrics", MINE)
    assert (snapshot["workspace_id"], snapshot["impressions"]) == (str(MINE), 100)
    assert snapshot["collected_at"].astimezone(UTC) == NOON
    [day] = tenants.rows(client, "daily_aggregates", MINE)
    assert day["total_reach"] == 120


def test_a_table_without_a_key_that_merges_gives_its_rows_too(client: "Client"):
    client.command("CREATE TABLE later (workspace_id String, n UInt8) ENGINE = MergeTree ORDER BY n")
    client.insert("later", [(str(MINE), 1), (str(MINE), 1), (str(OTHER), 2)])
    assert [row["n"] for row in tenants.rows(client, "later", MINE)] == [1, 1]


def test_erasing_leaves_the_others(client: "Client"):
    for table in tenants.tables(client):
        tenants.erase(client, table, MINE)
        tenants.erase(client, table, MINE)
        assert list(tenants.rows(client, table, MINE)) == []
        assert len(list(tenants.rows(client, table, OTHER))) == 1
