"""The ledger of attempts: appended to and carried forward, never deleted."""

from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from lamplighter.domain.outcomes import Absent, Published, Reconciled, Rejected, TokenExpired, Unknown
from lamplighter.domain.publishing import NOT_ON_NETWORK, Effort, Tried, may_have_posted
from lamplighter.ids import new_id
from lamplighter.platforms.base import Json
from lamplighter.postgres.models import PublicationAttempt, PublicationPlatform
from lamplighter.postgres.session import Transaction

_OPEN = ("claimed", "prepared", "sending")


def opened(tx: Transaction, row: PublicationPlatform, fence: int) -> tuple[PublicationAttempt, Effort]:
    """A new attempt under `fence`, and how much was tried so far, this one included.

    What a lost worker left open is closed first. The attempt carries on what an earlier one froze.
    """
    earlier = _history(tx, row)
    if earlier:
        _close_lost(tx, earlier[-1])
    reconciles = may_have_posted([Tried(a.status, a.reconciles, a.error_code) for a in earlier])
    attempt = PublicationAttempt(
        id=new_id(),
        workspace_id=row.workspace_id,
        publication_platform_id=row.id,
        number=len(earlier) + 1,
        fence=fence,
        reconciles=reconciles,
        prepared=next((a.prepared for a in reversed(earlier) if a.prepared is not None), None),
        claimed_at=tx.now,
    )
    tx.session.add(attempt)
    looks = sum(a.reconciles for a in [*earlier, attempt])
    return attempt, Effort(attempts=attempt.number - looks, looks=looks, reconciling=reconciles)


def mark_sending(tx: Transaction, workspace_id: UUID, attempt_id: UUID, prepared: Json) -> None:
    """What will be sent is frozen, and from this commit on it may have been."""
    frozen = {"prepared": prepared, "prepared_at": tx.now, "sending_at": tx.now}
    _carry(tx, workspace_id, attempt_id, status="sending", **frozen)


def abandon(
    tx: Transaction, workspace_id: UUID, attempt_id: UUID, code: str | None, message: str | None = None
) -> None:
    """The attempt ends without a call to the network."""
    _close(tx, workspace_id, attempt_id, "abandoned", code, message)


def close(tx: Transaction, workspace_id: UUID, attempt_id: UUID, outcome: Reconciled) -> None:
    """The attempt ends with what the network did."""
    match outcome:
        case Published(remote_id, url):
            where = {"remote_id": remote_id, "url": url}
            _carry(tx, workspace_id, attempt_id, status="published", finished_at=tx.now, **where)
        case Rejected(code, message):
            _close(tx, workspace_id, attempt_id, "rejected", code, message)
        case Unknown(code, message):
            _close(tx, workspace_id, attempt_id, "unknown", code, message)
        case Absent():
            _close(tx, workspace_id, attempt_id, "not_sent", NOT_ON_NETWORK, None)
        case TokenExpired(message):
            _close(tx, workspace_id, attempt_id, "not_sent", "token_expired", message)
        case _:
            code = getattr(outcome, "code", type(outcome).__name__.lower())
            _close(tx, workspace_id, attempt_id, "not_sent", code, getattr(outcome, "message", None))


def _history(tx: Transaction, row: PublicationPlatform) -> list[PublicationAttempt]:
    statement = (
        select(PublicationAttempt)
        .where(
            PublicationAttempt.workspace_id == row.workspace_id,
            PublicationAttempt.publication_platform_id == row.id,
        )
        .order_by(PublicationAttempt.number)
    )
    return list(tx.session.scalars(statement))


def _close_lost(tx: Transaction, last: PublicationAttempt) -> None:
    """An attempt whose worker is gone: unknown if it was calling the network, else abandoned."""
    if last.status in _OPEN:
        last.status = "unknown" if last.status == "sending" else "abandoned"
        last.error_code, last.finished_at = "worker_lost", tx.now
        last.error_message = "The worker ended before it could record an outcome."


def _close(  # noqa: PLR0917  # an attempt, its status, code and message
    tx: Transaction, workspace_id: UUID, attempt_id: UUID, status: str, code: str | None, message: str | None
) -> None:
    ended = {"error_code": code, "error_message": message, "finished_at": tx.now}
    _carry(tx, workspace_id, attempt_id, status=status, **ended)


def _carry(tx: Transaction, workspace_id: UUID, attempt_id: UUID, **changes: Any) -> None:
    """Only an open attempt is carried forward: what has ended stays as it ended."""
    tx.session.execute(
        update(PublicationAttempt)
        .where(
            PublicationAttempt.workspace_id == workspace_id,
            PublicationAttempt.id == attempt_id,
            PublicationAttempt.status.in_(_OPEN),
        )
        .values(**changes)
    )
