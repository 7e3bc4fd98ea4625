"""Every minute: claim what falls due in the next two and wake its workers."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.observability import logger
from lamplighter.postgres.session import transaction
from lamplighter.services import due, wakeups

DISPATCHER = "lamplighter_dispatcher"
RESERVE_MS = 25_000
"""A claim may take as long as the longest statement, and its wake-ups a few seconds more."""


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Batches until nothing is due or the time is nearly up; answers how
    many were claimed and how many woken."""
    claimed = woken = 0
    while context.get_remaining_time_in_millis() > RESERVE_MS:
        began = time.monotonic()
        with transaction(role=DISPATCHER) as tx:
            wakes = due.claim(tx)
        unsent = wakeups.send(wakes, tx.now, began)
        if unsent:
            with transaction(role=DISPATCHER) as tx:
                due.release(tx, unsent)
        claimed, woken = claimed + len(wakes), woken + len(wakes) - len(unsent)
        if len(wakes) < due.BATCH or unsent:
            break
    logger().info("claimed", extra={"claimed": claimed, "woken": woken})
    return {"claimed": claimed, "woken": woken}
