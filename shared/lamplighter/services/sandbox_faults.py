"""The faults that the sandbox network was told to have."""

from sqlalchemy import delete, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.postgres.models.sandbox import SandboxFault, SandboxPost
from lamplighter.postgres.session import Transaction
from lamplighter.problems import not_found
from lamplighter.schemas.sandbox import SandboxFaultRead, SandboxFaultSwitch

EVERYONE = "*"
"""The account whose fault meets every account that has none of its own."""

NOT_STORED = frozenset({"reject", "rate_limit", "error_before", "unauthorized"})
"""The faults that leave no post behind; the others answer badly although they stored one."""


def met(tx: Transaction, account: str) -> SandboxFault | None:
    """Use up one turn of the fault that is on: the account's own before everyone's."""
    on = (
        select(SandboxFault.account)
        .where(SandboxFault.account.in_((account, EVERYONE)), func.coalesce(SandboxFault.remaining, 1) > 0)
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


def fault_of(tx: Transaction, account: str) -> SandboxFaultRead:
    """The fault that was switched on for this account itself."""
    found = tx.session.get(SandboxFault, account)
    return SandboxFaultRead.model_validate(found) if found else SandboxFaultRead()


def switch_on(tx: Transaction, account: str, wanted: SandboxFaultSwitch) -> SandboxFaultRead:
    """From now on the account's posts (everyone's for `*`) meet this fault instead of the one before."""
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
