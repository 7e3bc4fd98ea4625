"""The tick fills the queues as far as there is room, the rest waits by priority; and it tells how late."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text, update

from lamplighter.clients import queues
from lamplighter.domain.vocabulary import DISPATCH_PRIORITIES, LANES
from lamplighter.postgres.models import Dispatch
from lamplighter.postgres.roles import DISPATCHER
from lamplighter.postgres.session import transaction
from lamplighter.services import due as tick_services
from lamplighter.settings import settings
from tests.factories import make_dispatch, make_workspace
from tests.integration.gates.conftest import Tick
from tests.integration.http import TEMPLATE
from tests.integration.publishing.conftest import Desk, Message

QUEUES = ("PUBLISH_QUEUE_URL", "PUBLISH_SLOW_QUEUE_URL")


@pytest.fixture
def desk(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A tenant in front of queues of the test's own: what other tests have delayed counts too."""
    own = {name: desk.aws.sqs.create_queue(QueueName=uuid4().hex)["QueueUrl"] for name in QUEUES}
    for name, url in own.items():
        monkeypatch.setenv(name, url)
    settings.cache_clear()
    return replace(desk, aws=replace(desk.aws, environment={**desk.aws.environment, **own}))


@pytest.fixture
def limited(desk: Desk, no_work: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """How much may lie in them."""

    def limit(messages: int) -> None:
        monkeypatch.setenv("BACKLOG_LIMIT", str(messages))
        settings.cache_clear()

    return limit


def due(desk: Desk, priority: str = "normal", ago: timedelta = timedelta(0), lane: str = "quick") -> str:
    """A post's work, due since then; its row's id."""
    with transaction(desk.workspace_id) as tx:
        values = {"priority": DISPATCH_PRIORITIES[priority], "lane": LANES.index(lane)}
        made = make_dispatch(tx.session, due_at=tx.now - ago, **values)
        return str(made.publication_platform_id)


def fill(desk: Desk, queue: str, count: int, delay: int = 0) -> None:
    """Wake-ups that wait in a queue already."""
    messages = [queues.Message({"workspace_id": "none"}, delay, "none") for _ in range(count)]
    assert queues.send(desk.aws.environment[queue], messages) == []


def woken(desk: Desk, queue: str = "PUBLISH_QUEUE_URL") -> list[str]:
    found: list[Message] = desk.aws.waiting(queue)
    return [message["publication_platform_id"] for message in found if message["workspace_id"] != "none"]


def test_what_waits_in_its_queue_leaves_so_much_less_room(
    desk: Desk, tick: Tick, limited: Callable[[int], None]
):
    fill(desk, "PUBLISH_QUEUE_URL", 2)
    fill(desk, "PUBLISH_QUEUE_URL", 4, delay=100)
    limited(8)
    for _ in range(5):
        due(desk)

    assert tick() == {"claimed": 2, "woken": 2}


def test_the_most_urgent_gets_the_room_that_there_is(desk: Desk, tick: Tick, limited: Callable[[int], None]):
    limited(2)
    low, high, normal = (due(desk, priority) for priority in ("low", "high", "normal"))

    tick()

    assert woken(desk) == [high, normal]
    tick()
    assert woken(desk) == [low]


def test_an_urgent_post_of_the_next_minute_does_not_displace_an_ordinary_one_of_now(
    desk: Desk, tick: Tick, limited: Callable[[int], None]
):
    limited(2)
    soon = [due(desk, "high", -timedelta(seconds=100)) for _ in range(3)]
    now = due(desk, "low", timedelta(seconds=1))

    assert tick() == {"claimed": 2, "woken": 2}

    assert woken(desk) == [now]  # and the other one is delayed
    with transaction(desk.workspace_id) as tx:
        fences = "SELECT count(*) FROM dispatches WHERE fence > 0 AND priority = 0"
        assert tx.session.connection().exec_driver_sql(fences).scalar_one() == 1
    assert len(soon) == 3


def test_while_the_queue_is_full_nothing_is_claimed_and_nothing_lost(
    desk: Desk, tick: Tick, limited: Callable[[int], None]
):
    limited(3)
    fill(desk, "PUBLISH_QUEUE_URL", 5)
    post = due(desk)
    assert tick() == {"claimed": 0, "woken": 0}
    desk.woken()

    assert tick() == {"claimed": 1, "woken": 1}

    assert woken(desk) == [post]


def test_a_full_slow_lane_leaves_the_quick_one_alone(desk: Desk, tick: Tick, limited: Callable[[int], None]):
    limited(3)
    fill(desk, "PUBLISH_SLOW_QUEUE_URL", 5)
    quick, slow = due(desk), due(desk, lane="slow")

    assert tick() == {"claimed": 1, "woken": 1}

    assert woken(desk) == [quick]
    desk.aws.waiting("PUBLISH_SLOW_QUEUE_URL")
    tick()
    assert woken(desk, "PUBLISH_SLOW_QUEUE_URL") == [slow]


def test_a_tenant_with_a_thousand_posts_leaves_room_for_the_others(
    desk: Desk, tick: Tick, limited: Callable[[int], None]
):
    loud, quiet = desk, make_workspace().id
    for _ in range(20):
        due(loud, "high", timedelta(hours=1))
    with transaction(quiet) as tx:
        mine = [
            str(make_dispatch(tx.session, due_at=tx.now, priority=2).publication_platform_id)
            for _ in range(3)
        ]
    limited(6)

    tick()

    assert set(mine) < set(found := woken(desk))
    assert len(found) == 6


def test_a_queue_that_does_not_say_its_depth_stops_nobody(
    desk: Desk, tick: Tick, limited: Callable[[int], None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PUBLISH_SLOW_QUEUE_URL", settings().publish_slow_queue_url + "-gone")
    limited(3)
    post = due(desk)

    assert tick() == {"claimed": 1, "woken": 1}

    assert woken(desk) == [post]


def test_each_lanes_work_goes_into_its_own_queue(desk: Desk, tick: Tick, limited: Callable[[int], None]):
    limited(10)
    quick, slow = due(desk), due(desk, lane="slow")

    tick()

    assert woken(desk) == [quick]
    assert woken(desk, "PUBLISH_SLOW_QUEUE_URL") == [slow]


def metrics(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """The one line that CloudWatch reads metrics out of."""
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]
    [found] = [line for line in lines if "_aws" in line]
    return found


def value(line: dict[str, Any], name: str) -> float:
    [number] = line[name] if isinstance(line[name], list) else [line[name]]
    return float(number)


def test_a_tick_tells_how_late_the_oldest_post_is(
    desk: Desk, tick: Tick, limited: Callable[[int], None], capsys: pytest.CaptureFixture[str]
):
    limited(100)
    due(desk, "low", timedelta(minutes=5))
    due(desk, "high", timedelta(minutes=1))
    due(desk, "normal", -timedelta(hours=1))
    capsys.readouterr()

    tick()

    line = metrics(capsys)
    assert 300 <= value(line, "OldestDueSeconds") < 310
    assert [value(line, name) for name in ("Ticks", "Claimed", "Woken", "Backlog")] == [1, 2, 2, 2]


def test_nothing_is_late_where_nothing_is_due(
    desk: Desk, tick: Tick, limited: Callable[[int], None], capsys: pytest.CaptureFixture[str]
):
    limited(100)
    due(desk, "normal", -timedelta(hours=1))
    capsys.readouterr()

    tick()

    assert value(metrics(capsys), "OldestDueSeconds") == 0


@pytest.mark.parametrize("alarm", ["NoTicksAlarm", "PostsLateAlarm"])
def test_the_templates_alarms_hear_what_the_tick_tells(
    desk: Desk, tick: Tick, limited: Callable[[int], None], capsys: pytest.CaptureFixture[str], alarm: str
):
    wanted = TEMPLATE.document["Resources"][alarm]["Properties"]
    namespace = TEMPLATE.document["Globals"]["Function"]["Environment"]["Variables"]["METRICS_NAMESPACE"]
    limited(100)
    capsys.readouterr()

    tick()

    line = metrics(capsys)
    [told] = line["_aws"]["CloudWatchMetrics"]
    assert wanted["Namespace"] == namespace
    assert told["Namespace"] == settings().metrics_namespace
    assert wanted["MetricName"] in {metric["Name"] for metric in told["Metrics"]}
    assert told["Dimensions"] == [[each["Name"] for each in wanted["Dimensions"]]]
    assert [line[each["Name"]] for each in wanted["Dimensions"]] == [
        each["Value"] for each in wanted["Dimensions"]
    ]


def test_with_more_due_than_a_batch_a_tenants_first_post_leaves_before_anothers_second(
    desk: Desk, no_work: None, as_publish_due: Callable[[], Any]
):
    for _ in range(30):
        due(desk, "high", timedelta(hours=1))
    quiet = make_workspace().id
    with transaction(quiet) as tx:
        made = make_dispatch(tx.session, due_at=tx.now - timedelta(seconds=1), priority=2)
        mine = str(made.publication_platform_id)
    with as_publish_due(), transaction(role=DISPATCHER) as tx:
        wakes = tick_services.claim(tx, 10, [1_000, 1_000])

    assert len(wakes) == 10
    assert mine in [str(wake.claim.publication_platform_id) for wake in wakes[:2]]


@pytest.mark.parametrize("rooms", [None, [40, 40]], ids=["all", "in turns"])
def test_of_those_that_are_due_together_the_first_that_was_asked_for_is_the_first(
    desk: Desk, no_work: None, as_publish_due: Callable[[], Any], rooms: list[int] | None
):
    with transaction(desk.workspace_id) as tx:
        made = [make_dispatch(tx.session, due_at=tx.now).publication_platform_id for _ in range(40)]
        for row_id in reversed(made):  # as they lie in the table now
            tx.session.execute(
                update(Dispatch).where(Dispatch.publication_platform_id == row_id).values(priority=2)
            )
    with as_publish_due(), transaction(role=DISPATCHER) as tx:
        tx.session.execute(text("SET LOCAL enable_indexscan = off"))  # or they would come in order by chance
        wakes = tick_services.claim(tx, 50, rooms)

    assert [wake.claim.publication_platform_id for wake in wakes] == sorted(made)
