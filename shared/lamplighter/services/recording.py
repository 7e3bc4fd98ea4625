"""What a worker writes down once the network has answered, and what follows from it."""

import random
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import update

from lamplighter.domain.history import PROCESSING
from lamplighter.domain.outcomes import Published, Reconciled, Rejected, Unknown, Waiting
from lamplighter.domain.publishing import (
    LONGEST_WAIT,
    Again,
    Decision,
    Finish,
    decide,
    decide_change,
    read_as,
    waiting_status,
)
from lamplighter.observability import logger
from lamplighter.postgres.models import PlatformConnection, PublicationPlatform
from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.session import Transaction
from lamplighter.services import gates, ledger, outbox
from lamplighter.services.dispatching import put_off
from lamplighter.services.settling import lock, settle
from lamplighter.services.wakeups import Claim, Wake
from lamplighter.services.work import Work


def record(tx: Transaction, work: Work, outcome: Reconciled | Waiting, seconds: float) -> list[Wake]:
    """Write down what the network did in a call of `seconds`, and what follows. A worker whose fence has
    passed changes nothing."""
    lock(tx, work.workspace_id, work.publication_id)
    if not dispatches.is_held(tx, work.workspace_id, work.row_id, work.fence):
        return []
    if isinstance(outcome, Waiting):
        if tx.now - work.begun_at < LONGEST_WAIT:
            return _parked(tx, work, outcome)
        outcome = Rejected("processing_timeout", "The network has processed the media for a day.")
    outcome = _believed(tx, work, read_as(outcome, work.effort))
    ledger.close(tx, work.workspace_id, work.attempt_id, work.step.task, outcome)
    if work.is_live:
        gates.observed(tx, work.workspace_id, work.target.connection_id, outcome, seconds)
    decision = _decided(work, outcome)
    _log(work, outcome, decision)
    if isinstance(decision, Again):
        return _again(tx, work, outcome, decision)
    return _ended(tx, work, outcome, decision)


def finished(tx: Transaction, held: Claim, publication_id: UUID, end: Finish, **learnt: Any) -> list[Wake]:
    """Nothing more is done by itself: the work is dropped, the row says how it ended and what was learnt."""
    dispatches.drop(tx, held.workspace_id, held.publication_platform_id, held.fence)
    changes: dict[str, Any] = {
        **learnt,
        "status": end.status,
        "change": None,
        "error_code": end.code,
        "error_message": end.message,
    }
    if end.status == "removed":
        changes["removed_at"] = tx.now
    set_platform(tx, held, **changes)
    settle(tx, held.workspace_id, publication_id)
    return []


def set_platform(tx: Transaction, held: Claim, **changes: Any) -> None:
    """Change the platform row that held work is about."""
    tx.session.execute(
        update(PublicationPlatform)
        .where(
            PublicationPlatform.workspace_id == held.workspace_id,
            PublicationPlatform.id == held.publication_platform_id,
        )
        .values(**changes, updated_at=tx.now)
    )


def _believed(tx: Transaction, work: Work, outcome: Reconciled) -> Reconciled:
    """No post on a network is two of ours: an answer that names another one's is none about this."""
    if not isinstance(outcome, Published) or work.step.task != "publish":
        return outcome
    if not ledger.is_anothers(tx, work.workspace_id, work.target.connection_id, outcome.remote_id):
        return outcome
    return Unknown("another_post", "The network answered with another of this account's posts.")


def _decided(work: Work, outcome: Reconciled) -> Decision:
    fraction = random.random()  # noqa: S311  # jitter, no secret
    if work.step.task != "publish":
        return decide_change(outcome, work.effort, fraction)
    return decide(outcome, work.effort, fraction, can_look=work.can_look)


def _log(work: Work, outcome: Reconciled, decision: Decision) -> None:
    """One line an attempt, without a word of the post: what support greps for."""
    following = (
        decision.status if isinstance(decision, Finish) else f"in {decision.delay.total_seconds():.0f} s"
    )
    facts = {
        "workspace_id": str(work.workspace_id),
        "publication_id": str(work.publication_id),
        "publication_platform_id": str(work.row_id),
        "task": work.step.task,
        "segment": work.step.segment,
        "attempt": work.effort.attempts + work.effort.looks,
        "platform": work.target.platform,
        "outcome": type(outcome).__name__,
        "code": decision.code,
        "next": following,
    }
    logger().info("attempt ended", extra=facts)


def _parked(tx: Transaction, work: Work, waiting: Waiting) -> list[Wake]:
    """The same attempt goes on when the network is ready; it has cost none of the tries."""
    ledger.parked(tx, work.workspace_id, work.attempt_id, waiting.kept)
    set_platform(tx, work.claim, error_code=PROCESSING, error_message=waiting.message)
    return put_off(tx, work.claim, tx.now + timedelta(seconds=waiting.retry_after))


def _ended(tx: Transaction, work: Work, outcome: Reconciled, decision: Finish) -> list[Wake]:
    learnt: dict[str, Any] = {}
    if isinstance(outcome, Published) and work.step.task == "publish" and work.step.segment == 0:
        learnt = {"platform_post_id": outcome.remote_id, "url": outcome.url, "published_at": tx.now}
    if decision.reconnect and work.is_live:  # what the sandbox says of a test tells nothing of the account
        _needs_reconnect(tx, work, decision)
    if work.goes_on and decision.code is None and decision.status in {"published", "removed"}:
        return _goes_on(tx, work, **learnt)
    return finished(tx, work.claim, work.publication_id, decision, **learnt)


def _goes_on(tx: Transaction, work: Work, **learnt: Any) -> list[Wake]:
    """The next segment follows at once; a look may have found this one after people were told that its
    outcome is unknown, which it no longer is."""
    changes: dict[str, Any] = {**learnt, "error_code": None, "error_message": None}
    if work.step.task == "publish":
        changes["status"] = "publishing"
    set_platform(tx, work.claim, **changes)
    wakes = put_off(tx, work.claim, tx.now)
    if work.reconciles:
        settle(tx, work.workspace_id, work.publication_id)
    return wakes


def _again(tx: Transaction, work: Work, outcome: Reconciled, decision: Again) -> list[Wake]:
    changes: dict[str, Any] = {"error_code": decision.code, "error_message": decision.message}
    if work.step.task == "publish":
        status = waiting_status(outcome, work.effort)
        # What is out in part can no longer be cancelled.
        changes["status"] = "publishing" if status == "pending" and work.step.segment else status
    set_platform(tx, work.claim, **changes)
    wakes = put_off(tx, work.claim, tx.now + decision.delay)
    settle(tx, work.workspace_id, work.publication_id)
    return wakes


def _needs_reconnect(tx: Transaction, work: Work, decision: Finish) -> None:
    """Unless its tokens were renewed meanwhile: then nothing is known of the new ones."""
    lost = tx.session.scalars(
        update(PlatformConnection)
        .where(
            PlatformConnection.workspace_id == work.workspace_id,
            PlatformConnection.id == work.target.connection_id,
            PlatformConnection.access_token == work.target.access_token,
            PlatformConnection.status == "active",
        )
        .values(
            status="needs_reconnect",
            error_code=decision.code,
            error_message=decision.message,
            version=PlatformConnection.version + 1,
            updated_at=tx.now,
        )
        .returning(PlatformConnection.id)
    ).one_or_none()
    if lost is not None:
        payload = {"connection_id": str(lost)}
        outbox.emit(tx, work.workspace_id, "platform_connection.needs_reconnect", payload)
