"""clickhouse_connect takes the embedded engine for a server."""

import datetime as dt

import clickhouse_connect
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from infra.local.children import Child
from infra.local.ports import free


@pytest.fixture(scope="module")
def port(tmp_path_factory):
    directory = tmp_path_factory.mktemp("clickhouse")
    port = free()
    child = Child("clickhouse", str(port), str(directory / "data"), log=directory / "log")
    child.wait_until_ready()
    yield port
    child.stop()


@pytest.fixture
def connect(port):
    clients = []

    def connected(**options):
        client = clickhouse_connect.get_client(
            host="127.0.0.1", port=port, autogenerate_session_id=False, **options
        )
        clients.append(client)
        return client

    yield connected
    for client in clients:
        client.close()


ROWS = [["quote's", 1, dt.date(2026, 3, 1)], ["zwei\n", 2, dt.date(2026, 3, 2)]]


@pytest.mark.parametrize("compress", [False, "gzip", "lz4", "zstd"])
def test_what_is_inserted_comes_out_again(connect, compress):
    client = connect(compress=compress)
    client.command(
        "CREATE OR REPLACE TABLE things (name String, n UInt64, day Date) ENGINE = MergeTree ORDER BY n"
    )
    inserted = client.insert("things", ROWS, column_names=["name", "n", "day"])
    assert inserted.written_rows == 2
    found = client.query("SELECT * FROM things WHERE n >= {n:UInt64} ORDER BY n", parameters={"n": 1})
    assert [list(row) for row in found.result_rows] == ROWS
    assert client.command("SELECT count() FROM things") == 2


def test_parameters_may_come_as_a_form(connect):
    client = connect(form_encode_query_params=True)
    assert client.query("SELECT {text:String}", parameters={"text": "é'"}).result_rows == [("é'",)]


def test_a_database_of_its_own(connect):
    connect().command("CREATE DATABASE IF NOT EXISTS own")
    client = connect(database="own")
    client.command("CREATE OR REPLACE TABLE only_here (n UInt8) ENGINE = Memory")
    client.command("INSERT INTO only_here VALUES (7)")
    assert client.command("SELECT n FROM own.only_here") == 7


def test_an_error_has_clickhouses_code(connect):
    with pytest.raises(DatabaseError, match="UNKNOWN_TABLE") as raised:
        connect().query("SELECT * FROM nobody")
    assert raised.value.code == 60


def test_settings_hold_for_their_own_query_only(connect):
    client = connect()
    asked = "SELECT getSetting('max_threads')"
    assert client.query(asked, settings={"max_threads": 3}).result_rows == [(3,)]
    assert client.query(asked).result_rows != [(3,)]
