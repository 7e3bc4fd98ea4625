"""SQS: one message is one post on one account, sent once."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.domain.outcomes import Reconciled, TokenExpired
from lamplighter.entrypoints.batch import Failures, each_message
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery, publishing, tokens, wakeups
from lamplighter.services.work import Target, Work


def handler(event: dict[str, Any], _context: LambdaContext) -> Failures:
    """Messages of the publish queue; a stale or doubled one does nothing."""
    return each_message(event, _publish)


def _publish(message: dict[str, Any]) -> None:
    claim = wakeups.parsed(message)
    with transaction(claim.workspace_id) as tx:
        work = publishing.begin(tx, claim)
    if work is None:
        return
    outcome = _attempted(work, time.monotonic())
    if outcome is None:
        return
    if isinstance(outcome, TokenExpired) and not outcome.revoked:
        outcome = _renewed(work)
    recorded = time.monotonic()
    with transaction(work.workspace_id) as tx:
        wakes = publishing.record(tx, work, outcome)
    wakeups.send(wakes, tx.now, recorded)


def _attempted(work: Work, begun: float) -> Reconciled | None:
    """What the network did; None where the post no longer stands and nothing was sent."""
    frozen = delivery.prepare(work)
    if not isinstance(frozen, dict):
        return frozen
    delivery.wait_until_due(work, begun)
    with transaction(work.workspace_id) as tx:
        armed = publishing.arm(tx, work, frozen)
    return delivery.send_or_look(work, frozen) if armed else None


def _renewed(work: Work) -> Reconciled:
    """What the expired token's renewal came to."""
    with transaction(work.workspace_id) as tx:
        target = tokens.claim(tx, work.workspace_id, work.target)
    if not isinstance(target, Target):
        return target
    renewal = tokens.renewal(target, delivery.refresh(target))
    with transaction(work.workspace_id) as tx:
        tokens.save(tx, work.workspace_id, target, renewal)
    return renewal.outcome
