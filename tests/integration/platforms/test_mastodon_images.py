"""Mastodon's images: uploaded, processed, dropped, and asked for."""

from datetime import UTC, datetime, timedelta

import pytest

from lamplighter.domain.outcomes import NotSent, Rejected
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
    earlier = prepared(timedelta(hours=3), uploaded_at=(NOW - timedelta(hours=3)).isoformat())
    again = mastodon.prepare(account(server.url), post(IMAGE), earlier)
    assert isinstance(again, dict)
    assert server.requests == []
    assert datetime.fromisoformat(again["armed_at"]) >= NOW
    assert {**again, "armed_at": earlier["armed_at"]} == earlier


def test_an_image_in_the_works_is_waited_for_by_later_tries(serve: Serve) -> None:
    ready = [Answer(206, json={"id": "7"}), Answer(206, json={"id": "7"}), Answer(json={"id": "7"})]
    script = {
        "POST /v2/media": [Answer(202, json={"id": "7"})],
        "GET /v1/media/7": ready,
        "POST /v1/statuses": [Answer(json=STATUS)],
    }
    server = serve(routes(script))
    frozen = mastodon.prepare(account(server.url), post(IMAGE), None)
    assert isinstance(frozen, dict)
    assert frozen["processing"] == ["7"]
    first = mastodon.publish(account(server.url), frozen)
    assert isinstance(first, NotSent)
    assert (first.code, first.retry_after) == ("media_processing", 5)
    assert mastodon.publish(account(server.url), frozen) == PUBLISHED
    assert [request.method for request in server.requests].count("POST") == 2


def test_a_later_try_is_armed_only_once_its_images_are_ready(serve: Serve) -> None:
    looks = [Answer(206), Answer(206), Answer(json={"id": "7"})]
    server = serve(routes({"GET /v1/media/7": looks, "POST /v1/statuses": [Answer(json=STATUS)]}))
    earlier = prepared(processing=["7"])
    early = mastodon.prepare(account(server.url), post(), earlier)
    assert isinstance(early, NotSent)
    assert early.code == "media_processing"
    again = mastodon.prepare(account(server.url), post(), earlier)
    assert isinstance(again, dict)
    assert again["armed_at"] > earlier["armed_at"]
    assert mastodon.publish(account(server.url), again) == PUBLISHED
    assert len(server.requests) == 3 + 1


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


@pytest.mark.parametrize("status", [404, 422])
def test_an_image_that_the_instance_gave_up_on(serve: Serve, status: int) -> None:
    server = serve(lambda _: Answer(status, json={"error": "Error processing thumbnail"}))
    outcome = mastodon.publish(account(server.url), prepared(processing=["7"]))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "media_refused"


@pytest.mark.parametrize("answer", [Answer(reset=True), Answer(503)])
def test_asking_for_an_image_posts_nothing(serve: Serve, answer: Answer) -> None:
    server = serve(lambda _: answer)
    assert isinstance(mastodon.publish(account(server.url), prepared(processing=["7"])), NotSent)


def test_a_status_that_came_before_its_image_was_not_posted(serve: Serve) -> None:
    error = "Cannot attach files that have not finished processing. Try again in a moment!"
    server = serve(lambda _: Answer(422, json={"error": error}))
    outcome = mastodon.publish(account(server.url), prepared())
    assert isinstance(outcome, NotSent)
    assert outcome.retry_after
