"""Every minute: wake what nobody woke, workspaces with events and endpoints with deliveries due."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.observability import logger, measure
from lamplighter.postgres.roles import RELAY
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery_wakes, relay
from lamplighter.settings import settings


def handler(_event: dict[str, Any], _context: LambdaContext) -> dict[str, int]:
    """How many were woken."""
    with transaction(role=RELAY) as tx:
        wakes, late = relay.waiting(tx), relay.lateness(tx)
    delivery_wakes.send(wakes)
    logger().info("relayed", extra={"woken": len(wakes), "late": late})
    measure(settings().metrics_namespace, {"Relays": 1, "Woken": len(wakes)}, late)
    return {"woken": len(wakes)}
