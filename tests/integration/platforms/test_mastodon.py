"""Mastodon: what a server can do that is hard to see on a real one."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from lamplighter.domain.outcomes import Absent, Published, Rejected, TokenExpired, Unknown
from lamplighter.platforms import mastodon
from lamplighter.platforms.base import ConnectFailed, Post
from lamplighter.platforms.mastodon import reconciling
from lamplighter.platforms.mastodon.reconciling import SETTLE
from tests.integration.platforms.faults import Serve
from tests.integration.platforms.mastodon_stage import (
    IMAGE,
    INTENT,
    NOW,
    PUBLISHED,
    STATUS,
    TEXT,
    URL,
    account,
    post,
    prepared,
    routes,
)
from tests.integration.platforms.wire import Answer

PERSON = Answer(json={"id": "1", "username": "ada"})
OWN_STATUSES = "GET /v1/accounts/1/statuses"
SOURCE = "GET /v1/statuses/9/source"


def test_what_is_frozen_and_sent(serve: Serve) -> None:
    server = serve(
        routes({"POST /v2/media": [Answer(json={"id": "7"})], "POST /v1/statuses": [Answer(json=STATUS)]})
    )
    frozen = mastodon.prepare(account(server.url), post(IMAGE), None)
    assert isinstance(frozen, dict)
    assert mastodon.publish(account(server.url), frozen) == PUBLISHED
    upload, status = server.requests
    assert b'name="file"; filename="picture.png"' in upload.body
    assert b"Content-Type: image/png" in upload.body
    assert b"A lamp" in upload.body
    assert status.headers["idempotency-key"] == str(INTENT)
    assert status.headers["authorization"] == "Bearer token"
    assert status.json == {"status": TEXT, "language": "en", "media_ids": ["7"]}


def test_a_token_without_the_scope_to_post_asks_for_another(serve: Serve) -> None:
    server = serve(lambda _: Answer(403, json={"error": "This action is outside the authorized scopes"}))
    outcome = mastodon.publish(account(server.url), prepared())
    assert isinstance(outcome, TokenExpired)
    assert outcome.revoked


def test_the_first_call_is_given_time_before_it_is_repeated(serve: Serve) -> None:
    server = serve(lambda _: Answer(json=STATUS))
    early = mastodon.reconcile(account(server.url), prepared(SETTLE - timedelta(seconds=5)), ())
    assert isinstance(early, Unknown)
    assert server.requests == []
    assert mastodon.reconcile(account(server.url), prepared(SETTLE), ()) == PUBLISHED


def test_within_the_hour_the_same_call_is_repeated(serve: Serve) -> None:
    server = serve(lambda _: Answer(json=STATUS))
    assert mastodon.reconcile(account(server.url), prepared(timedelta(minutes=50)), ()) == PUBLISHED
    [repeat] = server.requests
    assert (repeat.method, repeat.headers["idempotency-key"]) == ("POST", str(INTENT))


def test_after_the_hour_nothing_is_repeated(serve: Serve) -> None:
    listed = {
        OWN_STATUSES: [Answer(json=[STATUS])],
        SOURCE: [Answer(json={"text": f"{TEXT} "})],
    }
    server = serve(routes(listed))
    assert mastodon.reconcile(account(server.url), prepared(timedelta(minutes=56)), ()) == PUBLISHED
    assert {request.method for request in server.requests} == {"GET"}


@pytest.mark.parametrize(
    ("own", "expected"),
    [(Answer(json=[STATUS]), Published), (Answer(json=[]), Rejected), (Answer(500), Unknown)],
)
def test_a_repeat_that_is_refused_is_looked_into(serve: Serve, own: Answer, expected: type) -> None:
    answers = {
        "POST /v1/statuses": [Answer(422, json={"error": "Media is already used"})],
        OWN_STATUSES: [own],
        SOURCE: [Answer(json={"text": TEXT})],
    }
    server = serve(routes(answers))
    outcome = mastodon.reconcile(account(server.url), prepared(timedelta(minutes=10)), ())
    assert isinstance(outcome, expected)


def _page(first: int, at: datetime = NOW) -> Answer:
    return Answer(json=[{**STATUS, "id": str(first - i), "created_at": at.isoformat()} for i in range(40)])


def test_the_search_goes_on_until_the_time_of_the_call(serve: Serve) -> None:
    image = [{"id": "7"}]
    mine = {**STATUS, "id": "20", "media_attachments": image}
    pages = [
        _page(100),
        Answer(json=[mine, {**STATUS, "id": "19", "created_at": "2020-01-01T00:00:00.000Z"}]),
    ]
    answers = {
        OWN_STATUSES: pages,
        "GET /v1/statuses/20/source": [Answer(json={"text": TEXT})],
    }
    server = serve(routes(answers))
    status = {"status": TEXT, "media_ids": ["7"]}
    outcome = mastodon.reconcile(account(server.url), prepared(timedelta(hours=2), status=status), ())
    assert outcome == Published("20", URL)
    assert "max_id=61" in server.requests[1].path


def test_an_account_that_posted_too_much_is_for_a_person_to_look_at(serve: Serve) -> None:
    server = serve(lambda _: _page(1_000))
    assert isinstance(mastodon.reconcile(account(server.url), prepared(timedelta(hours=2)), ()), Unknown)


def test_too_many_posts_like_it_are_for_a_person_to_compare(serve: Serve) -> None:
    server = serve(lambda _: Answer(json=[STATUS] * 21))
    assert isinstance(mastodon.reconcile(account(server.url), prepared(timedelta(hours=2)), ()), Unknown)


def test_an_instance_that_is_too_slow_to_search_is_searched_again_later(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciling, "SEARCH_SECONDS", 0)
    server = serve(routes({OWN_STATUSES: [Answer(json=[STATUS])]}))
    outcome = mastodon.reconcile(account(server.url), prepared(timedelta(hours=2)), ())
    assert isinstance(outcome, Unknown)
    assert outcome.code == "cannot_look"


@pytest.mark.parametrize(
    "listed",
    [
        {"no": "list"},
        ["?"],
        [{"id": "1"}],
        [{**STATUS, "created_at": "yesterday"}],
        [{**STATUS, "created_at": "0001-01-01T00:00:00+14:00"}],
    ],
)
def test_a_list_that_cannot_be_read_proves_nothing(serve: Serve, listed: Any) -> None:
    server = serve(lambda _: Answer(json=listed))
    assert isinstance(mastodon.reconcile(account(server.url), prepared(timedelta(hours=2)), ()), Unknown)


def test_a_list_that_gets_no_answer_proves_nothing(serve: Serve) -> None:
    server = serve(lambda _: Answer(reset=True))
    assert isinstance(mastodon.reconcile(account(server.url), prepared(timedelta(hours=2)), ()), Unknown)


def test_a_status_without_language_or_images_is_its_text(serve: Serve) -> None:
    server = serve(lambda _: Answer(json=STATUS))
    frozen = mastodon.prepare(account(server.url), Post(INTENT, NOW, TEXT), None)
    assert isinstance(frozen, dict)
    assert frozen["status"] == {"status": TEXT}


@pytest.mark.parametrize("source", [Answer(404), Answer(json={}), Answer(reset=True)])
def test_a_source_that_cannot_be_read_proves_nothing(serve: Serve, source: Answer) -> None:
    server = serve(routes({OWN_STATUSES: [Answer(json=[STATUS])], SOURCE: [source]}))
    assert isinstance(mastodon.reconcile(account(server.url), prepared(timedelta(hours=2)), ()), Unknown)


def test_nothing_of_the_kind_was_posted(serve: Serve) -> None:
    server = serve(lambda _: Answer(json=[]))
    assert mastodon.reconcile(account(server.url), prepared(timedelta(hours=2)), ()) == Absent()


def test_an_instance_that_announces_nothing_has_the_usual_limits(serve: Serve) -> None:
    server = serve(
        routes({"GET /v1/accounts/verify_credentials": [PERSON], "GET /v2/instance": [Answer(404)]})
    )
    connected = mastodon.connect(server.url, {"access_token": " token\n"})
    assert connected.limits == {}
    assert connected.username == f"ada@127.0.0.1:{server.port}"


def test_an_instance_that_is_ill_is_asked_again_later(serve: Serve) -> None:
    server = serve(
        routes({"GET /v1/accounts/verify_credentials": [PERSON], "GET /v2/instance": [Answer(503)]})
    )
    with pytest.raises(ConnectFailed) as failed:
        mastodon.connect(server.url, {"access_token": "token"})
    assert failed.value.transient


def test_a_token_cannot_be_refreshed() -> None:
    with pytest.raises(ConnectFailed) as failed:
        mastodon.refresh(account("https://social.example"))
    assert (failed.value.code, failed.value.transient) == ("reconnect_required", False)
