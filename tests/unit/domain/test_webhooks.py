"""Who is told, when it is tried again, when an endpoint is given up."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from lamplighter.domain.signing import key_of, secret_of, signatures
from lamplighter.domain.webhooks import (
    SCHEDULE,
    Answer,
    Health,
    Told,
    Wanted,
    admitted,
    is_given_up,
    is_reserved,
    is_to_be_warned_of,
    names,
    retry_after,
    used,
    wait_after,
    wants,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
A, B, C = (UUID(int=number) for number in (1, 2, 3))
MINUTE = timedelta(minutes=1)


def test_the_official_vector():
    key = key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    signed = signatures([key], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}')
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert secret_of(key) == "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_two_keys_are_two_signatures():
    both = signatures([b"a", b"b"], "msg_1", 1, b"{}").split(" ")
    assert both == [signatures([each], "msg_1", 1, b"{}") for each in (b"a", b"b")]


def test_the_schedule_is_ten_attempts_over_three_days():
    assert len(SCHEDULE) == 10
    assert [wait.total_seconds() for wait in SCHEDULE[:4]] == [0, 5, 300, 1800]
    assert [wait // timedelta(hours=1) for wait in SCHEDULE[4:]] == [2, 5, 10, 14, 20, 24]


@pytest.mark.parametrize("made", range(1, 10))
def test_a_wait_is_jittered_by_a_fifth(made: int):
    waits = [wait_after(made, Answer(500), fraction) for fraction in (0, 0.5, 1)]
    assert waits == [SCHEDULE[made] * 0.8, SCHEDULE[made], SCHEDULE[made] * 1.2]


def test_after_the_tenth_attempt_there_is_none():
    assert wait_after(10, Answer(500), 0.5) is None


@pytest.mark.parametrize(
    "answer",
    [Answer(410), Answer(error="address_refused"), Answer(error="secret_unreadable")],
)
def test_what_no_attempt_can_help_is_not_tried_again(answer: Answer):
    assert wait_after(1, answer, 0.5) is None


@pytest.mark.parametrize(
    ("asked", "wait"), [(1, 300), (299, 300), (400, 400), (600, 600), (601, 600), (10**6, 600)]
)
def test_retry_after_counts_between_the_wait_and_twice_that(asked: int, wait: int):
    answer = Answer(503, retry_after=timedelta(seconds=asked))
    assert wait_after(2, answer, 0.0) == timedelta(seconds=wait)


@pytest.mark.parametrize("answer", [Answer(429), Answer(error="timeout")])
def test_after_a_429_or_a_timeout_a_minute_passes(answer: Answer):
    assert wait_after(1, answer, 0.0) == MINUTE
    assert wait_after(2, answer, 0.5) == 5 * MINUTE


@pytest.mark.parametrize(
    ("status", "code"),
    [
        *((200, None), (204, None), (299, None), (301, "redirect"), (308, "redirect"), (304, "redirect")),
        *((400, "bad_status"), (410, "gone"), (429, "rate_limited"), (500, "bad_status")),
    ],
)
def test_only_2xx_is_success(status: int, code: str | None):
    assert Answer(status).code == code
    assert Answer(status).is_success == (code is None)


@pytest.mark.parametrize(
    ("value", "wait"),
    [("120", 120), ("0", 0), ("Sun, 01 Mar 2026 12:02:00 GMT", 120), ("Sun, 01 Mar 2026 11:00:00 GMT", 0)],
)
def test_retry_after_is_seconds_or_a_date(value: str, wait: int):
    assert retry_after({"retry-after": value}, NOW) == timedelta(seconds=wait)


@pytest.mark.parametrize("value", ["", "soon", "-1", "1.5", "٣", "2026-03-01T12:02:00Z"])
def test_a_retry_after_that_is_none_asks_for_nothing(value: str):
    assert retry_after({"retry-after": value}, NOW) is None


@pytest.mark.parametrize(
    ("pattern", "is_named"),
    [
        *(("*", True), ("publication.*", True), ("publication.failed", True), ("publication", False)),
        *(("publication.fail", False), ("pub*", False), ("content.*", False)),
    ],
)
def test_patterns_name_types(pattern: str, is_named: bool):
    assert names(pattern, "publication.failed") is is_named


def told(**more: object) -> Told:
    return Told(**{"type": "publication.failed", "resource_id": A, "mode": "live", **more})  # type: ignore[arg-type]


def wanted(**more: object) -> Wanted:
    return Wanted(**{"webhook_id": C, "types": ["*"], "mode": "live", **more})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("endpoint", "event", "hears"),
    [
        (wanted(), told(), True),
        (wanted(mode="test"), told(), False),
        (wanted(types=[]), told(), False),
        (wanted(connection_ids=[A]), told(connection_ids=[A, B]), True),
        (wanted(connection_ids=[A]), told(connection_ids=[B]), False),
        (wanted(connection_ids=[A]), told(connection_ids=None), True),
        (wanted(connection_ids=[A]), told(connection_ids=[]), False),
        (wanted(campaign_ids=[A]), told(campaign_id=A), True),
        (wanted(campaign_ids=[A]), told(campaign_id=B), False),
        (wanted(campaign_ids=[A]), told(campaign_id=None), True),
        (wanted(webhook_id=A), told(), False),
    ],
)
def test_an_endpoint_hears_what_it_wants(endpoint: Wanted, event: Told, hears: bool):
    assert wants(endpoint, event) is hears


@pytest.mark.parametrize(
    "name",
    [
        "Host",
        "webhook-id",
        "Webhook-Signature",
        "Content-Length",
        "Content-Encoding",
        "Content-Range",
        "X-Amz-Date",
    ],
)
def test_reserved_headers(name: str):
    assert is_reserved(name)
    assert not is_reserved("X-My-" + name)


def test_an_endpoint_is_given_up_after_five_days_and_twenty_failures():
    five = NOW - timedelta(days=5)
    assert is_given_up(Health(five, 20), NOW)
    assert not is_given_up(Health(five, 19), NOW)
    assert not is_given_up(Health(five + timedelta(seconds=1), 20), NOW)
    assert not is_given_up(Health(None, 0), NOW)


def test_people_are_warned_once_after_a_day():
    day = NOW - timedelta(days=1)
    assert is_to_be_warned_of(Health(day, 1), NOW)
    assert not is_to_be_warned_of(Health(day, 1, warned_at=NOW), NOW)
    assert not is_to_be_warned_of(Health(day + timedelta(seconds=1), 1), NOW)


def test_a_rate_lets_through_what_it_says():
    assert admitted(500, None, None, NOW) == (500, None)
    taken, until = admitted(500, 60, None, NOW)
    assert (taken, until) == (6, NOW + timedelta(seconds=6))
    assert admitted(500, 60, until, NOW)[0] == 0
    assert admitted(500, 60, until, NOW + timedelta(seconds=3))[0] == 3
    assert admitted(500, 60, until, NOW + timedelta(hours=1))[0] == 6


@pytest.mark.parametrize("rate", [1, 60, 600, 6000])
def test_what_was_let_through_can_be_told_from_what_is_used_up(rate: int):
    taken, until = admitted(500, rate, None, NOW)
    assert used(rate, until, NOW) == taken
    assert used(rate, None, NOW) == 1
