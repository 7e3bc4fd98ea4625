"""Telegram: a chat is opened where the bot may post."""

from typing import Any

import pytest

from lamplighter.platforms import telegram
from lamplighter.platforms.base import ConnectFailed
from tests.integration.platforms.fake_telegram import CHAT, TOKEN, FakeTelegram
from tests.integration.platforms.telegram.stage import FIELDS


@pytest.mark.parametrize("chat_id", ["@lamps_daily", str(CHAT)])
def test_a_chat_is_opened_under_its_number(fake: FakeTelegram, chat_id: str) -> None:
    account = telegram.connect(fake.url, {"bot_token": f"{TOKEN}\n", "chat_id": chat_id})
    assert (account.channel_id, account.username) == (str(CHAT), "@lamps_daily")


@pytest.mark.parametrize("token", ["", "12", "12:ab", f"{TOKEN}/../x", f"x{TOKEN}", f"{TOKEN}?a=b"])
def test_what_is_no_token_is_sent_nowhere(fake: FakeTelegram, token: str) -> None:
    with pytest.raises(ConnectFailed) as failed:
        telegram.connect(fake.url, {**FIELDS, "bot_token": token})
    assert failed.value.code in {"token_invalid", "credentials_incomplete"}
    assert fake.requests == []


@pytest.mark.parametrize(
    ("kind", "member", "may"),
    [
        ("channel", {"status": "creator"}, True),
        ("channel", {"status": "administrator", "can_post_messages": True}, True),
        ("channel", {"status": "administrator", "can_post_messages": False}, False),
        ("channel", {"status": "member"}, False),
        ("supergroup", {"status": "member"}, True),
        ("supergroup", {"status": "restricted", "can_send_messages": False}, False),
        ("supergroup", {"status": "restricted", "can_send_messages": True}, True),
        ("group", {"status": "left"}, False),
        ("group", {"status": "kicked"}, False),
    ],
)
def test_a_chat_is_opened_where_the_bot_may_post(
    fake: FakeTelegram, kind: str, member: dict[str, Any], may: bool
) -> None:
    fake.chat["type"], fake.member = kind, member
    if may:
        assert telegram.connect(fake.url, FIELDS).channel_id == str(CHAT)
        return
    with pytest.raises(ConnectFailed) as failed:
        telegram.connect(fake.url, FIELDS)
    assert (failed.value.code, failed.value.transient) == ("no_permission", False)


@pytest.mark.parametrize(
    ("fields", "code"),
    [({"bot_token": "1" + TOKEN}, "credentials_refused"), ({"chat_id": "@elsewhere"}, "chat_not_found")],
)
def test_what_opens_no_chat(fake: FakeTelegram, fields: dict[str, str], code: str) -> None:
    with pytest.raises(ConnectFailed) as failed:
        telegram.connect(fake.url, {**FIELDS, **fields})
    assert (failed.value.code, failed.value.transient) == (code, False)
