"""The fake of Telegram, and a channel there."""

from collections.abc import Callable, Iterator

import pytest

from lamplighter.platforms.base import Account, Credentials
from tests.integration.platforms.fake_telegram import CHAT, TOKEN, FakeTelegram


@pytest.fixture
def fake(may_reach: Callable[[str], None]) -> Iterator[FakeTelegram]:
    network = FakeTelegram()
    with network.running():
        may_reach(network.url)
        yield network


@pytest.fixture
def lamps(fake: FakeTelegram) -> Account:
    return Account("telegram", str(CHAT), "@lamps_daily", fake.url, Credentials(TOKEN))
