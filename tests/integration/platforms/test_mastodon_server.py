"""Mastodon: against a server of the same API that nobody here wrote."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from lamplighter.domain.networks import MASTODON, with_announced
from lamplighter.domain.outcomes import (
    Absent,
    Published,
    RateLimited,
    Rejected,
    Removed,
    TokenExpired,
    Unknown,
)
from lamplighter.ids import new_id
from lamplighter.platforms import mastodon
from lamplighter.platforms.base import Account, ConnectFailed, Credentials, Json, Media, Post, Remote
from tests.integration.platforms.pictures import png

TOKEN = {"access_token": "mock_token"}


@pytest.fixture(scope="module")
def instance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    program = str(Path(sys.executable).with_name("mastodon_mock"))
    process = subprocess.Popen(
        [program, "serve", "--in-memory", "--host", "127.0.0.1", "--port", str(port)],
        cwd=tmp_path_factory.mktemp("mastodon"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            urlopen(f"{url}/api/v2/instance", timeout=5).close()  # noqa: S310  # this machine
        except (URLError, ConnectionError):
            time.sleep(0.1)
        else:
            return
    pytest.fail("mastodon_mock did not start")


@pytest.fixture
def account(instance: str, may_reach: Callable[[str], None]) -> Iterator[Account]:
    may_reach(instance)
    yield mastodon.connect(instance, TOKEN)
    _control(instance, "DELETE", "faults")


@pytest.fixture
def fault(instance: str) -> Callable[..., None]:
    def switch_on(effect: str, status: int = 0, *, headers: Json | None = None) -> None:
        rule: Json = {
            "match": {"methods": ["POST"], "path": "/api/v1/statuses"},
            "effect": {"type": effect},
            "count": 1,
        }
        rule["effect"] |= {"status": status, "headers": headers or {}}
        _control(instance, "POST", "faults", rule)

    return switch_on


def _control(instance: str, method: str, path: str, body: Any = None) -> None:
    data = None if body is None else json.dumps(body).encode()
    request = Request(  # noqa: S310  # this machine
        f"{instance}/api/v1/_mock/{path}", data, {"Content-Type": "application/json"}, method=method
    )
    urlopen(request, timeout=5).close()  # noqa: S310  # this machine


def _post(text: str, *media: Media) -> Post:
    return Post(new_id(), datetime.now(UTC), text, media, "en")


def _prepared(account: Account, post: Post) -> Json:
    prepared = mastodon.prepare(account, post, None)
    assert isinstance(prepared, dict)
    return prepared


def _armed(prepared: Json, **ago: float) -> Json:
    return {**prepared, "armed_at": (datetime.now(UTC) - timedelta(**ago)).isoformat()}


def _status(account: Account, published: Published) -> Json:
    request = Request(  # noqa: S310  # this machine
        f"{account.base_url}/api/v1/statuses/{published.remote_id}",
        headers={"Authorization": f"Bearer {account.credentials.access_token}"},
    )
    with urlopen(request, timeout=5) as answer:  # noqa: S310  # this machine
        status: Json = json.load(answer)
    return status


def test_the_instance_says_who_it_is_and_what_it_allows(account: Account) -> None:
    assert account.channel_id
    assert "@" in account.username
    allowed = with_announced(MASTODON, account.limits)
    assert allowed.text.maximum == account.limits["text_max"]
    assert allowed.images.max_count == account.limits["image_count"]
    assert "image/png" in allowed.images.mimes
    assert not any(mime.startswith("video/") for mime in allowed.images.mimes)


def test_a_token_that_the_instance_does_not_know(account: Account) -> None:
    with pytest.raises(ConnectFailed) as failed:
        mastodon.connect(account.base_url, {"access_token": "another"})
    assert (failed.value.code, failed.value.transient) == ("credentials_refused", False)


def test_a_status_with_images_is_posted_once_however_often_it_is_sent(account: Account) -> None:
    pictures = (Media(png(), "image/png", "Un été", 2, 1), Media(png(shade=20), "image/png", "", 2, 1))
    prepared = _prepared(account, _post("The lamps are lit https://example.com #lamp", *pictures))
    published = mastodon.publish(account, prepared)
    assert isinstance(published, Published)
    assert mastodon.publish(account, prepared) == published
    assert mastodon.reconcile(account, _armed(prepared, minutes=5), ()) == published
    status = _status(account, published)
    assert status["url"] == published.url
    assert [image["description"] for image in status["media_attachments"]] == ["Un été", None]
    assert status["language"] == "en"
    assert mastodon.delete(account, Remote(published.remote_id)) == Removed()
    assert mastodon.delete(account, Remote(published.remote_id)) == Removed()


def test_what_the_instance_refuses(account: Account) -> None:
    too_long = _prepared(account, _post("x" * 100_000))
    assert isinstance(mastodon.publish(account, too_long), Rejected)
    stranger = replace(account, credentials=Credentials("another"))
    outcome = mastodon.publish(stranger, _prepared(account, _post("Hello")))
    assert isinstance(outcome, TokenExpired)
    assert outcome.revoked


def test_an_answer_that_is_lost_is_asked_for_again_with_the_same_key(
    account: Account, fault: Callable[..., None]
) -> None:
    prepared = _prepared(account, _post("Lost once"))
    fault("status", 502)
    assert isinstance(mastodon.publish(account, prepared), Unknown)
    fault("malformed")
    assert isinstance(mastodon.reconcile(account, _armed(prepared, minutes=5), ()), Unknown)
    found = mastodon.reconcile(account, _armed(prepared, minutes=5), ())
    assert isinstance(found, Published)
    assert mastodon.publish(account, prepared) == found


def test_too_many_posts(account: Account, fault: Callable[..., None]) -> None:
    reset = (datetime.now(UTC) + timedelta(seconds=120)).isoformat()
    fault("ratelimit", 429, headers={"Retry-After": "", "X-RateLimit-Reset": reset})
    outcome = mastodon.publish(account, _prepared(account, _post("One too many")))
    assert isinstance(outcome, RateLimited)
    assert outcome.retry_after == pytest.approx(120, abs=5)


def test_after_the_keys_hour_the_status_is_searched_for(account: Account) -> None:
    image = Media(png(), "image/png", "", 2, 1)
    text = "Searched for @someone@example.com https://example.com/a?b=1&c=2 <b>"
    prepared = _prepared(account, _post(text, image))
    assert mastodon.reconcile(account, _armed(prepared, hours=2), ()) == Absent()
    published = mastodon.publish(account, prepared)
    assert mastodon.reconcile(account, _armed(prepared, hours=2), ()) == published
    without_image = {**prepared, "status": {"status": text}}
    assert mastodon.reconcile(account, _armed(without_image, hours=2), ()) == Absent()
    other_text = {**prepared, "status": {**prepared["status"], "status": text + "!"}}
    assert mastodon.reconcile(account, _armed(other_text, hours=2), ()) == Absent()


def test_what_was_posted_before_is_not_taken_for_it(account: Account) -> None:
    first = _prepared(account, _post("Every week the same"))
    assert isinstance(mastodon.publish(account, first), Published)
    second = _prepared(account, _post("Every week the same"))
    later = {**second, "armed_at": (datetime.now(UTC) + timedelta(minutes=5)).isoformat()}
    assert isinstance(mastodon.reconcile(account, later, ()), Unknown)
