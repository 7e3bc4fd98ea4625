"""Migrations go up, down and up again, on data, as any administrator, one at a time."""

import threading
from itertools import pairwise

import psycopg
import pytest

from infra.tools.migrations_rows import fill
from lamplighter.postgres import migrations
from lamplighter.postgres.catalog import differences, who_may_do_what
from lamplighter.postgres.security import ROLES
from tests.cluster import SCRIPTS, Server
from tests.integration.migrations.conftest import NewDatabase, read

STEPS = ["base", *migrations.revisions(SCRIPTS)]


@pytest.mark.parametrize(("lower", "upper"), list(pairwise(STEPS)))
def test_each_migration_goes_up_down_and_up_on_a_database_with_rows(
    new_database: NewDatabase, lower: str, upper: str
):
    url = new_database()
    if lower != "base":
        migrations.upgrade(url, SCRIPTS, lower)
    before = read(url)
    _fill(url)
    migrations.upgrade(url, SCRIPTS, upper)
    after = read(url)
    if lower == "base":
        assert all(count > 1 for count in _fill(url).values())
    migrations.downgrade(url, SCRIPTS, lower)
    assert differences(before, read(url)) == []
    migrations.upgrade(url, SCRIPTS, upper)
    assert differences(after, read(url)) == []


@pytest.mark.parametrize(("lower", "upper"), list(pairwise(STEPS)))
def test_each_migration_goes_down_with_rows_in_the_tables_that_it_made(
    new_database: NewDatabase, lower: str, upper: str
):
    url, wanted = new_database(), new_database()
    if lower != "base":
        migrations.upgrade(wanted, SCRIPTS, lower)
    migrations.upgrade(url, SCRIPTS, upper)
    _fill(url)
    migrations.downgrade(url, SCRIPTS, lower)
    assert differences(read(wanted), read(url)) == []


def test_rows_are_put_into_every_table(new_database: NewDatabase):
    url = new_database(migrated=True)
    tables = {item.name for item in read(url).values() if item.kind == "table"}
    assert _fill(url).keys() == tables


def test_rolling_back_all_leaves_nothing_but_the_roles(new_database: NewDatabase):
    url = new_database()
    empty = read(url)
    migrations.upgrade(url, SCRIPTS)
    migrations.downgrade(url, SCRIPTS, "base")
    assert differences(empty, read(url)) == []
    with migrations.engine(url).begin() as connection:
        left = [line for line in who_may_do_what(connection) if line.startswith("role ")]
    assert len(left) == len(ROLES)


def test_an_administrator_need_not_be_a_superuser(server: Server, superuser_url: str):
    """As in managed databases: may create roles and owns the database, no more."""
    name = "test_managed"
    with psycopg.connect(superuser_url, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS test_administrator")
        connection.execute("CREATE ROLE test_administrator LOGIN CREATEROLE CREATEDB PASSWORD 'admin'")
        for role in ROLES:  # it would have made them itself, had the cluster been new
            connection.execute(f"GRANT {role.name} TO test_administrator WITH ADMIN OPTION".encode())
        connection.execute(f"CREATE DATABASE {name} OWNER test_administrator".encode())
    try:
        url = f"postgresql://test_administrator:admin@127.0.0.1:{server.port}/{name}"
        for _ in range(2):
            assert migrations.upgrade(url, SCRIPTS).pending == ()
            assert migrations.downgrade(url, SCRIPTS, "base").current is None
    finally:
        server.drop(name)
        with psycopg.connect(superuser_url, autocommit=True) as connection:
            connection.execute("DROP OWNED BY test_administrator")
            connection.execute("DROP ROLE test_administrator")


def test_two_who_migrate_at_once_do_it_once(new_database: NewDatabase):
    url = new_database()
    failures: list[Exception] = []

    def upgrade() -> None:
        try:
            migrations.upgrade(url, SCRIPTS)
        except Exception as error:
            failures.append(error)

    both = [threading.Thread(target=upgrade) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert failures == []
    assert migrations.status(url, SCRIPTS).pending == ()


def test_a_database_of_unknown_revision_is_left_alone(new_database: NewDatabase):
    url = new_database(migrated=True)
    with migrations.engine(url).begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'elsewhere'")
    with pytest.raises(ValueError, match="elsewhere"):
        migrations.status(url, SCRIPTS)


def test_passwords_are_set_without_being_sent(new_database: NewDatabase):
    url = new_database(migrated=True)
    with pytest.raises(ValueError, match="lamplighter_owner"):
        migrations.set_passwords(url, {"lamplighter_owner": "secret"})


def test_going_back_takes_from_keys_what_0001_does_not_know(new_database: NewDatabase):
    url = new_database()
    migrations.upgrade(url, SCRIPTS, "0002")
    _fill(url)
    keys = "UPDATE api_keys SET permissions = %s WHERE id = (SELECT min(id::text)::uuid FROM api_keys)"
    known = ["content:read", "media:write"]
    with psycopg.connect(url) as connection:
        connection.execute(keys, [["content:read", "audit_log:read", "media:write", "exports:write"]])
    migrations.downgrade(url, SCRIPTS, "0001")
    with psycopg.connect(url) as connection:
        left = connection.execute("SELECT permissions FROM api_keys ORDER BY id::text").fetchall()
    assert left == [(known,), ([],), ([],)]


def _fill(url: str) -> dict[str, int]:
    with migrations.engine(url).begin() as connection:
        return fill(connection)
