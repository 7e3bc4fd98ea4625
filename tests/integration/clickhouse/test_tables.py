"""What ClickHouse's tables promise: repeating changes nothing, and a workspace's question reads little."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from lamplighter.clickhouse import migrations
from lamplighter.clickhouse.migrations import Migration
from lamplighter.clickhouse.tables import DAILY_AGGREGATES, POST_METRICS, Table

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SNAPSHOT = ("w", "p", "pp", "bluesky", 100, 10, 5, 3, 2, 1, NOON)
DAY = ("w", NOON.date(), "bluesky", 100, 10, 1, -1)


SNAPSHOTS = """
    INSERT INTO $table (workspace_id, publication_id, platform, impressions, collected_at)
    SELECT concat('w', toString(post % 100)), hex(sipHash64(post)), 'bluesky', number,
           toDateTime('2026-01-01') + number % 20 * 3600
      FROM (SELECT number, intDiv(number, 20) AS post FROM numbers(400000))
"""


@pytest.fixture
def client(clickhouse: "Client", clickhouse_steps: list[Migration]) -> "Client":
    migrations.upgrade(clickhouse, clickhouse_steps)
    return clickhouse


def insert(client: "Client", table: Table, *rows: tuple[Any, ...]) -> None:
    client.insert(table.name, rows, column_names=table.columns)


def test_a_snapshot_that_arrives_twice_counts_once(client: "Client"):
    insert(client, POST_METRICS, SNAPSHOT)
    insert(client, POST_METRICS, SNAPSHOT, SNAPSHOT)
    assert client.command("SELECT sum(impressions) FROM post_metrics FINAL") == 100


def test_two_accounts_on_one_network_are_two_snapshots(client: "Client"):
    insert(client, POST_METRICS, SNAPSHOT, (*SNAPSHOT[:2], "other", *SNAPSHOT[3:]))
    assert client.command("SELECT sum(impressions) FROM post_metrics FINAL") == 200


def test_of_two_calculations_of_a_day_the_later_counts(client: "Client"):
    insert(client, DAILY_AGGREGATES, DAY)
    insert(client, DAILY_AGGREGATES, (*DAY[:3], 120, *DAY[4:]))
    assert client.command("SELECT sum(total_reach) FROM daily_aggregates FINAL") == 120


def test_the_seeds_engine_counts_a_repeated_day_twice(client: "Client"):
    """Why it is another one here."""
    client.command(
        "CREATE TABLE of_the_seed (workspace_id String, date Date, platform String, total_reach UInt64,"
        " total_engagements UInt64, posts_published UInt32, followers_change Int32)"
        " ENGINE = SummingMergeTree ORDER BY (workspace_id, date, platform)"
    )
    for table in (Table("of_the_seed", DAILY_AGGREGATES.columns), DAILY_AGGREGATES):
        insert(client, table, DAY)
        insert(client, table, DAY)
    assert client.command("SELECT sum(total_reach) FROM of_the_seed FINAL") == 200
    assert client.command("SELECT sum(total_reach) FROM daily_aggregates FINAL") == 100


def test_a_workspaces_question_reads_its_own_rows(client: "Client"):
    """Against the seed's sorting key, which scatters a workspace over the table."""
    client.command(
        "CREATE TABLE of_the_seed AS post_metrics"
        " ENGINE = MergeTree ORDER BY (publication_id, platform, collected_at)"
    )
    for table in ("of_the_seed", "post_metrics"):
        client.command(SNAPSHOTS.replace("$table", table))
    read = {table: _rows_to_read(client, table) for table in ("of_the_seed", "post_metrics")}
    assert read["of_the_seed"] == 400_000
    assert read["post_metrics"] <= 4 * 8192  # its 4,000 lie in a few granules


def _rows_to_read(client: "Client", table: str) -> int:
    question = "SELECT publication_id, max(impressions) FROM $table WHERE workspace_id = 'w7' GROUP BY 1"
    found = client.query("EXPLAIN ESTIMATE " + question.replace("$table", table))
    return int(found.first_row[found.column_names.index("rows")])
