"""Posting on the sandbox network: what is kept, replayed, refused and recorded."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from lamplighter.postgres.session import transaction
from lamplighter.schemas.sandbox import SandboxPostCreate
from lamplighter.services import sandbox, sandbox_calls
from tests.integration.sandbox.client import Client


def test_a_post_is_kept_and_read_back_as_it_was_sent(ada: Client):
    accepted = ada.post("Ich grüße 👩‍👩‍👧‍👦 & <b>you</b>", key="k1")
    assert accepted.status == 201
    post = ada.call("GET", f"/sandbox/api/posts/{accepted.json['id']}").json
    assert post["text"] == "Ich grüße 👩‍👩‍👧‍👦 & <b>you</b>"
    assert (post["handle"], post["idempotency_key"], post["replays"]) == ("ada", "k1", 0)
    assert post["url"] == f"http://sandbox.test/sandbox/{ada.account}#post-{post['id']}"
    age = datetime.now(UTC) - datetime.fromisoformat(post["accepted_at"])
    assert abs(age) < timedelta(minutes=1)


def test_the_same_key_gets_the_first_post_again(ada: Client):
    first, again = ada.post("first", key="k"), ada.post("other words", key="k")
    assert (first.status, again.status) == (201, 200)
    assert (first.json["replayed"], again.json["replayed"]) == (False, True)
    assert {**again.json, "replayed": False} == first.json
    assert ada.texts() == ["first"]
    assert ada.call("GET", "/sandbox/api/posts").json["posts"][0]["replays"] == 1


def test_a_key_belongs_to_its_account(ada: Client, grace: Client):
    assert ada.post(key="same").status == 201
    assert grace.post(key="same").status == 201


def test_without_a_key_every_call_posts(ada: Client):
    assert [ada.post("twice").status, ada.post("twice").status] == [201, 201]
    assert ada.texts() == ["twice", "twice"]


def test_parallel_calls_with_one_key_leave_one_post(ada: Client):
    draft, key = SandboxPostCreate(handle="ada", text="once"), uuid4().hex

    def post(_number: int) -> tuple[object, bool]:
        with transaction() as tx:
            posted = sandbox.accept(tx, ada.account, draft, key)
            assert posted.post
            return posted.post.id, posted.replayed

    with ThreadPoolExecutor(12) as threads:
        answers = list(threads.map(post, range(48)))
    assert len({post_id for post_id, _ in answers}) == 1
    assert [replayed for _, replayed in answers].count(False) == 1
    assert ada.texts() == ["once"]


def test_a_deleted_post_is_gone_and_its_key_posts_nothing_new(ada: Client):
    accepted = ada.post(key="k").json
    path = f"/sandbox/api/posts/{accepted['id']}"
    assert ada.call("DELETE", path).status == 204
    assert ada.call("DELETE", path).status == 404
    assert ada.call("GET", path).status == 404
    assert ada.post(key="k").json["id"] == accepted["id"]
    assert ada.texts() == []


def test_an_account_sees_and_deletes_its_own_posts_only(ada: Client, grace: Client):
    path = f"/sandbox/api/posts/{ada.post().json['id']}"
    assert grace.texts() == []
    assert grace.call("GET", path).status == 404
    assert grace.call("DELETE", path).status == 404
    assert len(ada.texts()) == 1


def test_recent_posts_are_newest_first_limited_and_since_a_time(ada: Client):
    posts = [ada.post(text).json for text in ("one", "two", "three")]
    assert ada.texts() == ["three", "two", "one"]
    limited = ada.call("GET", "/sandbox/api/posts?limit=1").json["posts"]
    assert [post["text"] for post in limited] == ["three"]
    since = posts[1]["accepted_at"].replace("+00:00", "Z")
    found = ada.call("GET", f"/sandbox/api/posts?since={since}").json["posts"]
    assert [post["text"] for post in found] == ["three", "two"]


def test_what_is_wrong_with_a_post_is_pointed_at(ada: Client):
    unknown = str(uuid4())
    answer = ada.post("x" * 10_001, media=[{"media_id": unknown}])
    assert answer.status == 422
    pointers = {(error["pointer"], error["code"]) for error in answer.json["errors"]}
    assert pointers == {("/media/0/media_id", "unknown_media"), ("/text", "text_too_long")}
    assert ada.post(" ").json["errors"][0]["pointer"] == "/text"
    assert ada.post(unknown_field=1).json["errors"][0]["pointer"] == "/unknown_field"
    assert ada.post(handle="<script>").json["errors"][0]["pointer"] == "/handle"
    assert ada.post("nul \0").status == 422
    assert ada.call("POST", "/sandbox/api/posts", b"{nonsense").status == 400
    assert ada.texts() == []


def test_without_a_token_nothing_is_answered(nobody: Client):
    wanted = [("POST", "posts"), ("GET", "posts"), ("POST", "media"), ("GET", "calls"), ("PUT", "faults")]
    body = {"handle": "ada", "text": "x"}
    for method, name in wanted:
        sent = (
            {"fault": "reject"}
            if name == "faults"
            else body
            if name == "posts" and method == "POST"
            else None
        )
        answer = nobody.call(method, f"/sandbox/api/{name}", sent)
        assert (answer.status, answer.json["code"]) == (401, "unauthenticated"), (method, name)
        assert answer.headers["content-type"] == "application/problem+json"


def test_every_call_to_the_network_is_recorded_accepted_or_not(ada: Client):
    accepted = ada.post(key="k").json
    ada.post(key="k")
    ada.post("")
    ada.call("POST", "/sandbox/api/posts", b"{nonsense")
    ada.upload()
    ada.upload(b"no image")
    ada.texts()
    ada.call("GET", f"/sandbox/api/posts/{uuid4()}")
    ada.call("DELETE", f"/sandbox/api/posts/{accepted['id']}")
    ada.call("PATCH", "/sandbox/api/posts")
    # When a call came in is counted back from its answer: two of the same moment may change places.
    assert sorted(ada.outcomes()) == sorted([
        ("accepted", 201), ("replayed", 200), ("refused", 422), ("refused", 400), ("stored", 201),
        ("refused", 422), ("read", 200), ("refused", 404), ("deleted", 204), ("refused", 405),
    ])  # fmt: skip
    calls = ada.call("GET", "/sandbox/api/calls").json["calls"]
    assert {call["account"] for call in calls} == {ada.account}
    [first] = [call for call in calls if call["outcome"] == "accepted"]
    assert (first["post_id"], first["idempotency_key"]) == (accepted["id"], "k")
    assert first["route"] == "/sandbox/api/posts"


def test_a_call_without_a_token_is_recorded_too(nobody: Client):
    nobody.post("from nobody", key=(key := uuid4().hex))
    assert key in nobody.page().body.decode()


def test_an_answer_stands_although_its_call_could_not_be_recorded(
    ada: Client, monkeypatch: pytest.MonkeyPatch
):
    def fail(*_arguments: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(sandbox_calls, "record", fail)
        assert ada.post("kept").status == 201
    assert ada.texts() == ["kept"]
