"""Schedules fire with EventBridge's events."""

import datetime as dt
import json
import queue
import time

from infra.local import schedules
from infra.local.schedules import Schedules
from infra.local.template import Schedule

PATIENCE = 60.0
"""For what takes a second on an idle machine: how long it took is not what these tests are about."""


def ticks(stack, count):
    """The events in the function's log once there are `count` of them."""
    log = stack.directory / "logs" / "tick.log"
    deadline = time.monotonic() + PATIENCE
    while True:
        lines = log.read_text().splitlines() if log.exists() else []
        found = [json.loads(line.removeprefix("tick ")) for line in lines if line.startswith("tick ")]
        if len(found) >= count or time.monotonic() > deadline:
            return found
        time.sleep(0.05)


def test_rules_and_schedulers_fire_their_events_and_what_is_disabled_does_not(stack):
    found = ticks(stack, 2)
    assert {"own": "input"} in found
    rules = [tick for tick in found if "source" in tick]
    assert rules
    for rule in rules:  # more than one, where a minute has passed since the stack's start
        assert (rule["source"], rule["detail-type"], rule["detail"]) == ("aws.events", "Scheduled Event", {})
        assert rule["resources"] == ["arn:aws:events:eu-west-1:123456789012:rule/TickFunctionRule"]


def test_a_rate_fires_soon_after_the_start_and_not_an_interval_later(stack):
    [tick] = [function for function in stack.template.functions() if function.name == "tick"]
    fired: queue.Queue[tuple[str, object]] = queue.Queue()
    started = dt.datetime.now(dt.UTC)
    running = Schedules([tick], lambda name, event: fired.put((name, event)))
    try:
        events = [fired.get(timeout=PATIENCE) for _ in tick.schedules]
    finally:
        running.stop()
    assert {name for name, _ in events} == {"TickFunction"}
    assert [schedule.name for schedule in tick.schedules] == ["TickFunctionRule", "TickFunctionOwn"]
    [moment] = [dt.datetime.fromisoformat(event["time"]) for _, event in events if "time" in event]
    soon = dt.timedelta(seconds=schedules.FIRST_TICK_SECONDS)
    assert started + soon - dt.timedelta(seconds=1) <= moment  # an event's time is in whole seconds
    assert moment < started + dt.timedelta(minutes=1) / 2


def test_the_schedulers_input_may_name_its_moment():
    schedule = Schedule(
        "S", "rate(1 minute)", "UTC", '{"at": "<aws.scheduler.scheduled-time>"}', is_scheduler=True
    )
    moment = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
    assert schedules.event(schedule, moment) == {"at": "2026-03-01T10:00:00Z"}
