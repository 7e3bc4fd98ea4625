"""The calls that the sandbox network received, accepted or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, select

from lamplighter.ids import new_id
from lamplighter.postgres.models.sandbox import SandboxCall
from lamplighter.postgres.session import Transaction

NOBODY = "unknown"
"""The account of a call that came without a genuine token."""

_DONE = {"GET": "read", "POST": "stored", "PUT": "edited", "DELETE": "deleted"}
_FIRST_ERROR = 400


@dataclass(slots=True)
class Call:
    """One call while it is answered; written down once the answer is known."""

    account: str = NOBODY
    idempotency_key: str | None = None
    outcome: str | None = None
    post_id: UUID | None = None


def record(tx: Transaction, call: Call, method: str, route: str, status: int, seconds: float) -> None:  # noqa: PLR0917  # a row of the log, column by column
    """Write a call down. `seconds`: how long ago it came in."""
    done = _DONE.get(method, "done") if status < _FIRST_ERROR else "refused"
    row = SandboxCall(
        id=new_id(),
        account=call.account,
        method=method,
        route=route,
        idempotency_key=call.idempotency_key,
        outcome=call.outcome or done,
        status=status,
        received_at=tx.now - timedelta(seconds=seconds),
        post_id=call.post_id,
    )
    tx.session.add(row)
    tx.session.flush()


def listed(tx: Transaction, account: str | None, *, limit: int = 100) -> Sequence[SandboxCall]:
    """The calls that came in, newest first: an account's, or with None everyone's."""
    found = select(SandboxCall).order_by(SandboxCall.received_at.desc()).limit(limit)
    if account is not None:
        found = found.where(SandboxCall.account == account)
    return tx.session.scalars(found).all()


def repeats(tx: Transaction, post_ids: Sequence[UUID]) -> dict[UUID, int]:
    """For each post how many calls after the first got it, faults
    included; posts without any are left out."""
    if not post_ids:
        return {}
    counted = (
        select(SandboxCall.post_id, func.count())
        .where(SandboxCall.post_id.in_(post_ids), SandboxCall.method == "POST")
        .group_by(SandboxCall.post_id)
    )
    return {post_id: count - 1 for post_id, count in tx.session.execute(counted) if post_id and count > 1}
