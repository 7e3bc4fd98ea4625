"""What an answer proves, how long it asks to wait, and what of it may be shown."""

from datetime import UTC, datetime

import pytest

from lamplighter.domain.outcomes import (
    NotSent,
    Outcome,
    Pending,
    Published,
    RateLimited,
    Rejected,
    TokenExpired,
    Unknown,
)
from lamplighter.platforms._shared.answers import before_posting, quoted, while_connecting, while_looking
from lamplighter.platforms._shared.credentials import required
from lamplighter.platforms._shared.waiting import seconds_to_wait
from lamplighter.platforms.base import ConnectFailed

NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
EVERY: list[Outcome] = [
    Published("1", "https://example.com/1"),
    Pending(),
    RateLimited("slow down"),
    TokenExpired("who?"),
    Rejected("refused", "no"),
    NotSent("unreachable", "away"),
    Unknown("no_answer", "?"),
]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Thu, 01 Jan 2026 12:01:00 GMT"}, 60),
        ({"retry-after": "Thu, 01 Jan 2026 11:00:00 GMT"}, 0),
        ({"ratelimit-reset": str(int(NOW.timestamp()) + 30)}, 30),
        ({"ratelimit-reset": "30"}, 30),
        ({"x-ratelimit-reset": "2026-01-01T12:05:00.000000Z"}, 300),
        ({"x-ratelimit-reset": "2026-01-01T12:05:00"}, 300),
        ({"retry-after": "7", "ratelimit-reset": "30"}, 7),
        ({"retry-after": "soon", "ratelimit-reset": "30"}, 30),
        ({"retry-after": "nan"}, None),
        ({"retry-after": f"Thu, 01 Jan 2026 12:01:00 +{'9' * 20}"}, None),
        ({"retry-after": f"Thu, 01 Jan {'9' * 20} 12:01:00 GMT"}, None),
        ({"retry-after": "-5"}, 0),
        ({"retry-after": "999999999"}, 86_400),
        ({"retry-after": "inf"}, 86_400),
    ],
)
def test_how_long_to_wait(headers: dict[str, str], expected: float | None) -> None:
    assert seconds_to_wait(headers, NOW) == expected


@pytest.mark.parametrize("outcome", EVERY, ids=lambda outcome: type(outcome).__name__)
def test_a_look_never_proves_that_a_post_may_be_sent_again(outcome: Outcome) -> None:
    assert isinstance(while_looking(outcome), Unknown)


@pytest.mark.parametrize("outcome", EVERY, ids=lambda outcome: type(outcome).__name__)
def test_before_posting_nothing_is_unknown(outcome: Outcome) -> None:
    known = before_posting(outcome)
    assert known == (NotSent("no_answer", "?") if isinstance(outcome, Unknown) else outcome)


@pytest.mark.parametrize("outcome", EVERY, ids=lambda outcome: type(outcome).__name__)
def test_only_a_refusal_says_something_about_the_credentials(outcome: Outcome) -> None:
    failed = while_connecting(outcome)
    assert failed.transient is not isinstance(outcome, Rejected | TokenExpired)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The token s3cret is\n\tnot good", "The token *** is not good"),
        ("x" * 500, "x" * 200 + "..."),
        ("No\x00t \x1b[31mgood\x7f\x9f\u2028été", "Not [31mgood été"),
        ("The token s3\x00cret", "The token ***"),
        ("\x00\x00", ""),
        (None, ""),
        ({"a": 1}, ""),
        ("", ""),
    ],
)
def test_what_a_network_said_is_fit_to_be_shown(said: object, shown: str) -> None:
    assert quoted(said, "s3cret", None, "") == shown


def test_fields_are_taken_without_the_spaces_around_them() -> None:
    assert required({"a": " 1\n", "b": "2"}, "a", "b") == ["1", "2"]


@pytest.mark.parametrize("fields", [{}, {"a": "1"}, {"a": "1", "b": " "}, {"a": "1", "b": "2", "c": "3"}])
def test_the_fields_must_be_the_networks_own(fields: dict[str, str]) -> None:
    with pytest.raises(ConnectFailed) as failed:
        required(fields, "a", "b")
    assert "a and b" in failed.value.message
