"""SQS: one message is one step of one post on one account, done once."""

import time
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from lamplighter.domain.outcomes import Reconciled, TokenExpired, Waiting
from lamplighter.entrypoints.batch import Failures, each_message
from lamplighter.postgres.session import transaction
from lamplighter.services import delivery, publishing, recording, tokens, wakeups
from lamplighter.services.work import Target, Work

type Answer = tuple[Reconciled | Waiting, float]
"""What the network did, and how many seconds it took to say so."""


def handler(event: dict[str, Any], _context: LambdaContext) -> Failures:
    """Messages of the publish queues; a stale or doubled one does nothing."""
    return each_message(event, _publish)


def _publish(message: dict[str, Any]) -> None:
    claim, began = wakeups.parsed(message), time.monotonic()
    with transaction(claim.workspace_id) as tx:
        begun = publishing.begin(tx, claim)
    wakeups.send(begun.wakes, tx.now, began)
    answer = None if begun.work is None else _attempted(begun.work, time.monotonic())
    if begun.work is None or answer is None:
        return
    outcome, seconds = answer
    if isinstance(outcome, TokenExpired) and not outcome.revoked:
        outcome = _renewed(begun.work)
    recorded = time.monotonic()
    with transaction(claim.workspace_id) as tx:
        wakes = recording.record(tx, begun.work, outcome, seconds)
    wakeups.send(wakes, tx.now, recorded)


def _attempted(work: Work, begun: float) -> Answer | None:
    """None where the post no longer stands and nothing was sent."""
    frozen = delivery.prepare(work)
    took = time.monotonic() - begun
    if not isinstance(frozen, dict):
        return frozen, took
    if work.leaves_traces and frozen != work.prepared:
        with transaction(work.workspace_id) as tx:
            publishing.keep(tx, work, frozen)
    delivery.wait_until_due(work, begun)
    armed_at = time.monotonic()
    with transaction(work.workspace_id) as tx:
        armed = publishing.arm(tx, work, frozen)
    wakeups.send(armed.wakes, tx.now, armed_at)
    if armed.work is None:
        return None
    called_at = time.monotonic()
    outcome = delivery.overslept(begun) or delivery.call(work, frozen)
    return outcome, max(took, time.monotonic() - called_at)


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
