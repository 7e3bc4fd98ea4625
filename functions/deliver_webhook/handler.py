"""SQS: one message hands a workspace's events over, or delivers what one endpoint is due."""

import time
from functools import partial
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.entrypoints.batch import Failures, each_message
from lamplighter.postgres.session import transaction
from lamplighter.services import delivering, delivery_wakes, fan_out, mails, webhook_health
from lamplighter.services.delivering import Batch, Ended, Held

RESERVE_MS = 30_000
"""What a batch may take at worst: nothing is begun after its patience, and the last request has its time."""


def handler(event: dict[str, Any], context: LambdaContext) -> Failures:
    """Messages of the delivery queue; a stale or doubled one finds nothing to do."""
    return each_message(event, partial(_woken, context))


def _woken(context: LambdaContext, message: dict[str, Any]) -> None:
    wake = delivery_wakes.parsed(message)
    if wake.webhook_id is None:
        _fan_out(context, wake)
        return
    _deliver(context, wake)


def _fan_out(context: LambdaContext, wake: delivery_wakes.DeliveryWake) -> None:
    is_last = False
    while not is_last and context.get_remaining_time_in_millis() > RESERVE_MS:
        with transaction(wake.workspace_id) as tx:
            told = fan_out.fan_out(tx, wake.workspace_id)
        delivery_wakes.send(told.wakes)
        is_last = told.is_last
    if not is_last:
        delivery_wakes.send([wake])


def _deliver(context: LambdaContext, wake: delivery_wakes.DeliveryWake) -> None:
    held: Held | None = None
    ended: list[Ended] = []
    while True:
        has_time = context.get_remaining_time_in_millis() > RESERVE_MS
        began = time.monotonic()
        with transaction(wake.workspace_id) as tx:
            held = held or delivering.hold(tx, wake)
            if held is None:
                return
            step = delivering.proceed(tx, held, ended, has_time=has_time)
        if any(not each.posted.answer.is_success for each in ended):
            _judge(held, gone=delivering.is_gone(ended))
        if not isinstance(step, Batch):
            delivery_wakes.send(step.wakes)
            return
        _open(step)
        ended = delivering.send(step, tx.now, began)


def _open(batch: Batch) -> None:
    """Its secrets unsealed and its address looked up. Where KMS does not answer nothing was tried: the
    message fails, and the log says of no delivery that a worker died with it."""
    try:
        batch.sender.open()
    except Exception:
        with transaction(batch.held.workspace_id) as tx:
            delivering.let_go(tx, batch.held)
        raise


def _judge(held: Held, *, gone: bool) -> None:
    """Warn of the endpoint or disable it, where that is due."""
    with transaction(held.workspace_id) as tx:
        organization_id = webhook_health.organization_of(tx, held.workspace_id, held.webhook_id, gone=gone)
    if organization_id is None:
        return
    with transaction(held.workspace_id, organization_id=organization_id) as tx:
        letters = webhook_health.judged(tx, held.workspace_id, held.webhook_id, gone=gone)
    mails.wake(letters)
