"""EventBridge: fires each schedule at its moments."""

import datetime as dt
import json
import threading
import uuid
from collections.abc import Callable
from typing import Any

from infra.local import cron
from infra.local.intrinsics import ACCOUNT, REGION
from infra.local.template import Function, Schedule

FIRST_TICK_SECONDS = 1.0
"""rate() schedules fire for the first time this long after the start, not after a whole interval."""

Invoke = Callable[[str, object], object]


class Schedules:
    """A thread per schedule that waits, and one per firing that runs the function.

    Nothing is retried: the next moment is the retry. One at which the last firing still runs is passed over.
    """

    def __init__(self, functions: list[Function], invoke: Invoke) -> None:
        self._stopped = threading.Event()
        self._invoke = invoke
        scheduled = [(function, schedule) for function in functions for schedule in function.schedules]
        for _, schedule in scheduled:
            cron.next_fire(
                schedule.expression, dt.datetime.now(dt.UTC), schedule.timezone
            )  # an error ends the start
        for function, schedule in scheduled:
            threading.Thread(
                target=self._run, args=(function, schedule), name=schedule.name, daemon=True
            ).start()

    def stop(self) -> None:
        """Fire nothing more; what runs goes on."""
        self._stopped.set()

    def _run(self, function: Function, schedule: Schedule) -> None:
        firing: threading.Thread | None = None
        moment = self._first(schedule)
        while moment is not None and not self._stopped.wait(
            (moment - dt.datetime.now(dt.UTC)).total_seconds()
        ):
            if firing is None or not firing.is_alive():
                arguments = (function.logical_id, event(schedule, moment))
                firing = threading.Thread(
                    target=self._invoke, args=arguments, name=schedule.name, daemon=True
                )
                firing.start()
            moment = cron.next_fire(schedule.expression, moment, schedule.timezone)

    def _first(self, schedule: Schedule) -> dt.datetime | None:
        now = dt.datetime.now(dt.UTC)
        if schedule.expression.startswith("rate"):
            return now + dt.timedelta(seconds=FIRST_TICK_SECONDS)
        return cron.next_fire(schedule.expression, now, schedule.timezone)


def event(schedule: Schedule, moment: dt.datetime) -> Any:
    """What the function is given: the schedule's own input, or the event that EventBridge makes."""
    time = moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if schedule.input is not None:
        return json.loads(schedule.input.replace("<aws.scheduler.scheduled-time>", time))
    source, kind, resource = (
        ("aws.scheduler", "Scheduled Event", f"scheduler:{REGION}:{ACCOUNT}:schedule/default/{schedule.name}")
        if schedule.is_scheduler
        else ("aws.events", "Scheduled Event", f"events:{REGION}:{ACCOUNT}:rule/{schedule.name}")
    )
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "account": ACCOUNT,
        "time": time,
        "region": REGION,
        "resources": [f"arn:aws:{resource}"],
        "detail": "{}" if schedule.is_scheduler else {},
    }
