"""Every minute: enter the occurrences of recurring posts ahead, and have publications made of them."""

from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.observability import logger, measure
from lamplighter.postgres.session import transaction
from lamplighter.services import spawning
from lamplighter.settings import settings

SPAWNER = "lamplighter_spawner"
RESERVE_MS = 25_000
"""A batch may take as long as its longest statement, and its wake-ups a few seconds more."""


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Batches until no rule is to be visited or the time is nearly up; answers how many were visited and how
    many occurrences were entered."""
    visited = written = 0
    is_last = False
    while not is_last and context.get_remaining_time_in_millis() > RESERVE_MS:
        with transaction(role=SPAWNER) as tx:
            batch = spawning.plan(tx)
        spawning.wake(batch.workspace_ids)
        visited, written, is_last = visited + batch.visited, written + batch.written, batch.is_last
    if spawning.has_room():
        with transaction(role=SPAWNER) as tx:
            waiting = spawning.waiting(tx)
        spawning.wake(waiting)
    answer = {"visited": visited, "written": written}
    logger().info("planned", extra=answer)
    measure(settings().metrics_namespace, {"Spawns": 1, "Visited": visited, "Occurrences": written}, {})
    return answer
