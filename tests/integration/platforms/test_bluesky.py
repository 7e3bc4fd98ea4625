"""Bluesky: against exchanges recorded from a real PDS always, against a real PDS when there is one."""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lamplighter.domain.outcomes import NotSent, RateLimited, TokenExpired, Unknown
from lamplighter.ids import new_id
from lamplighter.platforms import bluesky
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Media, Post
from tests.integration.platforms.bluesky_scenarios import INTENT_AT, INTENT_ID, SCENARIOS, Stage
from tests.integration.platforms.pictures import png
from tests.integration.platforms.recording import Replay
from tests.integration.platforms.wire import Answer, Peer, Request

type Serve = Callable[[Callable[[Request], Answer]], Peer]

SESSION = {
    "did": "did:plc:ada",
    "handle": "ada.test",
    "accessJwt": "access",
    "refreshJwt": "refresh",
    "active": True,
}
LOGIN = {"identifier": "@ada.test", "app_password": "secret-words"}


@pytest.mark.parametrize("name", SCENARIOS)
def test_recorded(name: str, may_reach: Callable[[str], None]) -> None:
    replay = Replay(f"bluesky_{name}")
    with replay.peer.running() as peer:
        may_reach(peer.url)
        try:
            SCENARIOS[name](Stage(url=peer.url, app_password="app-password", **replay.content["stage"]))
        finally:
            assert replay.differences == []
    assert replay.finished()


@pytest.mark.skipif(
    "LAMPLIGHTER_PDS" not in os.environ,
    reason="needs a PDS: run `make bluesky-pds` and set LAMPLIGHTER_PDS=.local/pds/account.json",
)
@pytest.mark.parametrize("name", SCENARIOS)
def test_real(name: str, may_reach: Callable[[str], None]) -> None:
    stage = Stage.from_file(Path(os.environ["LAMPLIGHTER_PDS"]))
    may_reach(stage.url)
    SCENARIOS[name](replace(stage, intent_id=new_id(), intent_at=datetime.now(UTC)))


def account(base_url: str) -> Account:
    return Account("bluesky", "did:plc:ada", "ada.test", base_url, Credentials("access", "refresh"))


def test_the_session_says_where_the_account_lives(serve: Serve) -> None:
    home = serve(lambda _: Answer())
    document = {"service": [{"id": "#other"}, {"id": "#atproto_pds", "serviceEndpoint": home.url + "/"}]}
    entry = serve(lambda _: Answer(json={**SESSION, "didDoc": document}))
    connected = bluesky.connect(entry.url, LOGIN)
    assert connected.base_url == home.url
    assert entry.requests[0].json == {"identifier": "ada.test", "password": "secret-words"}


@pytest.mark.parametrize("document", [None, {}, {"service": []}, {"service": ["?"]}, {"service": None}, []])
def test_without_a_word_on_it_the_account_lives_where_it_was_let_in(serve: Serve, document: Any) -> None:
    entry = serve(lambda _: Answer(json={**SESSION, "didDoc": document}))
    assert bluesky.connect(entry.url, LOGIN).base_url == entry.url


@pytest.mark.parametrize(
    ("address", "code", "transient"),
    [
        ("https://10.0.0.1", "address_refused", False),
        ("file:///etc/passwd", "address_refused", False),
        ("https://pds.invalid", "unreachable", True),
    ],
)
def test_a_session_may_lead_to_public_servers_only(
    serve: Serve, address: str, code: str, transient: bool
) -> None:
    document = {"service": [{"id": "#atproto_pds", "serviceEndpoint": address}]}
    entry = serve(lambda _: Answer(json={**SESSION, "didDoc": document}))
    with pytest.raises(ConnectFailed) as failed:
        bluesky.connect(entry.url, LOGIN)
    assert (failed.value.code, failed.value.transient) == (code, transient)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (Answer(401, json={"error": "AuthFactorTokenRequired"}), "app_password_required"),
        (Answer(json={**SESSION, "active": False, "status": "deactivated"}), "account_inactive"),
        (Answer(401, json={"error": "AccountTakedown"}), "credentials_refused"),
    ],
)
def test_accounts_that_cannot_be_opened(serve: Serve, answer: Answer, code: str) -> None:
    entry = serve(lambda _: answer)
    with pytest.raises(ConnectFailed) as failed:
        bluesky.connect(entry.url, LOGIN)
    assert failed.value.code == code


@pytest.mark.parametrize(
    "fields", [{}, {"identifier": "ada.test"}, {**LOGIN, "otp": "1"}, {**LOGIN, "app_password": " "}]
)
def test_both_fields_are_needed_and_no_others(fields: dict[str, str]) -> None:
    with pytest.raises(ConnectFailed) as failed:
        bluesky.connect("https://bsky.social", fields)
    assert failed.value.code == "credentials_incomplete"


def test_a_refresh_that_gets_no_answer_does_not_give_the_account_up(serve: Serve) -> None:
    server = serve(lambda _: Answer(502))
    with pytest.raises(ConnectFailed) as failed:
        bluesky.refresh(account(server.url))
    assert failed.value.transient


@pytest.mark.parametrize(
    ("error", "status", "revoked"),
    [
        ("ExpiredToken", 400, False),
        ("InvalidToken", 400, False),
        ("AuthMissing", 401, False),
        ("AccountTakedown", 401, True),
    ],
)
def test_what_a_refused_token_means(serve: Serve, error: str, status: int, revoked: bool) -> None:
    server = serve(lambda _: Answer(status, json={"error": error, "message": "No"}))
    outcome = bluesky.publish(account(server.url), {"rkey": "3mbfvv7intptv", "record": {}})
    assert isinstance(outcome, TokenExpired)
    assert outcome.revoked is revoked


def test_the_limits_reset_is_read_from_the_networks_own_header(serve: Serve) -> None:
    reset = int((datetime.now(UTC) + timedelta(seconds=90)).timestamp())
    headers = {"ratelimit-limit": "100", "ratelimit-remaining": "0", "ratelimit-reset": str(reset)}
    server = serve(
        lambda _: Answer(429, json={"error": "RateLimitExceeded", "message": "Too many"}, headers=headers)
    )
    outcome = bluesky.publish(account(server.url), {"rkey": "3mbfvv7intptv", "record": {}})
    assert isinstance(outcome, RateLimited)
    assert outcome.retry_after == pytest.approx(90, abs=3)


@pytest.mark.parametrize(
    "answer", [Answer(400, json={"error": "HandleNotFound"}), Answer(502), Answer(body=b"?")]
)
def test_a_mention_that_nobody_can_resolve_stays_plain_text(serve: Serve, answer: Answer) -> None:
    server = serve(lambda _: answer)
    prepared = bluesky.prepare(account(server.url), Post(INTENT_ID, INTENT_AT, "Hello @Bob.test"), None)
    assert isinstance(prepared, dict)
    assert "facets" not in prepared["record"]
    assert server.requests[0].path.endswith("resolveHandle?handle=bob.test")


def test_a_mention_waits_for_a_server_that_asks_to_wait(serve: Serve) -> None:
    server = serve(lambda _: Answer(429, headers={"Retry-After": "3"}))
    outcome = bluesky.prepare(account(server.url), Post(INTENT_ID, INTENT_AT, "Hello @bob.test"), None)
    assert isinstance(outcome, RateLimited)


def test_a_mention_waits_for_a_server_that_is_away(serve: Serve) -> None:
    server = serve(lambda _: Answer(reset=True))
    outcome = bluesky.prepare(account(server.url), Post(INTENT_ID, INTENT_AT, "Hello @bob.test"), None)
    assert isinstance(outcome, NotSent)


def test_a_handle_that_is_named_twice_is_resolved_once(serve: Serve) -> None:
    server = serve(lambda _: Answer(json={"did": "did:plc:bob"}))
    prepared = bluesky.prepare(account(server.url), Post(INTENT_ID, INTENT_AT, "@bob.test @bob.test"), None)
    assert isinstance(prepared, dict)
    assert len(prepared["record"]["facets"]) == 2
    assert len(server.requests) == 1


def test_what_is_frozen_can_be_stored_as_json(serve: Serve) -> None:
    server = serve(lambda _: Answer(json={"did": "did:plc:bob"}))
    prepared = bluesky.prepare(account(server.url), Post(INTENT_ID, INTENT_AT, "@bob.test #lamp"), None)
    assert json.loads(json.dumps(prepared)) == prepared


def test_only_so_many_mentions_are_resolved(serve: Serve) -> None:
    server = serve(lambda _: Answer(json={"did": "did:plc:bob"}))
    text = " ".join(f"@bob{number}.test" for number in range(30))
    prepared = bluesky.prepare(account(server.url), Post(INTENT_ID, INTENT_AT, text), None)
    assert isinstance(prepared, dict)
    assert len(prepared["record"]["facets"]) == len(server.requests) == 10


BLOB = {"$type": "blob", "ref": {"$link": "bafkrei"}, "mimeType": "image/png", "size": 70}


@pytest.mark.parametrize(("age", "uploads"), [(timedelta(minutes=5), 0), (timedelta(minutes=31), 1)])
def test_images_that_the_server_may_have_dropped_are_uploaded_again_and_the_record_stays(
    serve: Serve, age: timedelta, uploads: int
) -> None:
    server = serve(lambda _: Answer(json={"blob": BLOB}))
    post = Post(INTENT_ID, INTENT_AT, "Lit @bob.test", (Media(png(), "image/png", "A lamp", 2, 1),))
    frozen = {
        "rkey": "3mbfvv7intptv",
        "record": {"text": "as it was"},
        "uploaded_at": (datetime.now(UTC) - age).isoformat(),
    }
    again = bluesky.prepare(account(server.url), post, frozen)
    assert isinstance(again, dict)
    assert (again["rkey"], again["record"]) == (frozen["rkey"], frozen["record"])
    assert len(server.requests) == uploads


@pytest.mark.parametrize(("status", "expected"), [(400, NotSent), (500, Unknown)])
def test_a_post_whose_images_are_gone_was_not_posted(serve: Serve, status: int, expected: type) -> None:
    said = {"error": "BlobNotFound", "message": "Could not find blob: bafkrei"}
    server = serve(lambda _: Answer(status, json=said))
    assert isinstance(bluesky.publish(account(server.url), {"rkey": "3mbfvv7intptv", "record": {}}), expected)
