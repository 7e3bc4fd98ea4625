"""The sandbox's connector: what it sends, and what it makes of the answers."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from lamplighter.domain.outcomes import Published, Removed, TokenExpired, Unknown
from lamplighter.domain.sandbox_tokens import is_genuine
from lamplighter.platforms import sandbox
from lamplighter.platforms.base import Account, ConnectFailed, Media, Post, Remote
from tests.integration.platforms.faults import Serve
from tests.integration.platforms.pictures import png
from tests.integration.platforms.wire import Answer, Request

KEY = "of this deployment"
INTENT = UUID("01993d4e-0000-7000-8000-000000000001")
PUBLISHED = Published("p1", "https://lamps.example/sandbox/a#post-p1")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    """What signs tokens here, without the rest of AWS."""
    monkeypatch.setattr(sandbox, "secret", lambda _id: {"key": KEY})


def account(base_url: str) -> Account:
    return sandbox.connect(base_url, {"handle": "ada"})


def answer(request: Request) -> Answer:
    if request.path.endswith("/media"):
        return Answer(201, json={"id": "m1", "sha256": "", "mime": "image/png"})
    return Answer(201, json={"id": "p1", "url": PUBLISHED.url, "replayed": False})


def test_an_account_is_opened_without_a_call() -> None:
    first, second = account("https://lamps.example"), account("https://lamps.example")
    token = first.credentials.access_token
    assert is_genuine(token, KEY)
    assert first.channel_id == hashlib.sha256(token.encode()).hexdigest()[:24]
    assert first.channel_id != second.channel_id
    assert (first.username, first.base_url) == ("ada", "https://lamps.example")


def test_a_seed_names_the_same_account_for_ever() -> None:
    assert sandbox.token_for("seed") == sandbox.token_for("seed")
    assert sandbox.token_for("seed") != sandbox.token_for("another")
    assert is_genuine(sandbox.token_for("seed"), KEY)


@pytest.mark.parametrize("handle", ["", "two words", "-ada", "a" * 65, "ada/../x"])
def test_a_handle_that_the_network_would_refuse(handle: str) -> None:
    with pytest.raises(ConnectFailed):
        sandbox.connect("https://lamps.example", {"handle": handle})


def test_a_post_with_an_image(serve: Serve) -> None:
    server = serve(answer)
    mine = account(server.url)
    image = Media(png(), "image/png", "A lamp", 2, 1)
    prepared = sandbox.prepare(mine, Post(INTENT, datetime.now(UTC), "Lit", (image,)), None)
    assert isinstance(prepared, dict)
    assert sandbox.prepare(mine, Post(INTENT, datetime.now(UTC), "Other"), prepared) == prepared
    assert sandbox.publish(mine, prepared) == PUBLISHED
    upload, post = server.requests
    assert (upload.path, upload.body, upload.headers["content-type"]) == (
        "/sandbox/api/media",
        png(),
        "image/png",
    )
    assert post.path == "/sandbox/api/posts"
    assert post.json == {"handle": "ada", "text": "Lit", "media": [{"media_id": "m1", "alt": "A lamp"}]}
    assert post.headers["idempotency-key"] == str(INTENT)
    assert post.headers["authorization"] == f"Bearer {mine.credentials.access_token}"


def test_a_look_repeats_the_call_with_its_key(serve: Serve) -> None:
    server = serve(answer)
    prepared = {"idempotency_key": str(INTENT), "post": {"handle": "ada", "text": "Lit", "media": []}}
    assert sandbox.reconcile(account(server.url), prepared, ()) == PUBLISHED
    assert server.requests[0].headers["idempotency-key"] == str(INTENT)


def test_a_repeat_that_is_refused_proves_nothing_about_the_first_call(serve: Serve) -> None:
    server = serve(lambda _: Answer(422, json={"detail": "No"}))
    assert isinstance(
        sandbox.reconcile(account(server.url), {"idempotency_key": "k", "post": {}}, ()), Unknown
    )


def test_a_refused_token_is_lost(serve: Serve) -> None:
    server = serve(lambda _: Answer(401, json={"detail": "No"}))
    outcome = sandbox.publish(account(server.url), {"idempotency_key": "k", "post": {}})
    assert isinstance(outcome, TokenExpired)
    assert outcome.revoked
    with pytest.raises(ConnectFailed):
        sandbox.refresh(account(server.url))


@pytest.mark.parametrize("status", [200, 204, 404])
def test_a_post_that_is_gone_is_gone(serve: Serve, status: int) -> None:
    server = serve(lambda _: Answer(status))
    assert sandbox.delete(account(server.url), Remote("p1")) == Removed()
    assert (server.requests[0].method, server.requests[0].path) == ("DELETE", "/sandbox/api/posts/p1")


@pytest.mark.parametrize(
    ("username", "handle"),
    [
        ("ada.test", "ada.test"),
        ("ada@social.example", "ada-social.example"),
        ("@ é", "account"),
        ("a" * 99, "a" * 64),
    ],
)
def test_accounts_of_other_networks_have_a_handle_here(username: str, handle: str) -> None:
    other = replace(account("https://lamps.example"), username=username)
    prepared = sandbox.prepare(other, Post(INTENT, datetime.now(UTC), "Lit"), None)
    assert isinstance(prepared, dict)
    assert prepared["post"]["handle"] == handle
