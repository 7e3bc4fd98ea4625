"""Every hour: removes what is past, such as expired sessions, archives and unfinished uploads."""

from collections.abc import Callable
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.observability import logger
from lamplighter.postgres.roles import PRUNER
from lamplighter.postgres.session import transaction
from lamplighter.services import pruning

RESERVE_MS = 30_000
"""What a batch may take at worst."""


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """How many rows of each table, archives and media were removed."""

    def has_time() -> bool:
        return context.get_remaining_time_in_millis() > RESERVE_MS

    counts = {past.name: _all(has_time, partial(_rows, past)) for past in pruning.PAST}
    counts["archives"] = _all(has_time, _archives)
    counts["media"] = _all(has_time, _media)
    logger().info("pruned", extra=counts)
    return counts


def _all(has_time: Callable[[], bool], remove: Callable[[], int]) -> int:
    """Batches until one is not full or the time is nearly up."""
    count = 0
    while has_time():
        removed = remove()
        count += removed
        if removed < pruning.BATCH:
            break
    return count


def _rows(past: pruning.Past) -> int:
    with transaction(role=PRUNER) as tx:
        return pruning.delete_past(tx, past)


def _archives() -> int:
    """Files go before what names them, so that none is forgotten."""
    with transaction(role=PRUNER) as tx:
        ended = pruning.ended_archives(tx)
    pruning.delete_archives(ended)
    with transaction(role=PRUNER) as tx:
        pruning.mark_expired(tx, ended)
    return len(ended)


def _media() -> int:
    with transaction(role=PRUNER) as tx:
        unusable = pruning.unusable_media(tx)
    pruning.delete_uploads(unusable)
    with transaction(role=PRUNER) as tx:
        pruning.delete_media(tx, unusable)
    return len(unusable)
