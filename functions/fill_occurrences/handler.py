"""SQS: one message is a workspace whose recurring posts have occurrences to be made into publications."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.entrypoints.batch import Failures, each_message
from lamplighter.postgres.session import transaction
from lamplighter.services import filling, spawning, wakeups


def handler(event: dict[str, Any], _context: LambdaContext) -> Failures:
    """Messages of the fill queue; where nothing is planned they do nothing."""
    return each_message(event, _fill)


def _fill(message: dict[str, Any]) -> None:
    workspace_id, began = filling.parsed(message), time.monotonic()
    with transaction(workspace_id) as tx:
        filled = filling.made(tx, workspace_id)
    wakeups.send(filled.wakes, tx.now, began)
    spawning.wake(filled.left)
