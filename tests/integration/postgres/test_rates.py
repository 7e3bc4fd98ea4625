"""Rates by GCRA: exact numbers, also for those who ask at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from lamplighter.postgres import security
from lamplighter.postgres.session import lookup
from tests.conftest import Database
from tests.integration.postgres.conftest import asked


@pytest.fixture
def bucket() -> str:
    """One that nobody took from."""
    return f"test:{uuid4().hex}"


@pytest.fixture(autouse=True)
def _as_accounts(as_login: Callable[[str], AbstractContextManager[None]]) -> Any:
    with as_login(security.ACCOUNTS):
        yield


def take(bucket: str, per_minute: float, burst: int) -> tuple[bool, int, int, int]:
    """Allowed, remaining, seconds until it is full, seconds until the next."""
    row = asked("take", bucket, per_minute, burst)
    return row["allowed"], row["remaining"], row["reset_s"], row["retry_after_s"]


def test_a_burst_is_allowed_and_not_one_more(bucket: str):
    """Six a minute: one every ten seconds."""
    assert take(bucket, 6, 3) == (True, 2, 10, 0)
    assert take(bucket, 6, 3) == (True, 1, 20, 0)
    assert take(bucket, 6, 3) == (True, 0, 30, 0)
    assert take(bucket, 6, 3) == (False, 0, 30, 10)
    assert take(bucket, 6, 3) == (False, 0, 30, 10), "what is refused takes nothing"


def test_time_gives_back_one_at_a_time(bucket: str, superuser: psycopg.Connection[Any]):
    for _ in range(3):
        take(bucket, 6, 3)
    _pass(superuser, bucket, seconds=10)
    assert take(bucket, 6, 3) == (True, 0, 30, 0)
    assert take(bucket, 6, 3)[0] is False
    _pass(superuser, bucket, seconds=19)
    assert take(bucket, 6, 3) == (True, 0, 21, 0)
    assert take(bucket, 6, 3) == (False, 0, 21, 1)


def test_a_bucket_never_holds_more_than_its_burst(bucket: str, superuser: psycopg.Connection[Any]):
    take(bucket, 6, 3)
    _pass(superuser, bucket, seconds=3600)
    assert take(bucket, 6, 3) == (True, 2, 10, 0)


def test_a_burst_of_one_is_a_rhythm(bucket: str):
    assert take(bucket, 0.5, 1) == (True, 0, 120, 0)
    assert take(bucket, 0.5, 1) == (False, 0, 120, 120)


def test_buckets_do_not_mix(bucket: str):
    assert take(bucket, 1, 1)[0] is True
    assert take(f"{bucket}:other", 1, 1)[0] is True
    assert take(bucket, 1, 1)[0] is False


def test_attempts_cannot_touch_the_buckets_of_requests(bucket: str, superuser: psycopg.Connection[Any]):
    take("user:x", 1, 1)
    held = superuser.execute("SELECT bucket FROM rate_limits WHERE bucket LIKE '%user:x'").fetchall()
    assert held == [("attempts:user:x",)]


def test_of_fifty_at_once_exactly_the_burst_gets_through(bucket: str, database: Database):
    with ThreadPoolExecutor(16) as pool:
        found = list(pool.map(lambda _: take(bucket, 1, 10)[0], range(50)))
    assert found.count(True) == 10


def test_what_was_taken_stays_taken_for_the_next_connection(bucket: str, database: Database):
    take(bucket, 1, 1)
    with psycopg.connect(database.url(security.ACCOUNTS), autocommit=True) as other:
        row = other.execute("SELECT allowed FROM take(%s, 1, 1)", [bucket]).fetchone()
    assert row == (False,)


def test_only_the_logins_of_people_and_links_take(
    bucket: str, as_login: Callable[[str], AbstractContextManager[None]]
):
    with as_login(security.PUBLISH_DUE), pytest.raises(psycopg.errors.InsufficientPrivilege):
        lookup("take", bucket, 1.0, 1)


def _pass(superuser: psycopg.Connection[Any], bucket: str, seconds: int) -> None:
    """As if that time went by."""
    earlier = "UPDATE rate_limits SET tat = tat - make_interval(secs => %s) WHERE bucket = %s"
    assert superuser.execute(earlier, [seconds, f"attempts:{bucket}"]).rowcount == 1
