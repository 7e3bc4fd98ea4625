"""The embedded PostgreSQL: one holder, a password, and data that outlives a killed process."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from infra.local.postgres import AlreadyRunning, EmbeddedPostgres

HOLD = """
import sys, time
from pathlib import Path
from infra.local.postgres import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1])).start()
print(server.port, flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "postgres"
    EmbeddedPostgres(tmp_path / "postgres").remove()


def test_what_was_written_is_there_after_a_stop(folder: Path):
    with EmbeddedPostgres(folder) as server, psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
    with EmbeddedPostgres(folder) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (1,)


def test_nobody_enters_without_the_password(folder: Path):
    with EmbeddedPostgres(folder) as server:
        for url in (server.url(password="wrong"), f"{server.address()}/postgres?user=postgres"):
            with pytest.raises(psycopg.OperationalError, match="password"):
                psycopg.connect(url)
        assert (folder / "password").stat().st_mode & 0o777 == 0o600
        assert server.data.stat().st_mode & 0o777 == 0o700


def test_a_second_holder_is_told_who_the_first_is(folder: Path):
    holder = f"already run by process {os.getpid()}"
    with EmbeddedPostgres(folder), pytest.raises(AlreadyRunning, match=holder):
        EmbeddedPostgres(folder).start()
    with EmbeddedPostgres(folder):
        pass


def test_a_holder_that_was_killed_loses_nothing_and_leaves_no_server(folder: Path):
    holder = subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    port = int(holder.stdout.readline())
    server = EmbeddedPostgres(folder, port)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
        left_over = connection.execute("SELECT pg_postmaster_start_time()").fetchone()
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        holder.stdout.close()
    with server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (1,)
        assert connection.execute("SELECT pg_postmaster_start_time()").fetchone() != left_over


def test_a_server_killed_right_after_a_commit_keeps_it(folder: Path):
    with EmbeddedPostgres(folder) as server, psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (number int)")
        connection.execute("INSERT INTO kept VALUES (1)")
        os.kill(int((server.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        time.sleep(0.2)
    with EmbeddedPostgres(folder) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (1,)


def test_a_start_that_fails_says_why_and_lets_go(folder: Path):
    with EmbeddedPostgres(folder) as first:
        blocked = EmbeddedPostgres(folder.with_name("other"), first.port)
        with pytest.raises(RuntimeError, match="Address already in use"):
            blocked.start()
        blocked.remove()
        with pytest.raises(RuntimeError, match="no_such_setting"):
            EmbeddedPostgres(folder.with_name("third"), settings={"no_such_setting": "1"}).start()
        EmbeddedPostgres(folder.with_name("third")).remove()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root closes folders to the server's account")
def test_root_may_keep_its_checkout_to_itself(tmp_path: Path):
    tmp_path.chmod(0o700)
    server = EmbeddedPostgres(tmp_path / "postgres")
    try:
        with server, psycopg.connect(server.url()) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
            assert not server.data.is_relative_to(tmp_path)
    finally:
        server.remove()
    assert not server.data.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root keeps data apart from the directory")
def test_a_deleted_checkout_leaves_no_data_behind(tmp_path: Path):
    tmp_path.chmod(0o700)
    with EmbeddedPostgres(tmp_path / "deleted") as server:
        apart = server.data
    shutil.rmtree(tmp_path / "deleted")
    other = EmbeddedPostgres(tmp_path / "other")
    other.start()
    other.remove()
    assert not apart.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another account")
def test_data_move_along_when_their_directory_is_closed_to_the_servers_account():
    with tempfile.TemporaryDirectory(dir="/tmp") as top:  # every account can reach it
        Path(top).chmod(0o755)
        folder = Path(top) / "postgres"
        with EmbeddedPostgres(folder) as server, psycopg.connect(server.url(), autocommit=True) as connection:
            assert server.data == folder / "data"
            connection.execute("CREATE TABLE kept AS SELECT 1 AS number")
        Path(top).chmod(0o700)
        with EmbeddedPostgres(folder) as server, psycopg.connect(server.url()) as connection:
            assert server.data != folder / "data"
            assert connection.execute("SELECT number FROM kept").fetchone() == (1,)
        server.remove()
