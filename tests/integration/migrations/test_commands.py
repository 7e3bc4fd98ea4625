"""The commands behind `make migrate...`."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.tools import migrations as commands
from lamplighter.settings import settings
from tests.integration.migrations.conftest import NewDatabase

type Run = Callable[..., int]


@pytest.fixture
def run(new_database: NewDatabase, scripts: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Runs a command on an empty database, with migrations that may be written to."""
    (scripts.parent / "clickhouse").symlink_to(commands.FOLDER / "clickhouse")
    monkeypatch.setattr(commands, "FOLDER", scripts.parent)
    monkeypatch.setattr(commands, "SCRIPTS", scripts)
    monkeypatch.setenv("DATABASE_URL", new_database())
    settings.cache_clear()

    def call(*arguments: str) -> int:
        monkeypatch.setattr("sys.argv", ["migrations", *arguments])
        return commands.main()

    yield call
    settings.cache_clear()


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(capsys.readouterr().out)
    return found


def test_apply_status_and_rollback_of_the_last_one(run: Run, capsys: pytest.CaptureFixture[str]):
    assert run("apply") == 0
    head = said(capsys)["postgres"]["head"]
    assert run("status") == 0
    assert said(capsys)["postgres"]["current"] == head
    assert run("rollback") == 0
    assert said(capsys)["postgres"]["current"] != head


def test_a_rehearsal_leaves_its_record(run: Run, scripts: Path, capsys: pytest.CaptureFixture[str]):
    assert run("apply") == run("rehearse") == 0
    (record,) = (scripts.parent / "rehearsals").iterdir()
    assert json.loads(record.read_text())["revision"] in record.name


def test_stale_sql_fails_the_check_until_it_is_rendered(
    run: Run, scripts: Path, capsys: pytest.CaptureFixture[str]
):
    assert run("check") == 0
    (scripts / "versions" / "0001_foundation.up.sql").write_text("")
    assert run("check") == 1
    assert "0001_foundation.up.sql is out of date" in capsys.readouterr().err
    assert run("render") == 0
    assert run("check") == 0


def test_generating_says_where_there_is_nothing_to_do(run: Run, capsys: pytest.CaptureFixture[str]):
    assert run("generate", "Nothing") == 0
    assert "nothing to do" in capsys.readouterr().out
