"""Schedules fire with EventBridge's events."""

import datetime as dt
import json
import time

from infra.local import schedules
from infra.local.template import Schedule


def test_rates_fire_soon_after_the_start_and_what_is_disabled_does_not(stack):
    log = stack.directory / "logs" / "tick.log"
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and (not log.exists() or log.read_text().count("tick ") < 2):
        time.sleep(0.05)
    lines = [line.removeprefix("tick ") for line in log.read_text().splitlines() if line.startswith("tick ")]
    ticks = [json.loads(line) for line in lines]
    assert {"own": "input"} in ticks
    [rule] = [tick for tick in ticks if "source" in tick]
    assert (rule["source"], rule["detail-type"], rule["detail"]) == ("aws.events", "Scheduled Event", {})
    assert rule["resources"] == ["arn:aws:events:eu-west-1:123456789012:rule/TickFunctionRule"]
    fired = dt.datetime.fromisoformat(rule["time"])
    assert abs((dt.datetime.now(dt.UTC) - fired).total_seconds()) < 60


def test_the_schedulers_input_may_name_its_moment():
    schedule = Schedule(
        "S", "rate(1 minute)", "UTC", '{"at": "<aws.scheduler.scheduled-time>"}', is_scheduler=True
    )
    moment = dt.datetime(2026, 3, 1, 10, tzinfo=dt.UTC)
    assert schedules.event(schedule, moment) == {"at": "2026-03-01T10:00:00Z"}
