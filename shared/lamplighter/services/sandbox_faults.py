"""The faults that the sandbox network was told to have."""

from typing import Literal

from sqlalchemy import ColumnElement, and_, delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.postgres.models.sandbox import SandboxFault, SandboxPost
from lamplighter.postgres.session import Transaction
from lamplighter.problems import not_found
from lamplighter.schemas.sandbox import SandboxFaultRead, SandboxFaultSwitch

EVERYONE = "*"
"""The account whose fault meets every account that has none of its own."""

NOT_DONE = frozenset({"reject", "rate_limit", "duplicate", "error_before", "unauthorized"})
"""The faults that leave nothing behind; the others answer badly although they did what was asked."""

type Met = Literal["posts", "replies", "edits", "deletions", "media"]


def met(tx: Transaction, account: str, call: Met) -> SandboxFault | None:
    """Use up one turn of the fault that is on for such a call: the account's own before everyone's."""
    on = (
        select(SandboxFault.account)
        .where(
            SandboxFault.account.in_((account, EVERYONE)),
            func.coalesce(SandboxFault.remaining, 1) > 0,
            _concerns(call),
        )
        .order_by(SandboxFault.account == EVERYONE)
        .limit(1)
        .with_for_update()
        .scalar_subquery()
    )
    taken = (
        update(SandboxFault)
        .where(SandboxFault.account == on)
        .values(remaining=SandboxFault.remaining - 1)
        .returning(SandboxFault)
    )
    return tx.session.scalars(taken).one_or_none()


def _concerns(call: Met) -> ColumnElement[bool]:
    """Whether a fault is one that such calls can meet."""
    fault, only = SandboxFault.fault, SandboxFault.calls
    if call == "media":
        return fault == "processing"
    others = ("processing",) if call in ("posts", "replies") else ("processing", "duplicate")
    return and_(func.coalesce(fault, "").not_in(others), func.coalesce(only, call) == call)


def fault_of(tx: Transaction, account: str) -> SandboxFaultRead:
    """The fault that was switched on for this account itself."""
    found = tx.session.get(SandboxFault, account)
    return SandboxFaultRead.model_validate(found) if found else SandboxFaultRead()


def switch_on(tx: Transaction, account: str, wanted: SandboxFaultSwitch) -> SandboxFaultRead:
    """From now on the account's calls (everyone's for `*`) meet this fault instead of the one before."""
    values = {**wanted.model_dump(), "updated_at": tx.now}
    statement = insert(SandboxFault).values(account=account, **values)
    tx.session.execute(statement.on_conflict_do_update(index_elements=["account"], set_=values))
    return SandboxFaultRead(**wanted.model_dump())


def switch_on_shown(tx: Transaction, account: str, wanted: SandboxFaultSwitch) -> SandboxFaultRead:
    """The same from the page, where nobody shows a token: only for an account that has posted."""
    posted = exists().where(SandboxPost.account == account)
    if account != EVERYONE and not tx.session.scalar(select(posted)):
        raise not_found()
    return switch_on(tx, account, wanted)


def switch_off(tx: Transaction, account: str) -> None:
    """No fault for this account any more."""
    tx.session.execute(delete(SandboxFault).where(SandboxFault.account == account))
