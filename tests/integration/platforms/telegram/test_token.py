"""Telegram: the token that is in every address is in nothing else."""

import logging
from collections.abc import Callable

import pytest

from lamplighter.domain.outcomes import (
    NotSent,
    Rejected,
)
from lamplighter.platforms import telegram
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Remote
from tests.integration.platforms.fake_telegram import CHAT, TOKEN, FakeTelegram, error
from tests.integration.platforms.fakes import AMBIGUOUS
from tests.integration.platforms.faults import closed_port
from tests.integration.platforms.telegram.stage import FIELDS, SECRET, post, ready
from tests.integration.platforms.wire import Answer

ECHO = f"https://api.telegram.org/bot{TOKEN}/sendMessage failed; {SECRET}"
LOUD = {
    **AMBIGUOUS,
    "echo in a refusal": error(400, ECHO),
    "echo in a limit": error(429, ECHO, retry_after=1),
    "echo in trouble": error(500, ECHO),
    "echo to the token": error(401, ECHO),
    "echo of the address": Answer(302, headers={"Location": f"https://example.com/bot{TOKEN}/x"}),
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("fault", LOUD)
def test_the_token_is_in_no_log_line_error_or_outcome(
    fake: FakeTelegram, lamps: Account, caplog: pytest.LogCaptureFixture, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    frozen, remote = ready(lamps, post()), Remote("1")
    for operation in ("sendMessage", "editMessageText", "deleteMessage", "getChat"):
        fake.fails(operation, LOUD[fault])
    told = [
        repr(telegram.publish(lamps, frozen)),
        repr(telegram.edit(lamps, remote, post())),
        repr(telegram.delete(lamps, remote)),
        repr(frozen),
    ]
    with pytest.raises(ConnectFailed) as failed:
        telegram.connect(fake.url, FIELDS)
    told += [_whole(failed.value), caplog.text]
    assert len(fake.requests) == 4
    assert SECRET not in "\n".join(told)


@pytest.mark.parametrize("where", ["closed", "private"])
def test_an_address_that_is_not_called_keeps_the_token_too(
    may_reach: Callable[[str], None], caplog: pytest.LogCaptureFixture, where: str
) -> None:
    caplog.set_level(logging.DEBUG)
    url = closed_port() if where == "closed" else "https://169.254.169.254"
    if where == "closed":
        may_reach(url)
    account = Account("telegram", str(CHAT), "@lamps", url, Credentials(TOKEN))
    outcome = telegram.publish(account, ready(account, post()))
    assert isinstance(outcome, NotSent if where == "closed" else Rejected)
    with pytest.raises(ConnectFailed) as failed:
        telegram.connect(url, FIELDS)
    assert SECRET not in "\n".join([repr(outcome), _whole(failed.value), caplog.text, repr(account)])


def _whole(error: BaseException) -> str:
    """The error and everything that led to it."""
    chain: list[str] = []
    link: BaseException | None = error
    while link is not None:
        chain += [repr(link), str(link)]
        link = link.__cause__ or link.__context__
    return "\n".join(chain)
