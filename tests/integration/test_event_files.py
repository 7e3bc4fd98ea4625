"""Every event file is answered as events/expectations.json says, by the handlers in this process.

`make invoke-built` does the same with what was built; here coverage and debuggers reach.
"""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from infra.tools import event_people, event_rows
from infra.tools.events import Case, cases, differences
from lamplighter.postgres.roles import ACCOUNTS
from lamplighter.settings import settings
from tests.conftest import Database
from tests.integration.cloud import Cloud
from tests.integration.fake_network import FakeNetwork
from tests.integration.http import TEMPLATE, handler_of, lambda_context, logged_in
from tests.logins import as_login

CASES = [case for case in cases() if case.function != "migrate"]  # its databases are not this test's
TIMEOUTS = {function.name: function.timeout for function in TEMPLATE.functions()}
_written: set[str] = set()


@pytest.fixture(scope="session")
def lasting_network() -> Iterator[FakeNetwork]:
    """The network of the connections in the rows, for as long as the rows are there."""
    with FakeNetwork() as network:
        yield network


@pytest.fixture
def rows(
    database: Database, aws: Cloud, lasting_network: FakeNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the event files name, written once per database."""
    monkeypatch.setenv("SANDBOX_URL", f"http://{lasting_network.address}")
    monkeypatch.setenv("EGRESS_ALLOW", lasting_network.address)
    monkeypatch.setenv("SANDBOX_SECRET_ID", event_rows.SANDBOX_SECRET_ID)
    aws.secrets[event_rows.SANDBOX_SECRET_ID] = event_rows.SANDBOX_SECRET
    settings.cache_clear()
    if database.name not in _written:
        _written.add(database.name)
        event_rows.insert(f"http://{lasting_network.address}")
        with as_login(ACCOUNTS):
            event_people.insert()
        aws.s3.put_object(Bucket="media", Key=event_rows.OBJECT_KEY, Body=event_rows.PIXEL)


@pytest.fixture
def unhurried(superuser: psycopg.Connection[Any]) -> None:
    """All the files use one key, and are more by now than it may ask at once."""
    superuser.execute("DELETE FROM rate_limits")


@pytest.mark.usefixtures("rows", "unhurried")
@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.function}-{case.name}")
def test_an_event_file_is_answered_as_expected(case: Case):
    with logged_in(case.function):
        answer = handler_of(case.function)(case.event(), lambda_context(TIMEOUTS[case.function]))
    assert differences(case.expected, answer) == []
