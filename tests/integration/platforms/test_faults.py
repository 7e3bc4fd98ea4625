"""One table for all networks: what each fault on the way proves, whichever call it meets."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lamplighter.domain.networks import NETWORKS
from lamplighter.domain.outcomes import NotSent, RateLimited, Rejected, TokenExpired, Unknown
from lamplighter.platforms.base import Account, Connector, Credentials, Edits, Media, Post, Remote
from lamplighter.platforms.registry import PLATFORMS, connector
from tests.integration.platforms.faults import LOST, REFUSED, SECRET, Reach, Serve, closed_port

LONG_AGO = (datetime.now(UTC) - timedelta(minutes=10)).isoformat()
ARMED = {"armed_at": LONG_AGO, "since": LONG_AGO, "text": "The lamps are lit"}
INTENT = UUID("01993d4e-0000-7000-8000-000000000001")
PREPARED: dict[str, dict[str, Any]] = {
    "sandbox": {
        "idempotency_key": str(INTENT),
        "post": {"handle": "ada", "text": "The lamps are lit", "media": []},
    },
    "bluesky": {
        "rkey": "3mbfvv7intptv",
        "record": {
            "$type": "app.bsky.feed.post",
            "text": "The lamps are lit",
            "createdAt": "2026-01-01T00:00:00.000Z",
        },
    },
    "mastodon": {
        "idempotency_key": str(INTENT),
        "armed_at": (datetime.now(UTC) - timedelta(minutes=10)).isoformat(),
        "status": {"status": "The lamps are lit"},
        "processing": [],
    },
    "threads": {**ARMED, "container": "17", "children": [], "images": 0, "reply_to": None},
    "linkedin": {**ARMED, "on": None, "images": [], "processing": []},
    "telegram": {"method": "sendMessage", "fields": {"chat_id": "-1001", "text": "The lamps are lit"}},
}
NOTHING_BEFORE = {"telegram"}
"""Networks that are handed nothing before the call that posts."""

pytestmark = [
    pytest.mark.parametrize("platform", PLATFORMS),
    pytest.mark.usefixtures("impatient"),
]


@pytest.fixture
def network(platform: str) -> Connector:
    return connector(platform)


def account(platform: str, base_url: str) -> Account:
    return Account(platform, "did:plc:ada", "ada", base_url, Credentials(SECRET, SECRET + "-2"))


def post() -> Post:
    image = Media(b"\x89PNG\r\n\x1a\n", "image/png", "A lamp", 10, 10, "https://media.example/1.png")
    return Post(INTENT, datetime(2026, 1, 1, tzinfo=UTC), "The lamps are lit", (image,))


@pytest.mark.parametrize("fault", LOST)
def test_publishing_without_a_clear_answer_is_unknown(
    platform: str, network: Connector, serve: Serve, fault: str
) -> None:
    peer = serve(lambda _: LOST[fault])
    outcome = network.publish(account(platform, peer.url), PREPARED[platform])
    assert isinstance(outcome, Unknown)
    assert SECRET not in outcome.message
    assert len(peer.requests) == 1


@pytest.mark.parametrize("refusal", REFUSED)
def test_a_refusal_is_proof(platform: str, network: Connector, serve: Serve, refusal: str) -> None:
    answer, expected = REFUSED[refusal]
    peer = serve(lambda _: answer)
    outcome = network.publish(account(platform, peer.url), PREPARED[platform])
    assert isinstance(outcome, expected)
    assert SECRET not in repr(outcome)
    assert len(peer.requests) == 1
    if isinstance(outcome, RateLimited):
        assert outcome.retry_after == 7


def test_a_peer_that_is_away_got_nothing(platform: str, network: Connector, may_reach: Reach) -> None:
    url = closed_port()
    may_reach(url)
    assert isinstance(network.publish(account(platform, url), PREPARED[platform]), NotSent)
    prepared = network.prepare(account(platform, url), post(), None)
    assert isinstance(prepared, dict if platform in NOTHING_BEFORE else NotSent)
    assert isinstance(network.delete(account(platform, url), Remote("1")), NotSent)


def test_a_private_address_is_never_called(platform: str, network: Connector, may_reach: Reach) -> None:
    outcome = network.publish(account(platform, "https://169.254.169.254"), PREPARED[platform])
    assert isinstance(outcome, Rejected)
    assert outcome.code == "address_refused"


@pytest.mark.parametrize("fault", LOST)
def test_an_upload_without_a_clear_answer_is_done_again(
    platform: str, network: Connector, serve: Serve, fault: str
) -> None:
    peer = serve(lambda _: LOST[fault])
    outcome = network.prepare(account(platform, peer.url), post(), None)
    assert bool(peer.requests) == (platform not in NOTHING_BEFORE)
    assert isinstance(outcome, NotSent if peer.requests else dict)
    assert SECRET not in repr(outcome)


@pytest.mark.parametrize("refusal", REFUSED)
def test_an_upload_that_is_refused(platform: str, network: Connector, serve: Serve, refusal: str) -> None:
    answer, expected = REFUSED[refusal]
    peer = serve(lambda _: answer)
    outcome = network.prepare(account(platform, peer.url), post(), None)
    assert bool(peer.requests) == (platform not in NOTHING_BEFORE)
    assert isinstance(outcome, expected if peer.requests else dict)


@pytest.mark.parametrize("fault", [*LOST, *REFUSED])
def test_a_look_that_fails_proves_nothing(
    platform: str, network: Connector, serve: Serve, fault: str
) -> None:
    answer = LOST[fault] if fault in LOST else REFUSED[fault][0]
    peer = serve(lambda _: answer)
    outcome = network.reconcile(account(platform, peer.url), PREPARED[platform], ())
    assert isinstance(outcome, Unknown)
    assert SECRET not in outcome.message


def test_a_look_at_a_peer_that_is_away_proves_nothing(
    platform: str, network: Connector, may_reach: Reach
) -> None:
    url = closed_port()
    may_reach(url)
    assert isinstance(network.reconcile(account(platform, url), PREPARED[platform], ()), Unknown)


@pytest.mark.parametrize("fault", [fault for fault in LOST if not fault.startswith("success")])
def test_deleting_without_a_clear_answer_is_unknown(
    platform: str, network: Connector, serve: Serve, fault: str
) -> None:
    peer = serve(lambda _: LOST[fault])
    assert isinstance(network.delete(account(platform, peer.url), Remote("1")), Unknown)


@pytest.mark.parametrize("fault", [*LOST, *REFUSED])
def test_an_edit_that_is_not_confirmed_is_no_success(
    platform: str, network: Connector, serve: Serve, fault: str
) -> None:
    if not isinstance(network, Edits):
        assert not NETWORKS[platform].edits
        return
    peer = serve(lambda _: LOST[fault] if fault in LOST else REFUSED[fault][0])
    outcome = network.edit(account(platform, peer.url), Remote("1"), post())
    if fault in LOST:
        assert isinstance(outcome, NotSent | Unknown)
    else:
        assert isinstance(outcome, Rejected | TokenExpired | RateLimited)
    assert SECRET not in repr(outcome)


def test_a_post_without_an_id_is_never_taken_for_removed(
    platform: str, network: Connector, serve: Serve
) -> None:
    peer = serve(lambda _: REFUSED["not found"][0])
    assert isinstance(network.delete(account(platform, peer.url), Remote("")), Rejected)
    assert peer.requests == []


def test_a_reply_to_nothing_known_is_never_posted_as_a_post_of_its_own(
    platform: str, network: Connector, serve: Serve
) -> None:
    peer = serve(lambda _: LOST["success with a list"])
    for parent in (None, Remote("")):
        orphan = replace(post(), media=(), kind="thread", root=Remote("1"), parent=parent)
        outcome = network.prepare(account(platform, peer.url), orphan, None)
        assert isinstance(outcome, Rejected)
        assert outcome.code == "parent_unknown"
    assert peer.requests == []
