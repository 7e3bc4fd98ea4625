"""The fake of Threads, and an account there."""

from collections.abc import Callable, Iterator

import pytest

from lamplighter.platforms.base import Account, Credentials
from tests.integration.platforms.fake_threads import (
    TOKEN,
    USER,
    FakeThreads,
)


@pytest.fixture
def fake(may_reach: Callable[[str], None]) -> Iterator[FakeThreads]:
    network = FakeThreads()
    with network.running():
        may_reach(network.url)
        yield network


@pytest.fixture
def ada(fake: FakeThreads) -> Account:
    return Account("threads", USER, "ada", fake.url, Credentials(TOKEN))
