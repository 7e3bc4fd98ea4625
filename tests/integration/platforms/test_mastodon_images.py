"""Mastodon's images: uploaded, processed, dropped, and asked for."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.outcomes import NotSent, Rejected, Waiting
from lamplighter.platforms import mastodon
from tests.integration.platforms.faults import Serve
from tests.integration.platforms.mastodon_stage import (
    IMAGE,
    NOW,
    PUBLISHED,
    STATUS,
    TEXT,
    account,
    post,
    prepared,
    routes,
)
from tests.integration.platforms.wire import Answer, Request


def test_a_second_try_keeps_the_images_and_arms_the_key_anew(serve: Serve) -> None:
    server = serve(lambda _: Answer(500))
    status = {"status": TEXT, "media_ids": ["7"]}
    uploaded_at = (NOW - timedelta(hours=3)).isoformat()
    earlier = prepared(timedelta(hours=3), uploaded_at=uploaded_at, status=status)
    again = mastodon.prepare(account(server.url), post(IMAGE), earlier)
    assert isinstance(again, dict)
    assert server.requests == []
    assert datetime.fromisoformat(again["armed_at"]) >= NOW
    assert {**again, "armed_at": earlier["armed_at"]} == earlier


def test_an_image_in_the_works_is_waited_for_and_uploaded_once(serve: Serve) -> None:
    script = {
        "POST /v2/media": [Answer(202, json={"id": "7"})],
        "GET /v1/media/7": [Answer(206, json={"id": "7"}), Answer(json={"id": "7"})],
        "POST /v1/statuses": [Answer(json=STATUS)],
    }
    server = serve(routes(script))
    waiting = mastodon.prepare(account(server.url), post(IMAGE), None)
    assert isinstance(waiting, Waiting)
    assert waiting.retry_after == pytest.approx(2)
    assert len(server.requests) == 1
    still = mastodon.prepare(account(server.url), post(IMAGE), waiting.kept)
    assert isinstance(still, Waiting)
    assert still.kept == waiting.kept
    ready = mastodon.prepare(account(server.url), post(IMAGE), still.kept)
    assert isinstance(ready, dict)
    assert ready["processing"] == []
    assert mastodon.publish(account(server.url), ready) == PUBLISHED
    assert [request.method for request in server.requests] == ["POST", "GET", "GET", "POST"]
    assert server.requests[-1].json["media_ids"] == ["7"]


def test_of_several_images_only_those_in_the_works_are_asked_for(serve: Serve) -> None:
    answers = [Answer(json={"id": "7"}), Answer(202, json={"id": "8"}), Answer(202, json={"id": "9"})]
    looks = {"GET /v1/media/8": [Answer()], "GET /v1/media/9": [Answer(206)]}
    server = serve(routes({"POST /v2/media": answers, **looks}))
    waiting = mastodon.prepare(account(server.url), post(IMAGE, IMAGE, IMAGE), None)
    assert isinstance(waiting, Waiting)
    assert waiting.kept["processing"] == ["8", "9"]
    waiting = mastodon.prepare(account(server.url), post(IMAGE, IMAGE, IMAGE), waiting.kept)
    assert isinstance(waiting, Waiting)
    assert (waiting.kept["status"]["media_ids"], waiting.kept["processing"]) == (["7", "8", "9"], ["9"])


def test_the_longer_an_image_takes_the_less_often_it_is_asked_for(serve: Serve) -> None:
    server = serve(lambda _: Answer(206))
    for age, pause in ((timedelta(seconds=20), 10), (timedelta(hours=1), 60)):
        uploaded_at = (datetime.now(UTC) - age).isoformat()
        status = {"status": TEXT, "media_ids": ["7"]}
        earlier = prepared(processing=["7"], uploaded_at=uploaded_at, status=status)
        waiting = mastodon.prepare(account(server.url), post(IMAGE), earlier)
        assert isinstance(waiting, Waiting)
        assert waiting.retry_after == pytest.approx(pause, abs=1)


@pytest.mark.parametrize(
    ("trouble", "pause"),
    [(Answer(429, headers={"Retry-After": "90"}), 90), (Answer(503), 5), (Answer(reset=True), 5)],
)
def test_when_the_second_image_fails_the_first_is_not_uploaded_again(
    serve: Serve, trouble: Answer, pause: float
) -> None:
    server = serve(routes({"POST /v2/media": [Answer(json={"id": "7"}), trouble, Answer(json={"id": "8"})]}))
    second = replace(IMAGE, alt="Another lamp")
    waiting = mastodon.prepare(account(server.url), post(IMAGE, second), None)
    assert isinstance(waiting, Waiting)
    assert waiting.retry_after == pause
    ready = mastodon.prepare(account(server.url), post(IMAGE, second), waiting.kept)
    assert isinstance(ready, dict)
    assert ready["status"]["media_ids"] == ["7", "8"]
    assert [b"Another" in request.body for request in server.requests] == [False, True, True]


def test_an_image_that_is_refused_ends_it_whatever_was_uploaded_before(serve: Serve) -> None:
    server = serve(routes({"POST /v2/media": [Answer(json={"id": "7"}), Answer(422)]}))
    assert isinstance(mastodon.prepare(account(server.url), post(IMAGE, IMAGE), None), Rejected)


def test_images_that_the_instance_may_have_dropped_are_uploaded_again(serve: Serve) -> None:
    server = serve(routes({"POST /v2/media": [Answer(json={"id": "8"})]}))
    uploaded_at = (NOW - timedelta(hours=13)).isoformat()
    status = {"status": TEXT, "language": "en", "media_ids": ["7"]}
    earlier = prepared(timedelta(hours=13), uploaded_at=uploaded_at, status=status)
    again = mastodon.prepare(account(server.url), post(IMAGE), earlier)
    assert isinstance(again, dict)
    assert again["status"] == {**status, "media_ids": ["8"]}
    assert again["idempotency_key"] == earlier["idempotency_key"]
    assert again["uploaded_at"] > uploaded_at


def test_the_key_is_armed_after_the_uploads(serve: Serve) -> None:
    uploaded: list[datetime] = []

    def script(_: Request) -> Answer:
        uploaded.append(datetime.now(UTC))
        return Answer(json={"id": "7"})

    frozen = mastodon.prepare(account(serve(script).url), post(IMAGE), None)
    assert isinstance(frozen, dict)
    assert datetime.fromisoformat(frozen["armed_at"]) >= uploaded[0]


IN_THE_WORKS = prepared(
    processing=["7"], uploaded_at=NOW.isoformat(), status={"status": TEXT, "media_ids": ["7"]}
)


@pytest.mark.parametrize("status", [404, 422])
def test_an_image_that_the_instance_gave_up_on(serve: Serve, status: int) -> None:
    server = serve(lambda _: Answer(status, json={"error": "Error processing thumbnail"}))
    outcome = mastodon.prepare(account(server.url), post(IMAGE), IN_THE_WORKS)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "media_refused"


@pytest.mark.parametrize("answer", [Answer(reset=True), Answer(503)])
def test_asking_for_an_image_posts_nothing(serve: Serve, answer: Answer) -> None:
    server = serve(lambda _: answer)
    assert isinstance(mastodon.prepare(account(server.url), post(IMAGE), IN_THE_WORKS), NotSent)


def test_a_status_that_came_before_its_image_was_not_posted(serve: Serve) -> None:
    error = "Cannot attach files that have not finished processing. Try again in a moment!"
    server = serve(lambda _: Answer(422, json={"error": error}))
    outcome = mastodon.publish(account(server.url), prepared())
    assert isinstance(outcome, NotSent)
    assert outcome.retry_after
