"""A worker's three transactions: begin an attempt, arm it, record what came of it."""

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from lamplighter.domain.outcomes import Published, Reconciled
from lamplighter.domain.publishing import (
    Again,
    Decision,
    Effort,
    Finish,
    Lateness,
    decide,
    lateness,
    waiting_status,
)
from lamplighter.observability import logger
from lamplighter.platforms.base import Json
from lamplighter.postgres.models import (
    PlatformConnection,
    Publication,
    PublicationAttempt,
    PublicationPlatform,
)
from lamplighter.postgres.queries import dispatches
from lamplighter.postgres.session import Transaction
from lamplighter.services import ledger, outbox
from lamplighter.services.settling import settle
from lamplighter.services.rows import owned
from lamplighter.services.wakeups import Claim, Wake, grace_after, is_near
from lamplighter.services.work import Rows, Work, draft_of, rows_of, target_of
from lamplighter.settings import settings

PATIENCE = timedelta(seconds=5)
"""A wake-up that comes earlier than this before its time is not waited for: a tick brings it again."""


def begin(tx: Transaction, claim: Claim) -> Work | None:
    """Take the work under a lease and a new fence, and open an attempt. None: stale, doubled, or not due yet;
    not_found where the workspace has no such row.

    The fence in the message must still stand: of all deliveries of all messages, exactly one gets past here.
    """
    lease_until = tx.now + timedelta(seconds=settings().attempt_lease_seconds)
    workspace_id, row_id = claim.workspace_id, claim.publication_platform_id
    held = dispatches.hold(tx, workspace_id, row_id, claim.fence, lease_until)
    if held is None:
        owned(tx, PublicationPlatform, workspace_id, row_id)
        return None
    fence, due_at, _lane = held
    if due_at > tx.now + PATIENCE:
        dispatches.postpone(tx, workspace_id, row_id, fence, due_at=due_at, lease_until=None)
        return None
    rows = rows_of(tx, workspace_id, row_id)
    attempt, effort = ledger.opened(tx, rows[0], fence)
    return _work(tx, rows, attempt, effort, due_at - tx.now)


def arm(tx: Transaction, work: Work, prepared: Json) -> bool:
    """Commit to the call that follows. False: the post no longer stands as it was, and nothing may be sent.

    From the commit on the network may have the post, whatever happens to this process.
    """
    publication, account = _locked(tx, work)
    if not dispatches.is_held(tx, work.workspace_id, work.row_id, work.fence):
        ledger.abandon(tx, work.workspace_id, work.attempt_id, "overtaken")
        return False
    obstacle = None if work.reconciles else _obstacle(tx, work, publication, account)
    if obstacle is not None:
        _stand_down(tx, work, obstacle)
        return False
    ledger.mark_sending(tx, work.workspace_id, work.attempt_id, prepared)
    _set_platform(tx, work, status="publishing")
    settle(tx, work.workspace_id, work.publication_id)
    return True


def record(tx: Transaction, work: Work, outcome: Reconciled) -> list[Wake]:
    """Write down what the network did and what follows. A worker whose fence has passed changes nothing."""
    _locked(tx, work)
    if not dispatches.is_held(tx, work.workspace_id, work.row_id, work.fence):
        return []
    ledger.close(tx, work.workspace_id, work.attempt_id, outcome)
    decision = decide(outcome, work.effort, random.random())  # noqa: S311  # jitter, no secret
    _log(work, outcome, decision)
    match decision:
        case Finish():
            return _finished(tx, work, outcome, decision)
        case Again():
            return _again(tx, work, outcome, decision)


def _log(work: Work, outcome: Reconciled, decision: Decision) -> None:
    """One line an attempt, without a word of the post: what support greps for."""
    following = (
        decision.status if isinstance(decision, Finish) else f"in {decision.delay.total_seconds():.0f} s"
    )
    facts = {
        "workspace_id": str(work.workspace_id),
        "publication_id": str(work.publication_id),
        "publication_platform_id": str(work.row_id),
        "attempt": work.effort.attempts + work.effort.looks,
        "platform": work.target.platform,
        "outcome": type(outcome).__name__,
        "code": decision.code,
        "next": following,
    }
    logger().info("attempt ended", extra=facts)


def _work(tx: Transaction, rows: Rows, attempt: PublicationAttempt, effort: Effort, wait: timedelta) -> Work:
    row, publication, content, connection = rows
    row.intent_at = row.intent_at or tx.now
    row.retry_count = attempt.number - 1
    return Work(
        workspace_id=row.workspace_id,
        publication_id=publication.id,
        row_id=row.id,
        attempt_id=attempt.id,
        effort=effort,
        fence=attempt.fence,
        mode=publication.mode,
        wait=max(wait, timedelta(0)),
        intent_at=row.intent_at,
        prepared=attempt.prepared,
        target=target_of(tx, connection),
        draft=draft_of(tx, content, connection.platform),
    )


def _locked(tx: Transaction, work: Work) -> tuple[Publication, str]:
    """The publication, locked, and the status of the account. Publication first, then dispatch, then the
    rest: the
    one order of locks, here and in cancelling."""
    statement = (
        select(Publication, PlatformConnection.status)
        .join(PlatformConnection, PlatformConnection.id == work.target.connection_id)
        .where(Publication.workspace_id == work.workspace_id, Publication.id == work.publication_id)
        .with_for_update(of=Publication)
    )
    publication, account = tx.session.execute(statement).one()
    return publication, account


def _obstacle(tx: Transaction, work: Work, publication: Publication, account: str) -> Finish | None:
    """Why the post must not go out now, if it must not."""
    if publication.approval_status in {"pending", "rejected"}:
        return Finish("skipped", f"approval_{publication.approval_status}", "It was due without an approval.")
    if account != "active" and work.mode == "live":
        return Finish("failed", "needs_reconnect", "The account was disconnected before the post was due.")
    minutes = publication.late_after_minutes
    late_after = None if minutes is None else timedelta(minutes=minutes)
    match lateness(publication.late_policy, late_after, publication.scheduled_at, tx.now):
        case Lateness.SEND:
            return None
        case Lateness.SKIP:
            message = "It could not be sent in time, and its policy is to skip it then."
            return Finish("skipped", "too_late", message)
        case Lateness.ASK:
            return Finish("held", "late_needs_decision", "It could not be sent in time; someone must decide.")


def _stand_down(tx: Transaction, work: Work, obstacle: Finish) -> None:
    ledger.abandon(tx, work.workspace_id, work.attempt_id, obstacle.code, obstacle.message)
    dispatches.drop(tx, work.workspace_id, work.row_id, work.fence)
    _set_platform(tx, work, status=obstacle.status, error_code=obstacle.code, error_message=obstacle.message)
    settle(tx, work.workspace_id, work.publication_id)


def _finished(tx: Transaction, work: Work, outcome: Reconciled, decision: Finish) -> list[Wake]:
    dispatches.drop(tx, work.workspace_id, work.row_id, work.fence)
    changes: dict[str, Any] = {
        "status": decision.status,
        "error_code": decision.code,
        "error_message": decision.message,
    }
    if isinstance(outcome, Published):
        changes |= {"platform_post_id": outcome.remote_id, "url": outcome.url, "published_at": tx.now}
    _set_platform(tx, work, **changes)
    if (
        decision.reconnect and work.mode == "live"
    ):  # what the sandbox says of a test tells nothing of the account
        _needs_reconnect(tx, work, decision)
    settle(tx, work.workspace_id, work.publication_id)
    return []


def _again(tx: Transaction, work: Work, outcome: Reconciled, decision: Again) -> list[Wake]:
    due_at = tx.now + decision.delay
    near = is_near(due_at, tx.now)
    lease_until = grace_after(due_at, tx.now) if near else None
    dispatches.postpone(
        tx, work.workspace_id, work.row_id, work.fence, due_at=due_at, lease_until=lease_until
    )
    status = waiting_status(outcome, work.effort)
    _set_platform(tx, work, status=status, error_code=decision.code, error_message=decision.message)
    settle(tx, work.workspace_id, work.publication_id)
    return [Wake(Claim(work.workspace_id, work.row_id, work.fence), due_at)] if near else []


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


def _set_platform(tx: Transaction, work: Work, **changes: Any) -> None:
    tx.session.execute(
        update(PublicationPlatform)
        .where(PublicationPlatform.workspace_id == work.workspace_id, PublicationPlatform.id == work.row_id)
        .values(**changes, updated_at=tx.now)
    )
