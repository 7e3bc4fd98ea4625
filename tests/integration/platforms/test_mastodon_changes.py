"""Mastodon: replies, edits and removals."""

from datetime import timedelta
from typing import Any

import pytest

from lamplighter.domain.outcomes import Absent, NotSent, Outcome, Published, Rejected, Removed, Unknown
from lamplighter.platforms import mastodon
from lamplighter.platforms.base import Post, Remote
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

ROOT, PARENT = Remote("5"), Remote("8")
STANDING = {
    **STATUS,
    "media_attachments": [{"id": "7"}, {"id": "6"}],
    "sensitive": True,
    "spoiler_text": "Light",
    "language": "de",
}
OWN_STATUSES = "GET /v1/accounts/1/statuses"
SOURCE = "/source"


def reply(kind: str = "thread", root: Remote | None = ROOT, parent: Remote | None = PARENT) -> Post:
    return Post(INTENT, NOW, TEXT, kind=kind, root=root, parent=parent)


def test_a_segment_answers_the_one_before_it(serve: Serve) -> None:
    server = serve(lambda _: Answer(json=STATUS))
    frozen = mastodon.prepare(account(server.url), reply(), None)
    assert isinstance(frozen, dict)
    assert server.requests == []
    assert mastodon.publish(account(server.url), frozen) == PUBLISHED
    assert server.requests[0].json == {"status": TEXT, "in_reply_to_id": "8"}


@pytest.mark.parametrize(
    "orphan",
    [reply(root=None), reply(parent=None), reply("comment", parent=Remote("")), reply(root=Remote(""))],
)
def test_a_reply_to_nothing_known_is_never_posted_as_a_post_of_its_own(serve: Serve, orphan: Post) -> None:
    server = serve(lambda _: Answer(json=STATUS))
    outcome = mastodon.prepare(account(server.url), orphan, None)
    assert isinstance(outcome, Rejected)
    assert outcome.code == "parent_unknown"
    assert server.requests == []


@pytest.mark.parametrize(("status", "code"), [({"in_reply_to_id": "8"}, "parent_gone"), ({}, "refused")])
def test_an_answer_to_a_status_that_is_gone(serve: Serve, status: dict[str, str], code: str) -> None:
    server = serve(lambda _: Answer(404, json={"error": "Record not found"}))
    outcome = mastodon.publish(account(server.url), prepared(status={"status": TEXT, **status}))
    assert isinstance(outcome, Rejected)
    assert outcome.code == code


def test_an_edit_keeps_what_stands_beside_the_text(serve: Serve) -> None:
    edited = {"GET /v1/statuses/9": [Answer(json=STANDING)], "PUT /v1/statuses/9": [Answer(json=STATUS)]}
    server = serve(routes(edited))
    assert mastodon.edit(account(server.url), Remote("9"), post(text="Better")) == PUBLISHED
    assert server.requests[-1].json == {
        "status": "Better",
        "media_ids": ["7", "6"],
        "sensitive": True,
        "spoiler_text": "Light",
        "language": "en",
    }


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Answer(404, json={"error": "Record not found"}), "post_gone"),
        (Answer(403, json={"error": "This action is outside the authorized scopes"}), "refused"),
        (Answer(503), "unclear_answer"),
        (Answer(reset=True), "no_answer"),
        (Answer(json={**STANDING, "media_attachments": [{}]}), "unclear_answer"),
        (Answer(json={**STANDING, "media_attachments": None}), "unclear_answer"),
        (Answer(json={**STANDING, "spoiler_text": 1}), "unclear_answer"),
        (Answer(body=b"<html>"), "unclear_answer"),
    ],
)
def test_nothing_is_changed_unless_it_is_known_what_stands(serve: Serve, standing: Answer, code: str) -> None:
    server = serve(lambda _: standing)
    outcome = mastodon.edit(account(server.url), Remote("9"), post())
    assert isinstance(outcome, Rejected | NotSent)
    assert outcome.code == code
    assert {request.method for request in server.requests} == {"GET"}


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(Answer(404), Rejected), (Answer(422, json={"error": "No"}), Rejected), (Answer(500), Unknown)],
)
def test_an_edit_that_does_not_succeed(serve: Serve, answer: Answer, expected: type[Outcome]) -> None:
    server = serve(routes({"GET /v1/statuses/9": [Answer(json=STANDING)], "PUT /v1/statuses/9": [answer]}))
    assert isinstance(mastodon.edit(account(server.url), Remote("9"), post()), expected)


@pytest.mark.parametrize("answer", [Answer(json=STATUS), Answer(404, json={"error": "Record not found"})])
def test_a_status_that_is_gone_is_removed(serve: Serve, answer: Answer) -> None:
    server = serve(lambda _: answer)
    assert mastodon.delete(account(server.url), Remote("9")) == Removed()
    assert (server.requests[0].method, server.requests[0].path) == ("DELETE", "/api/v1/statuses/9")


def test_a_status_without_an_id_is_not_taken_for_removed(serve: Serve) -> None:
    server = serve(lambda _: Answer(404))
    for act in (
        lambda: mastodon.delete(account(server.url), Remote("")),
        lambda: mastodon.edit(account(server.url), Remote(""), post()),
    ):
        outcome = act()
        assert isinstance(outcome, Rejected)
        assert outcome.code == "post_unknown"
    assert server.requests == []


def test_an_id_leads_to_no_other_route(serve: Serve) -> None:
    server = serve(lambda _: Answer(404))
    mastodon.delete(account(server.url), Remote("../accounts/1"))
    assert server.requests[0].path == "/api/v1/statuses/..%2Faccounts%2F1"


def _alike(*ids: str) -> dict[str, Any]:
    sources = {f"GET /v1/statuses/{each}/source": [Answer(json={"text": TEXT})] for each in ids}
    return {OWN_STATUSES: [Answer(json=[{**STATUS, "id": each} for each in ids])], **sources}


def test_a_search_never_takes_another_post_of_ours(serve: Serve) -> None:
    server = serve(routes(_alike("9", "8")))
    lost = prepared(timedelta(hours=2))
    assert mastodon.reconcile(account(server.url), lost, {"9"}) == Published("8", URL)
    assert mastodon.reconcile(account(server.url), lost, {"9", "8"}) == Absent()
    assert not any(SOURCE in request.path and "/9/" in request.path for request in server.requests)


def test_posts_that_are_taken_do_not_count_as_too_many(serve: Serve) -> None:
    ids = [str(100 + number) for number in range(21)]
    server = serve(routes(_alike(*ids)))
    outcome = mastodon.reconcile(account(server.url), prepared(timedelta(hours=2)), frozenset(ids[1:]))
    assert outcome == Published(ids[0], URL)


def test_a_refused_repeat_is_not_answered_with_another_post_of_ours(serve: Serve) -> None:
    answers = {"POST /v1/statuses": [Answer(422, json={"error": "Media is already used"})], **_alike("9")}
    server = serve(routes(answers))
    lost = prepared(timedelta(minutes=10))
    assert mastodon.reconcile(account(server.url), lost, ()) == PUBLISHED
    assert isinstance(mastodon.reconcile(account(server.url), lost, {"9"}), Rejected)


def test_an_image_and_a_parent_go_together(serve: Serve) -> None:
    server = serve(
        routes({"POST /v2/media": [Answer(json={"id": "7"})], "POST /v1/statuses": [Answer(json=STATUS)]})
    )
    with_image = Post(INTENT, NOW, TEXT, (IMAGE,), kind="comment", root=ROOT, parent=ROOT)
    frozen = mastodon.prepare(account(server.url), with_image, None)
    assert isinstance(frozen, dict)
    assert mastodon.publish(account(server.url), frozen) == PUBLISHED
    assert server.requests[-1].json == {"status": TEXT, "in_reply_to_id": "5", "media_ids": ["7"]}
