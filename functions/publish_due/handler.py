"""Every minute: claim what falls due in the next two, as far as the queues have room; wake its workers."""

import time
from collections import Counter
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.observability import logger, measure
from lamplighter.postgres.session import transaction
from lamplighter.services import due, wakeups
from lamplighter.settings import settings

DISPATCHER = "lamplighter_dispatcher"
RESERVE_MS = 25_000
"""A claim may take as long as the longest statement, and its wake-ups a few seconds more."""


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Batches until nothing is due, the queues are full or the time is nearly up; answers how many were
    claimed and how many woken."""
    depths = due.depths()
    rooms = [max(0, settings().backlog_limit - depth) for depth in depths]
    claimed = woken = 0
    while any(rooms) and context.get_remaining_time_in_millis() > RESERVE_MS:
        began = time.monotonic()
        with transaction(role=DISPATCHER) as tx:
            wakes = due.claim(tx, rooms=rooms)
        unsent = wakeups.send(wakes, tx.now, began)
        if unsent:
            with transaction(role=DISPATCHER) as tx:
                due.release(tx, unsent)
        claimed, woken = claimed + len(wakes), woken + len(wakes) - len(unsent)
        taken = Counter(wake.claim.lane for wake in wakes)
        rooms = [max(0, room - taken[lane]) for lane, room in enumerate(rooms)]
        if len(wakes) < due.BATCH or unsent:
            break
    _measure({"Claimed": claimed, "Woken": woken, "Backlog": sum(depths) + woken})
    return {"claimed": claimed, "woken": woken}


def _measure(counts: dict[str, int]) -> None:
    """What the alarms hear: that the tick came to its end, and how late the latest post is."""
    with transaction(role=DISPATCHER) as tx:
        late = due.lateness(tx)
    logger().info("claimed", extra={**{name.lower(): count for name, count in counts.items()}, "late": late})
    oldest = {"OldestDueSeconds": max(late.values())}
    measure(settings().metrics_namespace, {"Ticks": 1, **counts}, oldest)
