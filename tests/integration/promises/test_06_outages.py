"""Promises 6 and 11: without the queue for half an hour, or without ClickHouse, nothing is lost."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lamplighter.postgres.models import OutboxEvent
from lamplighter.postgres.session import move_clock, transaction
from lamplighter.settings import settings
from tests.integration.platforms.faults import closed_port
from tests.integration.promises.following import to_the_end
from tests.integration.promises.networks import Network
from tests.integration.publishing.conftest import Desk

POSTS = 30
MINUTES = 30
P99 = timedelta(minutes=2)
type Tick = Callable[[], Any]


def minute(number: int, desk: Desk, tick: Tick) -> None:
    """What happens in AWS in one minute."""
    move_clock(timedelta(minutes=number))
    tick()
    desk.work(desk.woken())


def test_a_queue_that_is_away_for_half_an_hour_loses_nothing(
    desk: Desk, network: Network, tick: Tick, empty_dispatches: None, monkeypatch: pytest.MonkeyPatch
):
    connections = [desk.connection(f"lamp{n}") for n in range(5)]
    soon = [timedelta(minutes=5, seconds=60 * n) for n in range(POSTS)]
    made = [
        desk.publication(connections[n % 5], content_id=desk.content(f"Post {n}"), when=when).json
        for n, when in enumerate(soon)
    ]
    desk.woken()
    with monkeypatch.context() as broken:
        broken.setenv("PUBLISH_QUEUE_URL", settings().publish_queue_url + "-gone")
        settings.cache_clear()
        for number in range(4, 4 + MINUTES):
            minute(number, desk, tick)
        now = desk.publication(connections[0], content_id=desk.content("At once")).json  # its wake-up is lost
    settings.cache_clear()
    assert network.accepted == []
    for number in range(4 + MINUTES, 4 + MINUTES + 6):
        minute(number, desk, tick)
    move_clock(timedelta(hours=1))
    to_the_end(desk)
    assert len(network.accepted) == len(set(network.texts)) == POSTS + 1
    back = datetime.fromisoformat(now["scheduled_at"]) + timedelta(0)
    read = [desk.read(publication) for publication in [*made, now]]
    assert {each["status"] for each in read} == {"published"}
    lags = sorted(_lag(each, back) for each in read)
    print(f"after the queue is back: the last of {len(lags)} posts after {lags[-1].total_seconds():.0f} s")  # noqa: T201
    assert lags[-1] < P99


def _lag(publication: Any, back: datetime) -> timedelta:
    """How long a post took from when it was due and could go out."""
    [platform] = publication["platforms"]
    due = datetime.fromisoformat(publication["scheduled_at"])
    return datetime.fromisoformat(platform["published_at"]) - max(due, back)


def test_without_clickhouse_posts_go_out_and_their_events_are_kept(
    desk: Desk, network: Network, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("CLICKHOUSE_URL", f"{closed_port()}/lamplighter")
    settings.cache_clear()
    made = desk.publication().json
    to_the_end(desk)
    assert desk.read(made)["status"] == "published"
    with transaction(UUID(desk.http.workspace_id)) as tx:
        told = OutboxEvent.type.startswith("publication.")
        kept = [row.type for row in tx.session.query(OutboxEvent).where(told).order_by(OutboxEvent.id)]
    assert kept == ["publication.scheduled", "publication.published"]
