"""A network of each class that the sandbox is none of, from connecting on: at most one post each."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from lamplighter import egress
from lamplighter.platforms.linkedin import reconciling as linkedin_looks
from lamplighter.platforms.threads import reconciling as threads_looks
from lamplighter.settings import settings
from tests.integration.fake_network import FakeNetwork
from tests.integration.platforms import fake_linkedin, fake_telegram, fake_threads
from tests.integration.platforms.fakes import AMBIGUOUS, Fake
from tests.integration.publishing.conftest import Desk
from tests.integration.publishing.test_worker import messages_of

CREDENTIALS = {
    "threads": {"access_token": fake_threads.TOKEN},
    "linkedin": {"access_token": fake_linkedin.TOKEN, "organization": fake_linkedin.PAGE},
    "telegram": {"bot_token": fake_telegram.TOKEN, "chat_id": "@lamps_daily"},
}
SEGMENT = {"threads": "thread", "linkedin": "comment", "telegram": "thread"}
POSTS = {"threads": "publish", "linkedin": "create", "telegram": "sendMessage"}
QUICK = ("reset", "cut answer", "bad gateway", "success with garbage")


@contextmanager
def reachable(fake: Fake, network: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    with fake.running():
        monkeypatch.setenv("EGRESS_ALLOW", f"{network.address},{fake.url.removeprefix('http://')}")
        settings.cache_clear()
        yield fake
        egress.close_idle()


@pytest.fixture
def fakes(network: FakeNetwork, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Opens one of them."""
    kinds: dict[str, type[Fake]] = {
        "threads": fake_threads.FakeThreads,
        "linkedin": fake_linkedin.FakeLinkedIn,
        "telegram": fake_telegram.FakeTelegram,
    }
    return lambda platform: reachable(kinds[platform](), network, monkeypatch)


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not found at once is not there."""
    monkeypatch.setattr(threads_looks, "SETTLE", timedelta(0))
    monkeypatch.setattr(linkedin_looks, "SETTLE", timedelta(0))


def connected(desk: Desk, platform: str, fake: Fake) -> str:
    body = {"platform": platform, "base_url": fake.url, "credentials": CREDENTIALS[platform]}
    answer = desk.http.post("/connections", body)
    assert answer.status == 201, answer.json
    return str(answer.json["id"])


def run(desk: Desk, rounds: int = 12) -> None:
    """Work on what is left, each time a quarter of an hour later, until nothing is."""
    for number in range(rounds):
        messages = messages_of(desk)
        if not messages:
            return
        desk.work_later(timedelta(minutes=15 * number), messages)


def platform_of(desk: Desk, made: Any) -> Any:
    [platform] = desk.read(made)["platforms"]
    return platform


@pytest.mark.parametrize("platform", CREDENTIALS)
def test_a_post_and_its_answer_go_out_in_their_order(desk: Desk, fakes: Any, platform: str):
    with fakes(platform) as fake:
        content = desk.content("Lit", segments=[{"kind": SEGMENT[platform], "text": "And on"}])
        made = desk.publication(connected(desk, platform, fake), content_id=content).json
        run(desk)
        read = platform_of(desk, made)
        assert (read["status"], read["error_code"]) == ("published", None)
        assert read["url"].startswith("https://")
        assert len(fake.posts) + len(getattr(fake, "comments", [])) == 2


@pytest.mark.usefixtures("settled")
@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("ambiguity", QUICK)
@pytest.mark.parametrize("platform", ["threads", "linkedin"])
def test_what_is_ambiguous_is_looked_up_and_never_posted_twice(
    desk: Desk, fakes: Any, platform: str, ambiguity: str, accepts: bool
):
    with fakes(platform) as fake:
        made = desk.publication(connected(desk, platform, fake)).json
        fake.fails(POSTS[platform], AMBIGUOUS[ambiguity], accepts=accepts)
        run(desk)
        assert platform_of(desk, made)["status"] == "published"
        assert len(fake.posts) == 1
        assert len(fake.calls(POSTS[platform])) == (1 if accepts else 2)
        assert len(fake.calls("create")) == (1 if platform == "threads" else len(fake.calls(POSTS[platform])))


@pytest.mark.parametrize("accepts", [True, False])
@pytest.mark.parametrize("ambiguity", QUICK)
def test_where_nobody_can_look_a_person_decides(desk: Desk, fakes: Any, ambiguity: str, accepts: bool):
    with fakes("telegram") as fake:
        made = desk.publication(connected(desk, "telegram", fake)).json
        fake.fails("sendMessage", AMBIGUOUS[ambiguity], accepts=accepts)
        run(desk)
        assert platform_of(desk, made)["status"] == "unknown"
        assert desk.read(made)["status"] == "needs_review"
        assert len(fake.calls("sendMessage")) == 1
        assert messages_of(desk) == []


def test_a_token_that_expires_before_the_publish_is_renewed_and_the_container_resumed(desk: Desk, fakes: Any):
    with fakes("threads") as fake:
        made = desk.publication(connected(desk, "threads", fake)).json
        fake.fails("publish", fake_threads.EXPIRED)
        run(desk)
        assert platform_of(desk, made)["status"] == "published"
        assert (len(fake.calls("create")), len(fake.calls("refresh")), len(fake.posts)) == (1, 1, 1)


def test_what_the_network_processes_is_waited_for(desk: Desk, fakes: Any):
    with fakes("threads") as fake:
        fake.processing = 3
        made = desk.publication(connected(desk, "threads", fake)).json
        run(desk)
        assert platform_of(desk, made)["status"] == "published"
        assert (len(fake.calls("create")), len(fake.posts)) == (1, 1)


def test_a_duplicate_on_the_first_try_is_a_refusal(desk: Desk, fakes: Any):
    with fakes("linkedin") as fake:
        made = desk.publication(connected(desk, "linkedin", fake)).json
        fake.fails("create", fake_linkedin.DUPLICATE)
        run(desk)
        read = platform_of(desk, made)
        assert (read["status"], read["error_code"]) == ("failed", "duplicate_content")


def test_a_tenants_secrets_are_in_no_answer_of_the_api(desk: Desk, fakes: Any):
    with fakes("telegram") as fake:
        made = desk.publication(connected(desk, "telegram", fake)).json
        secret = fake_telegram.TOKEN.partition(":")[2]
        fake.fails("sendMessage", fake_telegram.error(400, f"Bad Request: bot{fake_telegram.TOKEN}"))
        run(desk)
        assert platform_of(desk, made)["status"] == "failed"
        told = [desk.read(made), desk.http.get("/connections").json, desk.http.get("/audit-log").json]
        told.append(desk.http.get(f"/publications/{made['id']}/timeline").json)
        assert secret not in repr(told)


def test_what_the_network_processed_when_it_was_moved_goes_out_days_later(desk: Desk, fakes: Any):
    with fakes("threads") as fake:
        fake.processing = 1
        made = desk.publication(connected(desk, "threads", fake)).json
        desk.work(messages_of(desk))
        assert platform_of(desk, made)["error_code"] == "processing"
        path = f"/publications/{made['id']}"
        body = {"scheduled_at": (datetime.now(UTC) + timedelta(days=3)).isoformat()}
        headers = {"if-match": desk.http.get(path).headers["etag"]}
        answer = desk.http.call("PATCH", path, body, headers=headers)
        assert answer.status == 200, answer.json
        [container] = fake.containers
        fake.expire(container)
        for seconds in (0, 60, 120, 180):
            desk.work_later(timedelta(days=3, seconds=seconds), messages_of(desk))
        assert platform_of(desk, made)["status"] == "published"
        assert len(fake.posts) == 1


def test_what_a_network_refused_is_prepared_anew_when_it_is_tried_again(desk: Desk, fakes: Any):
    with fakes("threads") as fake:
        fake.processing = 1
        made = desk.publication(connected(desk, "threads", fake)).json
        desk.work(messages_of(desk))
        [container] = fake.containers.values()
        container["status"] = "ERROR"
        run(desk)
        platform = platform_of(desk, made)
        assert (platform["status"], platform["error_code"]) == ("failed", "media_refused")
        fake.processing = 0
        answer = desk.http.post(f"/publications/{made['id']}/platforms/{platform['id']}/retry")
        assert answer.status == 200, answer.json
        run(desk)
        assert platform_of(desk, made)["status"] == "published"
        assert len(fake.posts) == 1


@pytest.mark.parametrize("ambiguity", QUICK)
def test_what_a_network_gave_up_after_all_is_sent_anew_when_it_is_tried_again(
    desk: Desk, fakes: Any, ambiguity: str
):
    """That the network will never have it is known from a look: to look once more would find the same."""
    with fakes("threads") as fake:
        made = desk.publication(connected(desk, "threads", fake)).json
        fake.fails("publish", AMBIGUOUS[ambiguity])
        desk.work(messages_of(desk))
        [container] = fake.containers.values()
        container["status"] = "ERROR"
        run(desk)
        platform = platform_of(desk, made)
        assert (platform["status"], platform["error_code"]) == ("failed", "publishing_failed")
        answer = desk.http.post(f"/publications/{made['id']}/platforms/{platform['id']}/retry")
        assert answer.status == 200, answer.json
        run(desk)
        assert platform_of(desk, made)["status"] == "published"
        assert (len(fake.posts), len(fake.calls("create"))) == (1, 2)
