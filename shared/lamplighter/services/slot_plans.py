"""Slot plans: the weekly times of a queue, of an account or of the whole workspace."""

from collections.abc import Collection, Mapping
from datetime import time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.access import Caller
from lamplighter.domain.networks import SANDBOX
from lamplighter.domain.slots import WEEKDAYS, Plan
from lamplighter.ids import new_id
from lamplighter.postgres.models import PlatformConnection, SlotPlan
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid, not_found
from lamplighter.schemas.slots import SlotPlanCreate, SlotPlanUpdate
from lamplighter.services import audit, outbox, zones
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import owned, stale


def create(tx: Transaction, by: Caller, body: SlotPlanCreate) -> SlotPlan:
    """A plan; conflict where the account, or the workspace, has one."""
    _check_may_plan(tx, by, body.connection_id)
    zones.zone(body.timezone)
    row = tx.session.scalars(
        insert(SlotPlan)
        .values(
            id=new_id(), workspace_id=by.workspace_id, created_by=by.person_id, **body.model_dump(mode="json")
        )
        .on_conflict_do_nothing(constraint="slot_plans_account_key")
        .returning(SlotPlan)
    ).one_or_none()
    if row is None:
        detail = "There is a plan already: change that one."
        raise DomainError(Kind.CONFLICT, "slot_plan_exists", detail)
    _tell(tx, by, "slot_plan.created", row, after=_shown(row))
    return row


def get(tx: Transaction, by: Caller, slot_plan_id: UUID) -> SlotPlan:
    """One plan that the caller may see, or not_found."""
    row = owned(tx, SlotPlan, by.workspace_id, slot_plan_id)
    if row.connection_id is not None and not by.may_use(row.connection_id):
        raise not_found()
    return row


def listed(tx: Transaction, by: Caller, order: Order) -> dict[str, Any]:
    """A page of the plans that the caller may see: a limited key its accounts' and the workspace's."""
    statement = select(SlotPlan).where(SlotPlan.workspace_id == by.workspace_id)
    if by.connection_ids is not None:
        mine = SlotPlan.connection_id.in_(by.connection_ids)
        statement = statement.where(or_(mine, SlotPlan.connection_id.is_(None)))
    return page(tx, statement, SlotPlan.id, order, bound_to=f"slot plans {by.workspace_id} {by.id}")


def change(tx: Transaction, by: Caller, slot_plan_id: UUID, body: SlotPlanUpdate, expected: int) -> SlotPlan:
    """The plan with the given fields changed. What is scheduled already stays where it is."""
    row = get(tx, by, slot_plan_id)
    _check_may_plan(tx, by, row.connection_id)
    if body.timezone is not None:
        zones.zone(body.timezone)
    before = _shown(row)
    statement = (
        update(SlotPlan)
        .where(*_is(row, expected))
        .values(**body.columns(), version=expected + 1, updated_at=tx.now, updated_by=by.person_id)
        .returning(SlotPlan.id)
    )
    if tx.session.scalars(statement).one_or_none() is None:
        raise stale()
    tx.session.refresh(row)
    _tell(tx, by, "slot_plan.changed", row, before=before, after=_shown(row))
    return row


def remove(tx: Transaction, by: Caller, slot_plan_id: UUID, expected: int) -> None:
    """No plan any more. What is scheduled already stays where it is."""
    row = get(tx, by, slot_plan_id)
    _check_may_plan(tx, by, row.connection_id)
    gone = delete(SlotPlan).where(*_is(row, expected)).returning(SlotPlan.id)
    if tx.session.scalars(gone).one_or_none() is None:
        raise stale()
    _tell(tx, by, "slot_plan.removed", row, before=_shown(row))


def of_accounts(tx: Transaction, workspace_id: UUID, connection_ids: Collection[UUID]) -> Mapping[UUID, Plan]:
    """Each account's plan: its own, or the workspace's. Conflict where one has neither."""
    statement = select(SlotPlan).where(
        SlotPlan.workspace_id == workspace_id,
        or_(SlotPlan.connection_id.in_(connection_ids), SlotPlan.connection_id.is_(None)),
    )
    rows = tx.session.scalars(statement, execution_options={"populate_existing": True})
    found = {row.connection_id: plan_of(row) for row in rows}
    plans = {each: found.get(each) or found.get(None) for each in connection_ids}
    known = {each: plan for each, plan in plans.items() if plan is not None}
    if known.keys() != plans.keys():
        detail = "An account has no slots: give it, or the workspace, a slot plan."
        raise DomainError(Kind.CONFLICT, "no_slot_plan", detail)
    return known


def plan_of(row: SlotPlan) -> Plan:
    """What the row says, to be asked for slots."""
    weekly = {
        number: [time.fromisoformat(at) for at in row.weekly.get(day, ())]
        for number, day in enumerate(WEEKDAYS)
    }
    quiet = [(time.fromisoformat(each["start"]), time.fromisoformat(each["end"])) for each in row.quiet_hours]
    gap = timedelta(minutes=row.min_gap_minutes)
    return Plan(zones.zone(row.timezone), weekly, quiet, gap, row.daily_cap)


def _check_may_plan(tx: Transaction, by: Caller, connection_id: UUID | None) -> None:
    """The workspace's plan moves posts of all accounts; that of an account is for whoever may use it."""
    if connection_id is None:
        by.must_be_unlimited()
        by.must_be_live()
        return
    mine = (PlatformConnection.workspace_id == by.workspace_id, PlatformConnection.id == connection_id)
    platform = tx.session.scalar(select(PlatformConnection.platform).where(*mine))
    if platform is None or not by.may_use(connection_id):
        raise invalid(
            "/connection_id", "unknown_connection", "There is no such connection in this workspace."
        )
    if platform != SANDBOX.key:
        by.must_be_live()


def _is(row: SlotPlan, expected: int) -> tuple[Any, ...]:
    return (
        SlotPlan.workspace_id == row.workspace_id,
        SlotPlan.id == row.id,
        SlotPlan.version == expected,
    )


def _shown(row: SlotPlan) -> dict[str, Any]:
    names = ("connection_id", "timezone", "weekly", "quiet_hours", "min_gap_minutes", "daily_cap")
    return {name: getattr(row, name) for name in names}


def _tell(
    tx: Transaction,
    by: Caller,
    action: str,
    row: SlotPlan,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    audit.record(tx, by, action, ("slot_plan", row.id), before=before, after=after)
    outbox.emit(tx, by.workspace_id, action, {"slot_plan_id": str(row.id)})
