"""Threads: what each error proves."""

import pytest

from lamplighter.domain.outcomes import (
    Duplicate,
    NotSent,
    RateLimited,
    Rejected,
    TokenExpired,
    Unknown,
)
from lamplighter.platforms import threads
from lamplighter.platforms.base import Account
from tests.integration.platforms.fake_threads import (
    EXPIRED,
    TOKEN,
    FakeThreads,
    error,
)
from tests.integration.platforms.threads.stage import IMAGE, post, ready
from tests.integration.platforms.wire import Answer

REFUSALS = {
    "expired token": (EXPIRED, TokenExpired, None),
    "revoked token": (error(401, 190, error_subcode=458), TokenExpired, None),
    "session": (error(400, 102), TokenExpired, None),
    "permission": (error(403, 10), Rejected, "no_permission"),
    "permission of a scope": (error(403, 200), Rejected, "no_permission"),
    "call limit": (error(400, 4), RateLimited, None),
    "limit of the user": (error(403, 17), RateLimited, None),
    "limit of the app": (error(400, 613), RateLimited, None),
    "business limit": (error(400, 80_002), RateLimited, None),
    "posts of a day": (error(400, 9, error_subcode=2_207_042), RateLimited, None),
    "too many": (Answer(429, headers={"Retry-After": "7"}), RateLimited, None),
    "blocked": (error(400, 368), Rejected, "account_restricted"),
    "restricted": (error(400, 100, error_subcode=2_207_051), Rejected, "account_restricted"),
    "restricted user": (error(400, 100, error_subcode=4_279_013), Rejected, "account_restricted"),
    "container expired": (error(400, 24, error_subcode=2_207_008), NotSent, "container_expired"),
    "not ready": (error(400, 9007, error_subcode=2_207_027), NotSent, "media_processing"),
    "duplicate": (error(400, 506), Duplicate, None),
    "bad parameter": (error(400, 100), Rejected, "refused"),
    "trouble": (error(400, 1), Unknown, "unclear_answer"),
    "transient": (error(400, 100, is_transient=True), Unknown, "unclear_answer"),
    "trouble of the server": (error(500, 190), Unknown, "unclear_answer"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_an_error_proves(fake: FakeThreads, ada: Account, name: str) -> None:
    answer, kind, code = REFUSALS[name]
    frozen = ready(ada, post())
    fake.fails("publish", answer)
    outcome = threads.publish(ada, frozen)
    assert isinstance(outcome, kind)
    assert code is None or getattr(outcome, "code", None) == code
    assert len(fake.calls("publish")) == 1


def test_how_long_a_limit_asks_to_wait(fake: FakeThreads, ada: Account) -> None:
    frozen = ready(ada, post())
    fake.fails("publish", REFUSALS["too many"][0])
    fake.fails("publish", REFUSALS["posts of a day"][0])
    waits = [getattr(threads.publish(ada, frozen), "retry_after", None) for _ in range(2)]
    assert waits == [7, 3600]


def test_neither_token_nor_signed_address_is_quoted(fake: FakeThreads, ada: Account) -> None:
    said = f"Could not fetch {IMAGE.url} with {TOKEN}"
    fake.fails("create", error(400, 100, said))
    outcome = threads.prepare(ada, post(IMAGE), None)
    assert isinstance(outcome, Rejected)
    assert "Could not fetch" in outcome.message
    assert TOKEN not in outcome.message
    assert "presigned" not in outcome.message
