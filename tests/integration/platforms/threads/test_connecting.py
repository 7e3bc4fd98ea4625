"""Threads: opened by a token that is kept alive."""

from dataclasses import replace

import pytest

from lamplighter.platforms import threads
from lamplighter.platforms.base import Account, ConnectFailed, Credentials
from tests.integration.platforms.fake_threads import (
    EXPIRED,
    RENEWED,
    TOKEN,
    USER,
    FakeThreads,
    error,
)
from tests.integration.platforms.threads.stage import post
from tests.integration.platforms.wire import Answer


def test_a_token_tells_whose_it_is(fake: FakeThreads) -> None:
    account = threads.connect(fake.url, {"access_token": f" {TOKEN} "})
    assert (account.channel_id, account.username, account.platform) == (USER, "ada", "threads")
    assert account.credentials == Credentials(TOKEN)


def test_another_token_opens_nothing(fake: FakeThreads) -> None:
    with pytest.raises(ConnectFailed) as failed:
        threads.connect(fake.url, {"access_token": "another-one"})
    assert (failed.value.code, failed.value.transient) == ("credentials_refused", False)


def test_a_token_is_exchanged_for_a_fresh_one(ada: Account) -> None:
    renewed = threads.refresh(ada)
    assert renewed == Credentials(RENEWED)
    assert isinstance(threads.prepare(replace(ada, credentials=renewed), post(), None), dict)


@pytest.mark.parametrize(
    ("answer", "code", "transient"),
    [
        (EXPIRED, "reconnect_required", False),
        (error(400, 100, "The token is not old enough."), "reconnect_required", False),
        (Answer(502), "unclear_answer", True),
        (Answer(429), "rate_limited", True),
        (Answer(json={"token_type": "bearer"}), "unreadable_answer", True),
        (Answer(reset=True), "no_answer", True),
    ],
)
def test_a_token_that_is_not_renewed(
    fake: FakeThreads, ada: Account, answer: Answer, code: str, transient: bool
) -> None:
    fake.fails("refresh", answer)
    with pytest.raises(ConnectFailed) as failed:
        threads.refresh(ada)
    assert (failed.value.code, failed.value.transient) == (code, transient)
    assert TOKEN not in failed.value.message
