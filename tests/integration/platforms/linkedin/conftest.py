"""The fake of LinkedIn, and a page there."""

from collections.abc import Callable, Iterator

import pytest

from lamplighter.platforms.base import Account, Credentials
from tests.integration.platforms.fake_linkedin import (
    PAGE,
    TOKEN,
    FakeLinkedIn,
)


@pytest.fixture
def fake(may_reach: Callable[[str], None]) -> Iterator[FakeLinkedIn]:
    network = FakeLinkedIn()
    with network.running():
        may_reach(network.url)
        yield network


@pytest.fixture
def page(fake: FakeLinkedIn) -> Account:
    return Account("linkedin", PAGE, "ada-and-co", fake.url, Credentials(TOKEN))
