"""Production applies only what was rehearsed: up, down and up on a copy, in just this form."""

import json
from pathlib import Path

import psycopg
import pytest

from infra.tools.migrations_rows import fill
from lamplighter.postgres import migrations
from lamplighter.postgres.rehearsal import Failed, rehearse
from lamplighter.services.migrations import Migrations, NotRehearsed
from lamplighter.settings import settings
from tests.cluster import SCRIPTS
from tests.integration.migrations.conftest import NewDatabase, read

LAST = migrations.revisions(SCRIPTS)[-1]
NEXT = '''
"""Next."""
from alembic import op
revision = "{next}"
down_revision = "{last}"


def upgrade():
    op.execute("SET LOCAL ROLE lamplighter_owner")
    op.execute("ALTER TABLE media ADD COLUMN colour text")


def downgrade():
    op.execute("SET LOCAL ROLE lamplighter_owner")
    {down}
'''
GOOD = 'op.execute("ALTER TABLE media DROP COLUMN colour")'


def next_one(scripts: Path, down: str = GOOD) -> None:
    text = NEXT.format(next="next", last=LAST, down=down)
    (scripts / "versions" / "next_one.py").write_text(text)


@pytest.fixture
def url(new_database: NewDatabase) -> str:
    """A migrated database with three rows in each of its tables."""
    made = new_database(migrated=True)
    with migrations.engine(made).begin() as connection:
        fill(connection)
    return made


@pytest.fixture
def folder(scripts: Path, url: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of all migrations, the settings naming the database."""
    steps = scripts.parent / "clickhouse"
    steps.mkdir()
    for path in (SCRIPTS.parent / "clickhouse").iterdir():
        (steps / path.name).write_bytes(path.read_bytes())
    monkeypatch.setenv("DATABASE_URL", url)
    settings.cache_clear()
    return scripts.parent


def test_what_is_pending_is_rehearsed_on_the_rows_that_are_there(url: str, scripts: Path):
    next_one(scripts)
    done = rehearse(url, scripts)
    assert (done.revision, done.rolled_back_to) == ("next", LAST)
    assert done.rows == 3 * len([item for item in read(url).values() if item.kind == "table"])
    assert migrations.status(url, scripts).pending == ("next",)


def test_where_nothing_is_pending_the_last_one_is_rehearsed(url: str, scripts: Path):
    next_one(scripts)
    migrations.upgrade(url, scripts)
    assert rehearse(url, scripts).rolled_back_to == LAST


@pytest.mark.parametrize(
    ("down", "complaint"),
    [
        ("pass", "colour"),
        (
            "op.execute(\"ALTER TABLE media DROP COLUMN colour, ALTER COLUMN status SET DEFAULT 'ready'\")",
            "status",
        ),
        (f'{GOOD}; op.execute("DROP POLICY tenant ON media")', "policy media.tenant"),
        (f'{GOOD}; op.execute("TRUNCATE dispatches")', "dispatches: 3 before, 0 after"),
    ],
)
def test_a_rollback_that_does_not_lead_back_is_found_out(url: str, scripts: Path, down: str, complaint: str):
    next_one(scripts, down)
    with pytest.raises(Failed, match=complaint):
        rehearse(url, scripts)
    with psycopg.connect(url) as connection:
        copies = "SELECT count(*) FROM pg_database WHERE datname = current_database() || '_rehearsal'"
        assert connection.execute(copies).fetchone() == (0,)


def test_others_are_disconnected_only_where_that_is_allowed(url: str, scripts: Path):
    with psycopg.connect(url) as other:
        with pytest.raises(Failed, match="other"):
            rehearse(url, scripts)
        other.execute("SELECT 1")
        rehearse(url, scripts, disconnect=True)
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")


def test_production_refuses_what_was_never_rehearsed(folder: Path, production: None):
    with pytest.raises(NotRehearsed, match="revision"):
        Migrations(folder).apply()


def test_production_applies_what_was_rehearsed(folder: Path, monkeypatch: pytest.MonkeyPatch):
    next_one(folder / "postgres")
    record = _rehearsed(folder)
    assert record["postgres"]["rows"] > 0
    monkeypatch.setenv("ENVIRONMENT", "production")
    settings.cache_clear()
    assert Migrations(folder).apply()["postgres"]["pending"] == ()


def test_production_refuses_what_was_changed_since(folder: Path, monkeypatch: pytest.MonkeyPatch):
    _rehearsed(folder)
    (folder / "clickhouse" / "0001_metrics.up.sql").write_text("SELECT 1;\n")
    monkeypatch.setenv("ENVIRONMENT", "production")
    settings.cache_clear()
    with pytest.raises(NotRehearsed, match="sha256"):
        Migrations(folder).apply()


def test_a_record_may_come_with_the_request(folder: Path, monkeypatch: pytest.MonkeyPatch):
    record = Migrations(folder).rehearse()
    monkeypatch.setenv("ENVIRONMENT", "production")
    settings.cache_clear()
    assert Migrations(folder).apply(json.loads(json.dumps(record)))["postgres"]["pending"] == ()


@pytest.fixture
def production(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENVIRONMENT", "production")
    settings.cache_clear()


def _rehearsed(folder: Path) -> dict[str, dict[str, int]]:
    migrations_ = Migrations(folder)
    record = migrations_.rehearse()
    migrations_.record_path().parent.mkdir()
    migrations_.record_path().write_text(json.dumps(record))
    return record


@pytest.fixture(autouse=True)
def _settings():
    yield
    settings.cache_clear()
