"""Bluesky: what a reply names, where the hash of what it answers is not at hand."""

from typing import Any

import pytest

from lamplighter.domain.outcomes import NotSent, Outcome, Published, RateLimited, Rejected, Unknown
from lamplighter.platforms import bluesky
from lamplighter.platforms.base import Account, Credentials, Post, Remote
from tests.integration.platforms.bluesky_scenarios import INTENT_AT, INTENT_ID
from tests.integration.platforms.faults import Serve
from tests.integration.platforms.wire import Answer, Request

URI = "at://did:plc:ada/app.bsky.feed.post/"
KNOWN = Remote(f"{URI}root", {"cid": "hash-of-root"})
NAMED = Remote("https://bsky.app/profile/ada.test/post/named")


def account(base_url: str) -> Account:
    return Account("bluesky", "did:plc:ada", "ada.test", base_url, Credentials("access", "refresh"))


def reply(root: Remote, parent: Remote, text: str = "And then") -> Post:
    return Post(INTENT_ID, INTENT_AT, text, kind="thread", root=root, parent=parent)


def test_hashes_that_are_known_are_not_asked_for(serve: Serve) -> None:
    server = serve(lambda _: Answer(500))
    frozen = bluesky.prepare(account(server.url), reply(KNOWN, KNOWN), None)
    assert isinstance(frozen, dict)
    reference = {"uri": f"{URI}root", "cid": "hash-of-root"}
    assert frozen["record"]["reply"] == {"root": reference, "parent": reference}
    assert server.requests == []


@pytest.mark.parametrize("reference", [None, {}, {"cid": None}, {"cid": "two words"}])
def test_a_hash_that_is_not_known_is_asked_for(serve: Serve, reference: dict[str, Any] | None) -> None:
    server = serve(lambda _: Answer(json={"uri": f"{URI}named", "cid": "asked", "value": {}}))
    parent = Remote(NAMED.remote_id, reference)
    frozen = bluesky.prepare(account(server.url), reply(KNOWN, parent), None)
    assert isinstance(frozen, dict)
    assert frozen["record"]["reply"]["parent"] == {"uri": f"{URI}named", "cid": "asked"}
    [request] = server.requests
    assert "rkey=named" in request.path


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (Answer(400, json={"error": "RecordNotFound"}), Rejected),
        (Answer(json={"cid": ["7"]}), NotSent),
        (Answer(body=b"?"), NotSent),
        (Answer(502), NotSent),
        (Answer(reset=True), NotSent),
        (Answer(429), RateLimited),
    ],
)
def test_without_the_hash_nothing_is_posted(serve: Serve, answer: Answer, expected: type[Outcome]) -> None:
    server = serve(lambda _: answer)
    assert isinstance(bluesky.prepare(account(server.url), reply(KNOWN, NAMED), None), expected)


def test_mentions_and_hashes_are_both_looked_up(serve: Serve) -> None:
    def script(request: Request) -> Answer:
        resolves = "resolveHandle" in request.path
        return Answer(json={"did": "did:plc:bob"} if resolves else {"cid": "asked"})

    server = serve(script)
    frozen = bluesky.prepare(account(server.url), reply(NAMED, NAMED, "And @bob.test"), None)
    assert isinstance(frozen, dict)
    assert frozen["record"]["facets"]
    assert frozen["record"]["reply"]["root"]["cid"] == "asked"


def test_a_frozen_reply_is_not_looked_up_again(serve: Serve) -> None:
    server = serve(lambda _: Answer(500))
    frozen = {"rkey": "3mbfvv7intptv", "record": {"text": "as it was"}}
    assert bluesky.prepare(account(server.url), reply(NAMED, NAMED), frozen) == frozen


@pytest.mark.parametrize("cid", [None, ["7"], "two words", "x" * 600])
def test_a_hash_that_cannot_be_stored_does_not_undo_the_post(serve: Serve, cid: object) -> None:
    said = {"uri": f"{URI}3mbfvv7intptv", "cid": cid}
    server = serve(lambda _: Answer(json=said))
    outcome = bluesky.publish(account(server.url), {"rkey": "3mbfvv7intptv", "record": {}})
    assert isinstance(outcome, Published)
    assert outcome.reference is None


def test_a_removal_finds_the_key_in_either_address(serve: Serve) -> None:
    server = serve(lambda _: Answer(json={}))
    for remote in (NAMED, Remote(f"{URI}named"), Remote("named")):
        bluesky.delete(account(server.url), remote)
    assert {request.json["rkey"] for request in server.requests} == {"named"}


def test_a_removal_without_an_answer_is_unknown(serve: Serve) -> None:
    server = serve(lambda _: Answer(reset=True))
    assert isinstance(bluesky.delete(account(server.url), KNOWN), Unknown)
