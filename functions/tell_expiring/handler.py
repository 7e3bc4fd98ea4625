"""Every hour: tells of accounts whose credentials end within a week and do not renew themselves."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.observability import logger
from lamplighter.postgres.roles import APP, WATCHER
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery_wakes, expiring

RESERVE_MS = 30_000
"""What one workspace may take at worst."""


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Of how many accounts it told. What the time does not suffice for is the next hour's to tell."""
    with transaction(role=WATCHER) as tx:
        waiting = expiring.workspaces(tx)
    told = 0
    for workspace_id in waiting:
        if context.get_remaining_time_in_millis() < RESERVE_MS:
            break
        with transaction(workspace_id, role=APP) as tx:
            told += expiring.told(tx, workspace_id)
    delivery_wakes.send_noted()
    logger().info("told of expiries", extra={"told": told})
    return {"told": told}
