"""Every quarter of an hour: removes what is left of deleted workspaces."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.observability import logger
from lamplighter.postgres.roles import ERASER
from lamplighter.postgres.session import transaction
from lamplighter.services import wiping

RESERVE_MS = 30_000
"""What a step may take at worst."""


class ErasureIncomplete(Exception):  # noqa: N818  # reads as what happened
    """What some workspaces left could not be removed; the log says which and why."""


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """How many workspaces were erased, and how many were left for want of time. Raises ErasureIncomplete,
    after the others, if some failed."""
    with transaction(role=ERASER) as tx:
        due = wiping.due(tx)

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > RESERVE_MS

    counts = {"erased": 0, "left": 0, "failed": 0}
    for workspace_id in due:
        counts[_dealt_with(workspace_id, has_time)] += 1
    logger().info("erased", extra=counts)
    if counts["failed"]:
        message = f"{counts['failed']} of {len(due)} workspaces"
        raise ErasureIncomplete(message)
    return counts


def _dealt_with(workspace_id: UUID, has_time: Callable[[], bool]) -> str:
    """One workspace's failure is no other's."""
    try:
        return "erased" if _erased(workspace_id, has_time) else "left"
    except Exception:
        logger().exception("erasing failed", extra={"workspace_id": str(workspace_id)})
        return "failed"


def _erased(workspace_id: UUID, has_time: Callable[[], bool]) -> bool:
    """Each step finds what an earlier run has left of it."""
    for name in wiping.TABLES:
        more = True
        while more:
            if not has_time():
                return False
            with transaction(workspace_id, role=ERASER) as tx:
                more = wiping.delete_rows(tx, name, workspace_id)
    wiping.delete_files(workspace_id)
    wiping.delete_analytics(workspace_id)
    with transaction(workspace_id, role=ERASER) as tx:
        wiping.finish(tx, workspace_id)
    return True
