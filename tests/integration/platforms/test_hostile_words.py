"""Servers that answer a call with what no database takes: it is recorded all the same, or refused clearly."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lamplighter.domain.outcomes import NotSent, Outcome, Published, Rejected, TokenExpired, Unknown
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Media, Post
from lamplighter.platforms.registry import connector
from tests.integration.platforms.faults import Serve
from tests.integration.platforms.pictures import png
from tests.integration.platforms.wire import Answer

INTENT = UUID("01993d4e-0000-7000-8000-000000000001")
KEYED: dict[str, Any] = {
    "idempotency_key": str(INTENT),
    "post": {},
    "status": {"status": "Lit"},
    "processing": [],
}
UNKEYED: dict[str, Any] = {
    "threads": {"container": "17", "children": [], "text": "Lit", "images": 0, "reply_to": None},
    "linkedin": {"on": None, "text": "Lit", "images": [], "processing": []},
    "telegram": {"method": "sendMessage", "fields": {"text": "Lit"}},
}
BY_KEY = ["sandbox", "mastodon"]
UPLOADING = [*BY_KEY, "bluesky", "threads", "linkedin"]
ALL = [*UPLOADING, "telegram"]
IMAGE = Media(png(), "image/png", "A lamp", 2, 1, "https://media.example/1.png")
SESSION = {"did": "did:plc:ada", "handle": "ada.test", "accessJwt": "access", "refreshJwt": "refresh"}
LOGIN = {"identifier": "ada.test", "app_password": "secret-words"}


def account(platform: str, base_url: str) -> Account:
    return Account(platform, "did:plc:ada", "ada", base_url, Credentials("token"))


def frozen(platform: str) -> dict[str, Any]:
    if platform == "bluesky":
        return {"rkey": "3mbfvv7intptv", "record": {}}
    return {
        **UNKEYED.get(platform, KEYED),
        "armed_at": (datetime.now(UTC) - timedelta(minutes=10)).isoformat(),
    }


def publish(platform: str, serve: Serve, answer: Answer) -> Outcome:
    peer = serve(lambda _: answer)
    return connector(platform).publish(account(platform, peer.url), frozen(platform))


@pytest.mark.parametrize("platform", BY_KEY)
@pytest.mark.parametrize(
    "url", [None, "javascript:alert(1)", "https://a.example/\0", "https://a/" + "a" * 9_000]
)
def test_a_post_that_cannot_be_shown_is_published_all_the_same(
    platform: str, serve: Serve, url: object
) -> None:
    assert publish(platform, serve, Answer(json={"id": "9", "url": url})) == Published("9", "")


@pytest.mark.parametrize("platform", BY_KEY)
@pytest.mark.parametrize("remote_id", [None, "", "9\0", "9 9", "9" * 513, {"id": "9"}, True])
def test_a_post_without_a_usable_id_is_unknown(platform: str, serve: Serve, remote_id: object) -> None:
    outcome = publish(platform, serve, Answer(json={"id": remote_id, "url": "https://a.example/9"}))
    assert isinstance(outcome, Unknown)
    assert outcome.code == "unreadable_answer"


@pytest.mark.parametrize("uri", [None, "", "at://did:plc:ada/app.bsky.feed.post/3m\0", 5])
def test_a_record_at_another_place_is_unknown(serve: Serve, uri: object) -> None:
    outcome = publish("bluesky", serve, Answer(json={"uri": uri}))
    assert isinstance(outcome, Unknown)
    assert outcome.code == "unreadable_answer"


@pytest.mark.parametrize("platform", ALL)
def test_a_refusal_is_quoted_without_control_characters(platform: str, serve: Serve) -> None:
    words = "No\0 \x1b[31mto\x9f\u2028ken " + "x" * 100_000
    said = {"error": words, "message": words, "detail": words, "description": words}
    outcome = publish(platform, serve, Answer(422, json=said))
    assert isinstance(outcome, Rejected)
    assert outcome.message.isprintable()
    assert len(outcome.message) < 300


@pytest.mark.parametrize("platform", ALL)
@pytest.mark.parametrize("odd", [["ExpiredToken"], {"a": 1}, 5, None])
def test_an_error_of_another_shape_is_a_refusal_like_any_other(
    platform: str, serve: Serve, odd: object
) -> None:
    said = {"error": odd, "message": odd, "detail": odd, "description": odd}
    assert isinstance(publish(platform, serve, Answer(400, json=said)), Rejected)
    assert isinstance(publish(platform, serve, Answer(401, json=said)), TokenExpired)


@pytest.mark.parametrize("platform", UPLOADING)
@pytest.mark.parametrize("media_id", ["7\0", {"a": 1}, "7" * 9_000])
def test_an_upload_that_cannot_be_named_is_done_again(platform: str, serve: Serve, media_id: object) -> None:
    blob = {"$type": "blob", "ref": {"$link": media_id}, "mimeType": "image/png", "size": 1}
    place = {"image": media_id, "uploadUrl": "https://www.linkedin.com/dms-uploads/1"}
    peer = serve(lambda _: Answer(json={"id": media_id, "blob": blob, "value": place}))
    post = Post(INTENT, datetime(2026, 1, 1, tzinfo=UTC), "Lit", (IMAGE,))
    assert isinstance(connector(platform).prepare(account(platform, peer.url), post, None), NotSent)


@pytest.mark.parametrize("did", ["did:plc:bob\0", 5.5, None, "did:plc:" + "b" * 600])
def test_a_mention_of_an_unusable_account_stays_plain_text(serve: Serve, did: object) -> None:
    peer = serve(lambda _: Answer(json={"did": did}))
    post = Post(INTENT, datetime(2026, 1, 1, tzinfo=UTC), "@bob.test")
    prepared = connector("bluesky").prepare(account("bluesky", peer.url), post, None)
    assert isinstance(prepared, dict)
    assert "facets" not in prepared["record"]


@pytest.mark.parametrize(
    "changes",
    [
        {"did": "did:plc:ada\0"},
        {"did": "did:plc:" + "a" * 255},
        {"did": {"a": 1}},
        {"did": 5},
        {"handle": "ada\0.test"},
        {"handle": "a" * 256},
        {"handle": None},
        {"accessJwt": "a\r\nb"},
        {"refreshJwt": "r" * 9_000},
    ],
)
def test_bluesky_is_not_opened_with_what_cannot_be_stored(serve: Serve, changes: dict[str, Any]) -> None:
    peer = serve(lambda _: Answer(json={**SESSION, **changes}))
    with pytest.raises(ConnectFailed) as failed:
        connector("bluesky").connect(peer.url, LOGIN)
    assert failed.value.code == "unreadable_answer"


@pytest.mark.parametrize(
    "changes",
    [{"id": "1\0"}, {"id": "1" * 256}, {"id": {"a": 1}}, {"username": "ada\0"}, {"username": "a" * 250}],
)
def test_mastodon_is_not_opened_with_what_cannot_be_stored(serve: Serve, changes: dict[str, Any]) -> None:
    person = {"id": "1", "username": "ada", **changes}
    peer = serve(lambda _: Answer(json={**person, "domain": "social.example"}))
    with pytest.raises(ConnectFailed) as failed:
        connector("mastodon").connect(peer.url, {"access_token": "token"})
    assert failed.value.code == "unreadable_answer"


@pytest.mark.parametrize("changes", [{"id": "1\0"}, {"id": "1" * 256}, {"id": None}, {"username": "a b"}])
def test_threads_is_not_opened_with_what_cannot_be_stored(serve: Serve, changes: dict[str, Any]) -> None:
    peer = serve(lambda _: Answer(json={"id": "1", "username": "ada", **changes}))
    with pytest.raises(ConnectFailed) as failed:
        connector("threads").connect(peer.url, {"access_token": "token"})
    assert failed.value.code == "unreadable_answer"


@pytest.mark.parametrize("page", [{}, {"id": 2}, {"id": [1]}, {"id": "1\0"}])
def test_linkedin_is_not_opened_as_another_page(serve: Serve, page: dict[str, Any]) -> None:
    peer = serve(lambda _: Answer(json={"vanityName": "ada", **page}))
    with pytest.raises(ConnectFailed) as failed:
        connector("linkedin").connect(peer.url, {"access_token": "token", "organization": "1"})
    assert failed.value.code == "unreadable_answer"


@pytest.mark.parametrize("names", [{}, {"vanityName": [], "localizedName": 5}, {"localizedName": "\0"}])
def test_a_page_without_a_name_is_called_by_its_number(serve: Serve, names: dict[str, Any]) -> None:
    peer = serve(lambda _: Answer(json={"id": 1, **names}))
    opened = connector("linkedin").connect(peer.url, {"access_token": "token", "organization": "1"})
    assert opened.username == "1"


@pytest.mark.parametrize("domain", ["social\0.example", {"a": 1}, "d" * 9_000, 5.5])
def test_an_instance_that_misnames_itself_is_called_by_its_address(serve: Serve, domain: object) -> None:
    mimes = ["image/png", "image/\0", "image/" + "x" * 300, 5]
    configuration = {"media_attachments": {"supported_mime_types": mimes}}
    said = {"id": "1", "username": "ada", "domain": domain, "configuration": configuration}
    peer = serve(lambda _: Answer(json=said))
    opened = connector("mastodon").connect(peer.url, {"access_token": "token"})
    assert opened.username == f"ada@127.0.0.1:{peer.port}"
    assert opened.limits == {"image_mimes": ["image/png"]}
