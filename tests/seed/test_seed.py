"""All that the seed names is in the migrated databases; docs/data-model.md says what differs, and why."""

from typing import TYPE_CHECKING, Any

import psycopg
import pytest

from lamplighter.clickhouse import migrations, tables
from tests.seed import differences, migrated
from tests.seed.ddl import Column, Engine, Schema, seed

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client


@pytest.fixture
def postgres(superuser: psycopg.Connection[Any]) -> Schema:
    return migrated.postgres(superuser)


@pytest.fixture
def clickhouse_tables(
    clickhouse: "Client", clickhouse_steps: list[migrations.Migration]
) -> dict[str, Engine]:
    migrations.upgrade(clickhouse, clickhouse_steps)
    return migrated.clickhouse(clickhouse)


def test_the_seed_is_read_whole():
    schema, engines = seed()
    assert len(schema.tables) == 16
    assert sum(len(table.columns) for table in schema.tables.values()) == 137
    assert len(schema.indexes) == 11
    assert sum(len(table.references) for table in schema.tables.values()) == 21
    assert sum(len(table.uniques) for table in schema.tables.values()) == 5
    assert {name: len(engine.columns) for name, engine in engines.items()} == {
        "post_metrics": 9,
        "daily_aggregates": 7,
    }
    assert schema.tables["organizations"].columns["plan_id"] == Column(
        "character varying(50)", False, "starter"
    )


def test_each_difference_is_listed_with_its_reason_and_each_listed_one_is_there(
    postgres: Schema, clickhouse_tables: dict[str, Engine]
):
    schema, engines = seed()
    found = {
        *differences.of_postgres(schema, postgres),
        *differences.of_clickhouse(engines, clickhouse_tables),
    }
    listed = differences.listed()
    assert {one for one in found if not any(differences.names(row, one) for row in listed)} == set()
    assert {row for row in listed if not any(differences.names(row, one) for one in found)} == set()
    assert all(len(reason) > 10 for reason in listed.values()), "a reason is a sentence"


def test_what_the_code_inserts_are_the_tables_columns(clickhouse_tables: dict[str, Engine]):
    generated = {"daily_aggregates": {"calculated_at"}}
    for table in tables.TABLES:
        columns = clickhouse_tables[table.name].columns
        assert set(table.columns) == columns.keys() - generated.get(table.name, set())
    assert {table.name for table in tables.TABLES} == clickhouse_tables.keys()


@pytest.mark.parametrize(
    ("statement", "lost"),
    [
        ("ALTER TABLE publications DROP COLUMN priority", "publications.priority"),
        ("ALTER TABLE users ALTER COLUMN timezone SET DEFAULT 'CET'", "users.timezone"),
        ("ALTER TABLE users ALTER COLUMN timezone DROP DEFAULT", "users.timezone"),
        ("ALTER TABLE users ALTER COLUMN name TYPE varchar(10) USING left(name, 10)", "users.name"),
        ("ALTER TABLE content ALTER COLUMN original_text DROP NOT NULL", "content.original_text"),
        ("ALTER TABLE workspaces DROP CONSTRAINT workspaces_organization_id_slug_key", "workspaces"),
        ("ALTER TABLE content DROP CONSTRAINT content_template_id_fkey", "content(template_id)"),
        ("DROP INDEX idx_pub_scheduled", "idx_pub_scheduled"),
        ("ALTER INDEX idx_camp_dates RENAME TO idx_camp_other", "idx_camp_dates"),
        ("DROP TABLE ab_tests", "ab_tests"),
    ],
)
def test_what_is_lost_is_noticed(superuser: psycopg.Connection[Any], statement: str, lost: str):
    with superuser.transaction(force_rollback=True):
        superuser.execute(statement)  # type: ignore[call-overload]  # the statements above
        narrowed = migrated.postgres(superuser)
    with pytest.raises(differences.Lost, match=lost.replace("(", r"\(").replace(")", r"\)")):
        list(differences.of_postgres(seed()[0], narrowed))
