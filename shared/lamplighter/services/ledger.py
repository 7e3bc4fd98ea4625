"""The ledger of attempts: appended to and carried forward, never deleted."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, update

from lamplighter.domain.history import NOT_ON_NETWORK, PROCESSING, WORKER_LOST, Step, Tried
from lamplighter.domain.outcomes import (
    Absent,
    Duplicate,
    NotSent,
    Pending,
    Published,
    RateLimited,
    Reconciled,
    Rejected,
    Removed,
    TokenExpired,
    TokenRenewed,
    Unknown,
)
from lamplighter.ids import new_id
from lamplighter.platforms.base import Json
from lamplighter.postgres.models import PublicationAttempt, PublicationPlatform
from lamplighter.postgres.session import Transaction

_OPEN = ("claimed", "prepared", "waiting", "sending")
_UNSENT = ("claimed", "prepared", "waiting")
BY_PERSON = "resolved_by_person"


def history(tx: Transaction, workspace_id: UUID, row_id: UUID) -> list[PublicationAttempt]:
    """Every attempt at a platform row, the first one first."""
    statement = (
        select(PublicationAttempt)
        .where(
            PublicationAttempt.workspace_id == workspace_id,
            PublicationAttempt.publication_platform_id == row_id,
        )
        .order_by(PublicationAttempt.number)
    )
    return list(tx.session.scalars(statement, execution_options={"populate_existing": True}))


def as_tried(attempts: Sequence[PublicationAttempt]) -> list[Tried]:
    """The same as the rules see them."""
    return [tried_of(attempt) for attempt in attempts]


def tried_of(attempt: PublicationAttempt) -> Tried:
    """An attempt as the rules see it."""
    return Tried(
        status=attempt.status,
        reconciles=attempt.reconciles,
        code=attempt.error_code,
        task=attempt.task,
        segment=attempt.segment,
        number=attempt.number,
        sent=attempt.sending_at is not None,
        digest=attempt.digest,
    )


def close_lost(tx: Transaction, attempts: Sequence[PublicationAttempt]) -> None:
    """An attempt that its worker left open: unknown if it was calling the network, else abandoned. What only
    waits for the network is in nobody's hands and stays."""
    last = attempts[-1] if attempts else None
    if last is not None and last.status in _OPEN and last.status != "waiting":
        last.status = "unknown" if last.status == "sending" else "abandoned"
        last.error_code, last.finished_at = WORKER_LOST, tx.now
        last.error_message = "The worker ended before it could record an outcome."


def opened(
    tx: Transaction,
    row: PublicationPlatform,
    attempts: Sequence[PublicationAttempt],
    step: Step,
    *,
    fence: int,
    digest: str | None,
    account: UUID | None,
) -> PublicationAttempt:
    """The attempt that takes this step under `fence`: the one that waited for it, or a new one.

    It goes on with what an earlier one prepared for the very same words; a look always does, as it looks for
    what was sent then. `account`: whose calls it counts among; a test's among nobody's.
    """
    last = attempts[-1] if attempts else None
    if last is not None and last.status == "waiting":
        if (last.task, last.segment, last.digest) == (step.task, step.segment, digest):
            last.status, last.fence, last.waits = "prepared", fence, last.waits + 1
            return last
        last.status, last.error_code, last.finished_at = "abandoned", "content_changed", tx.now
    mine = [a for a in attempts if (a.task, a.segment) == (step.task, step.segment)]
    earlier = next((a for a in reversed(mine) if a.prepared is not None), None)
    carried = earlier if earlier is not None and (step.reconciles or _is_usable(earlier, digest)) else None
    attempt = PublicationAttempt(
        id=new_id(),
        workspace_id=row.workspace_id,
        publication_platform_id=row.id,
        connection_id=account,
        number=len(attempts) + 1,
        task=step.task,
        segment=step.segment,
        fence=fence,
        reconciles=step.reconciles,
        digest=carried.digest if carried is not None else digest,
        prepared=carried.prepared if carried is not None else None,
        claimed_at=tx.now,
    )
    tx.session.add(attempt)
    return attempt


def _is_usable(earlier: PublicationAttempt, digest: str | None) -> bool:
    """Whether another try may go on with what this one prepared: for the very same words, and unless the
    network refused it, as what it has refused, it refuses for ever."""
    return earlier.digest == digest and earlier.status != "rejected"


def noted(  # a row, and what a person says of it
    tx: Transaction,
    row: PublicationPlatform,
    *,
    status: str,
    code: str = BY_PERSON,
    message: str | None = None,
    remote_id: str | None = None,
    url: str | None = None,
    reconciles: bool = True,
) -> None:
    """Append what a person knows of the segment whose outcome is open: `published`, or `not_sent` with
    NOT_ON_NETWORK, after which it may be sent again. What a worker holds open is closed."""
    attempts = history(tx, row.workspace_id, row.id)
    close_lost(tx, attempts)
    last = attempts[-1]
    tx.session.add(
        PublicationAttempt(
            id=new_id(),
            workspace_id=row.workspace_id,
            publication_platform_id=row.id,
            connection_id=last.connection_id,
            number=last.number + 1,
            task="publish",
            segment=last.segment,
            fence=last.fence,
            status=status,
            reconciles=reconciles,
            digest=last.digest,
            prepared=last.prepared,
            claimed_at=tx.now,
            finished_at=tx.now,
            error_code=code,
            error_message=message,
            remote_id=remote_id,
            url=url,
        )
    )
    tx.session.flush()


def kept(tx: Transaction, workspace_id: UUID, attempt_id: UUID, prepared: Json) -> None:
    """What preparing left on the network is known from now on, whatever happens to the worker."""
    _carry(tx, workspace_id, attempt_id, status="prepared", prepared=prepared, prepared_at=tx.now)


def parked(tx: Transaction, workspace_id: UUID, attempt_id: UUID, prepared: Json) -> None:
    """The network has what it needs and works on it; the attempt goes on when it is done."""
    _carry(tx, workspace_id, attempt_id, status="waiting", prepared=prepared, prepared_at=tx.now)


def mark_sending(tx: Transaction, workspace_id: UUID, attempt_id: UUID, prepared: Json) -> None:
    """What will be sent is frozen, and from this commit on it may have been."""
    before = func.coalesce(PublicationAttempt.prepared_at, tx.now)
    frozen = {"prepared": prepared, "prepared_at": before, "sending_at": tx.now}
    _carry(tx, workspace_id, attempt_id, status="sending", **frozen)


def abandon(
    tx: Transaction, workspace_id: UUID, attempt_id: UUID, code: str | None, message: str | None = None
) -> None:
    """The attempt ends without a call to the network."""
    _close(tx, workspace_id, attempt_id, "abandoned", code, message)


def withdrawn(tx: Transaction, workspace_id: UUID, row_ids: Sequence[UUID]) -> None:
    """What is open at these rows and has not been sent ends here: people want nothing more of it."""
    tx.session.execute(
        update(PublicationAttempt)
        .where(
            PublicationAttempt.workspace_id == workspace_id,
            PublicationAttempt.publication_platform_id.in_(row_ids),
            PublicationAttempt.status.in_(_UNSENT),
        )
        .values(status="abandoned", error_code="withdrawn", finished_at=tx.now)
    )


def is_anothers(tx: Transaction, workspace_id: UUID, connection_id: UUID, remote_id: str) -> bool:
    """Whether a post on the network is known to be another of ours already."""
    known = exists().where(
        PublicationAttempt.workspace_id == workspace_id,
        PublicationAttempt.connection_id == connection_id,
        PublicationAttempt.remote_id == remote_id,
        PublicationAttempt.status == "published",
        PublicationAttempt.task == "publish",
    )
    return bool(tx.session.scalar(select(known)))


def close(tx: Transaction, workspace_id: UUID, attempt_id: UUID, task: str, outcome: Reconciled) -> None:
    """The attempt ends with what the network did."""
    match outcome:
        case Published(remote_id, url, reference):
            where = {"remote_id": remote_id, "url": url, "reference": _stored(reference)}
            status = "published" if task == "publish" else "done"
            _carry(tx, workspace_id, attempt_id, status=status, finished_at=tx.now, **where)
        case Removed():
            _carry(tx, workspace_id, attempt_id, status="done", finished_at=tx.now)
        case Pending(_, more):
            merged = {"prepared": PublicationAttempt.prepared.op("||")(more)} if more else {}
            ended = {"error_code": PROCESSING, "finished_at": tx.now}
            _carry(tx, workspace_id, attempt_id, status="unknown", **ended, **merged)
        case Rejected(code, message):
            _close(tx, workspace_id, attempt_id, "rejected", code, message)
        case Unknown(code, message):
            _close(tx, workspace_id, attempt_id, "unknown", code, message)
        case Absent():
            _close(tx, workspace_id, attempt_id, "not_sent", NOT_ON_NETWORK, None)
        case TokenExpired(message):
            _close(tx, workspace_id, attempt_id, "not_sent", "token_expired", message)
        case RateLimited(message):
            _close(tx, workspace_id, attempt_id, "not_sent", "rate_limited", message)
        case TokenRenewed():
            _close(tx, workspace_id, attempt_id, "not_sent", "token_renewed", None)
        case NotSent(code, message):
            _close(tx, workspace_id, attempt_id, "not_sent", code, message)
        case Duplicate(message):
            _close(tx, workspace_id, attempt_id, "rejected", "duplicate_content", message)


def _stored(reference: Mapping[str, Any] | None) -> Json | None:
    return None if reference is None else dict(reference)


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
