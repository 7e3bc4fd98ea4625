"""Telegram: what each answer proves; what proves nothing is not sent again."""

from typing import Any

import pytest

from lamplighter.domain.outcomes import (
    NotSent,
    RateLimited,
    Rejected,
    TokenExpired,
    Unknown,
)
from lamplighter.platforms import telegram
from lamplighter.platforms.base import Account
from tests.integration.platforms.fake_telegram import FakeTelegram, error
from tests.integration.platforms.fakes import AMBIGUOUS
from tests.integration.platforms.telegram.stage import image, post, ready
from tests.integration.platforms.wire import Answer


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("ambiguity", AMBIGUOUS)
@pytest.mark.parametrize("operation", ["sendMessage", "sendPhoto", "sendMediaGroup"])
def test_an_ambiguous_message_stays_unknown_and_is_not_sent_again(
    fake: FakeTelegram, lamps: Account, operation: str, ambiguity: str, accepts: bool
) -> None:
    images = {"sendMessage": (), "sendPhoto": (image(),), "sendMediaGroup": (image(1), image(2))}[operation]
    frozen = ready(lamps, post(*images))
    fake.fails(operation, AMBIGUOUS[ambiguity], accepts=accepts)
    assert isinstance(telegram.publish(lamps, frozen), Unknown)
    look = telegram.reconcile(lamps, frozen, ())
    assert isinstance(look, Unknown)
    assert look.code == "cannot_look"
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    "result",
    [True, [], {"message_id": "7"}, {"message_id": True}, [{"message_id": 1}, {"message_id": None}], [1]],
)
def test_a_success_that_names_no_message_is_unknown(fake: FakeTelegram, lamps: Account, result: Any) -> None:
    fake.fails("sendMessage", Answer(json={"ok": True, "result": result}))
    assert isinstance(telegram.publish(lamps, ready(lamps, post())), Unknown)


REFUSALS = {
    "token": (error(401, "Unauthorized"), TokenExpired, None),
    "kicked": (error(403, "Forbidden: bot was kicked from the channel chat"), Rejected, "no_permission"),
    "no rights": (error(400, "Bad Request: need administrator rights in the channel"), Rejected, "refused"),
    "chat": (error(400, "Bad Request: chat not found"), Rejected, "chat_not_found"),
    "too long": (error(400, "Bad Request: message is too long"), Rejected, "text_too_long"),
    "caption": (error(400, "Bad Request: message caption is too long"), Rejected, "text_too_long"),
    "moved": (
        error(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-100),
        Rejected,
        "chat_moved",
    ),
    "moved, without words": (error(400, "Bad Request", migrate_to_chat_id=-100), Rejected, "chat_moved"),
    "image": (error(400, "Bad Request: failed to get HTTP URL content"), NotSent, "media_not_fetched"),
    "file": (
        error(400, "Bad Request: wrong file identifier/HTTP URL specified"),
        NotSent,
        "media_not_fetched",
    ),
    "dimensions": (error(400, "Bad Request: PHOTO_INVALID_DIMENSIONS"), Rejected, "media_refused"),
    "entities": (error(400, "Bad Request: can't parse entities"), Rejected, "refused"),
    "nothing there": (error(404, "Not Found"), Rejected, "refused"),
    "too many": (error(429, "Too Many Requests: retry after 14", retry_after=14), RateLimited, None),
    "trouble": (error(500, "Internal Server Error"), Unknown, "unclear_answer"),
    "conflict": (error(409, "Conflict"), Unknown, "unclear_answer"),
    "not ok": (Answer(200, json={"ok": False, "description": "No"}), Unknown, "unclear_answer"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_an_error_proves(fake: FakeTelegram, lamps: Account, name: str) -> None:
    answer, kind, code = REFUSALS[name]
    fake.fails("sendMessage", answer)
    outcome = telegram.publish(lamps, ready(lamps, post()))
    assert isinstance(outcome, kind)
    assert code is None or getattr(outcome, "code", None) == code
    assert len(fake.requests) == 1


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (error(429, "Too Many Requests", retry_after=14), 14),
        (error(429, "Too Many Requests", retry_after=10**9), 86_400),
        (error(429, "Too Many Requests", retry_after="soon"), None),
        (Answer(429, headers={"Retry-After": "3"}), 3),
    ],
)
def test_how_long_a_limit_asks_to_wait(
    fake: FakeTelegram, lamps: Account, answer: Answer, seconds: float | None
) -> None:
    fake.fails("sendMessage", answer)
    outcome = telegram.publish(lamps, ready(lamps, post()))
    assert isinstance(outcome, RateLimited)
    assert outcome.retry_after == seconds
