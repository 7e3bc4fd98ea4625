"""The tick: what is due soon is claimed once and woken, and what was lost comes back."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from lamplighter.postgres.session import move_clock
from lamplighter.settings import settings
from tests.integration.fake_network import FakeNetwork
from tests.integration.publishing.conftest import Desk

type Tick = Callable[[], Any]


@pytest.fixture(autouse=True)
def _clock() -> Iterator[None]:
    yield
    move_clock(None)


@pytest.fixture
def no_work(empty_dispatches: None) -> None:
    """Other tests' work is out of the way: a tick claims across tenants."""


def test_a_tick_claims_what_is_due_within_two_minutes(desk: Desk, tick: Tick, no_work: None):
    desk.publication(when=timedelta(minutes=10))
    assert tick() == {"claimed": 0, "woken": 0}
    move_clock(timedelta(minutes=9))
    assert tick() == {"claimed": 1, "woken": 1}
    assert tick() == {"claimed": 0, "woken": 0}


def test_a_claimed_post_goes_out(desk: Desk, network: FakeNetwork, tick: Tick, no_work: None):
    made = desk.publication(when=timedelta(minutes=10)).json
    move_clock(timedelta(minutes=10, seconds=1))
    tick()
    desk.work(desk.woken())
    assert desk.read(made)["status"] == "published"


def test_a_lost_message_comes_back_after_its_grace(desk: Desk, tick: Tick, no_work: None):
    desk.publication(when="now")
    desk.woken()  # lost
    assert tick()["claimed"] == 0
    move_clock(timedelta(seconds=settings().dispatch_grace_seconds + 1))
    assert tick() == {"claimed": 1, "woken": 1}


def test_work_that_could_not_be_woken_is_given_back(
    desk: Desk, tick: Tick, no_work: None, monkeypatch: pytest.MonkeyPatch
):
    desk.publication(when=timedelta(minutes=10))
    move_clock(timedelta(minutes=9))
    with monkeypatch.context() as broken:
        broken.setenv("PUBLISH_QUEUE_URL", settings().publish_queue_url + "-gone")
        settings.cache_clear()
        assert tick() == {"claimed": 1, "woken": 0}
    settings.cache_clear()
    assert tick() == {"claimed": 1, "woken": 1}


def test_urgent_posts_leave_first(desk: Desk, tick: Tick, no_work: None):
    low, high = (
        desk.publication(when=timedelta(minutes=10), priority=p).json["platforms"][0]["id"]
        for p in ("low", "high")
    )
    move_clock(timedelta(minutes=11))
    tick()
    assert [m["publication_platform_id"] for m in desk.woken()] == [high, low]
