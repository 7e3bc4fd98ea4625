"""The sandbox's connector against the sandbox network itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from lamplighter import egress
from lamplighter.domain.outcomes import Duplicate, Published, RateLimited, Rejected, Removed, Unknown, Waiting
from lamplighter.ids import new_id
from lamplighter.platforms import sandbox
from lamplighter.platforms.base import Account, Json, Media, Post, Remote
from lamplighter.settings import settings
from tests.integration.platforms.pictures import png
from tests.integration.platforms.wire import Answer, Peer, Request
from tests.integration.sandbox.client import Client

IMAGE = Media(png(), "image/png", "A lamp", 2, 1)


def _passed_on(request: Request) -> Answer:
    """What the network's function answers to a request that came by wire."""
    headers = {name.replace("-", "_"): value for name, value in request.headers.items()}
    token = headers.pop("authorization").removeprefix("Bearer ")
    headers = {name: headers[name] for name in ("content_type", "idempotency_key") if name in headers}
    given = Client(token).call(request.method, request.path, request.body, **headers)
    kept = {name: value for name, value in given.headers.items() if name.lower() == "retry-after"}
    return Answer(given.status, body=given.body, headers=kept)


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[Account]:
    with Peer(_passed_on).running() as peer:
        monkeypatch.setenv("EGRESS_ALLOW", peer.url.removeprefix("http://"))
        settings.cache_clear()
        yield sandbox.connect(peer.url, {"handle": "ada"})
        egress.close_idle()


@pytest.fixture
def there(account: Account) -> Client:
    """The same account, as somebody who looks at the network."""
    return Client(account.credentials.access_token)


def post(text: str, *media: Media, **more: Any) -> Post:
    return Post(new_id(), datetime.now(UTC), text, media, **more)


def prepared(account: Account, wanted: Post) -> Json:
    frozen = sandbox.prepare(account, wanted, None)
    assert isinstance(frozen, dict)
    return frozen


def published(account: Account, wanted: Post) -> Remote:
    outcome = sandbox.publish(account, prepared(account, wanted))
    assert isinstance(outcome, Published)
    return Remote(outcome.remote_id, outcome.reference)


def test_a_thread_with_a_comment(account: Account, there: Client) -> None:
    root = published(account, post("first"))
    second = published(account, post("second", kind="thread", root=root, parent=root))
    published(account, post("third", kind="thread", root=root, parent=second))
    published(account, post("aside", kind="comment", root=root, parent=root))
    posts = there.call("GET", "/sandbox/api/posts").json["posts"]
    answers = {each["text"]: each["reply_to"] for each in posts}
    assert answers == {
        "first": None,
        "second": root.remote_id,
        "third": second.remote_id,
        "aside": root.remote_id,
    }


@pytest.mark.parametrize("fault", ["error_after", "garbage_after"])
def test_a_reply_whose_answer_was_lost_is_found_again(account: Account, there: Client, fault: str) -> None:
    root = published(account, post("first"))
    frozen = prepared(account, post("second", kind="thread", root=root, parent=root))
    there.switch_on(fault=fault, calls="replies", remaining=1)
    assert isinstance(sandbox.publish(account, frozen), Unknown)
    assert isinstance(sandbox.reconcile(account, frozen, ()), Published)
    assert there.texts() == ["second", "first"]


def test_an_answer_to_what_is_gone_is_refused(account: Account, there: Client) -> None:
    root = published(account, post("first"))
    assert sandbox.delete(account, root) == Removed()
    outcome = sandbox.publish(
        account, prepared(account, post("second", kind="thread", root=root, parent=root))
    )
    assert isinstance(outcome, Rejected)
    orphan = sandbox.prepare(account, post("second", kind="thread"), None)
    assert isinstance(orphan, Rejected)
    assert there.texts() == []


def test_an_edit_and_a_removal_may_be_repeated(account: Account, there: Client) -> None:
    standing = published(account, post("Good", IMAGE))
    for _ in range(2):
        edited = sandbox.edit(account, standing, post("Better"))
        assert isinstance(edited, Published)
        assert edited.remote_id == standing.remote_id
    [read] = there.call("GET", "/sandbox/api/posts").json["posts"]
    assert (read["text"], [image["alt"] for image in read["media"]]) == ("Better", ["A lamp"])
    assert [sandbox.delete(account, standing) for _ in range(2)] == [Removed(), Removed()]
    gone = sandbox.edit(account, standing, post("Best"))
    assert isinstance(gone, Rejected)
    assert gone.code == "post_gone"
    assert there.texts() == []


@pytest.mark.parametrize("act", ["edit", "delete"])
def test_a_change_meets_trouble_and_is_done_by_a_repeat(account: Account, there: Client, act: str) -> None:
    standing = published(account, post("Good"))
    acts: dict[str, Callable[[], Any]] = {
        "edit": lambda: sandbox.edit(account, standing, post("Better")),
        "delete": lambda: sandbox.delete(account, standing),
    }
    for fault, expected in (("rate_limit", RateLimited), ("error_before", Unknown), ("error_after", Unknown)):
        there.switch_on(fault=fault, remaining=1)
        assert isinstance(acts[act](), expected)
    assert isinstance(acts[act](), Published | Removed)
    assert there.texts() == (["Better"] if act == "edit" else [])


def test_images_in_the_works_are_waited_for_and_uploaded_once(account: Account, there: Client) -> None:
    there.switch_on(fault="processing", remaining=3)
    wanted = post("Lit", IMAGE, replace(IMAGE, data=png(shade=20)))
    kept = None
    for _ in range(2):  # both uploads and one question meet it
        waiting = sandbox.prepare(account, wanted, kept)
        assert isinstance(waiting, Waiting)
        kept = waiting.kept
    frozen = sandbox.prepare(account, wanted, kept)
    assert isinstance(frozen, dict)
    assert isinstance(sandbox.publish(account, frozen), Published)
    calls = there.call("GET", "/sandbox/api/calls").json["calls"]
    assert [call["route"] for call in calls].count("/sandbox/api/media") == 2
    [read] = there.call("GET", "/sandbox/api/posts").json["posts"]
    assert len(read["media"]) == 2


def test_the_network_says_that_it_has_such_a_post(account: Account, there: Client) -> None:
    there.switch_on(fault="duplicate", remaining=1)
    assert isinstance(sandbox.publish(account, prepared(account, post("again"))), Duplicate)


def test_without_an_id_nothing_is_changed(account: Account) -> None:
    for outcome in (
        sandbox.delete(account, Remote("")),
        sandbox.edit(account, Remote(""), post("x")),
        sandbox.publish(account, {"idempotency_key": "k", "post": {"handle": "ada", "text": ""}}),
    ):
        assert isinstance(outcome, Rejected)
