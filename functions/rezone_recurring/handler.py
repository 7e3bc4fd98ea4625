"""Direct invoke: after new time zone data, what recurring posts have not sent yet goes to its new times.

{"zones": ["America/Asuncion"], "version": "2025a", "after": null}

`zones`: those whose rules changed. `version`, if given, must be the release that this function has. The
answer's `after` is null when all is done; otherwise invoke it again with that. Safe at any time, and again
after it failed.
"""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.observability import logger
from lamplighter.postgres.roles import APP, SPAWNER
from lamplighter.postgres.session import transaction
from lamplighter.services import rezoning, wakeups
from lamplighter.services.rezoning import Listed, Moved

RESERVE_MS = 60_000
"""What one rule may take at worst."""


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """How many rules were looked at or failed, and how many of their occurrences moved, came or went."""
    order = rezoning.ordered(event)
    total = Moved()
    while True:
        with transaction(role=SPAWNER) as tx:
            page = rezoning.listed(tx, order)
        for each in page:
            total += _rezoned(each)
            order = order.following(each)
            if context.get_remaining_time_in_millis() < RESERVE_MS:
                return _answer(total, order.after)
        if len(page) < rezoning.PAGE:
            return _answer(total, None)


def _rezoned(each: Listed) -> Moved:
    """One rule, in its workspace. One that fails delays no other: it is logged, and the next run's to do."""
    began = time.monotonic()
    try:
        with transaction(each.workspace_id, role=APP) as tx:
            moved = rezoning.rezoned(tx, each.workspace_id, each.id)
    except Exception:
        logger().exception("rule not rezoned", extra={"recurring_post_id": str(each.id)})
        return Moved(failed=1)
    wakeups.send(moved.wakes, tx.now, began)
    return moved


def _answer(total: Moved, after: tuple[str, str] | None) -> dict[str, Any]:
    answer = {**total.counts(), "version": rezoning.version(), "after": after}
    logger().info("rezoned", extra=answer)
    return answer
