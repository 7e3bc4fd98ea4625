"""A move on the calendar: what speaks against it is asked before anything is moved."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from lamplighter.domain.access import Caller
from lamplighter.domain.calendar import Conflict, Neighbour, conflicts, gap_of
from lamplighter.domain.slots import Plan
from lamplighter.postgres.models import SlotPlan
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind
from lamplighter.schemas.calendar import CalendarMove
from lamplighter.schemas.publications import PublicationUpdate
from lamplighter.services import (
    calendar,
    holidays,
    publication_moves,
    publications,
    recurring_occurrences,
    recurring_reads,
    scheduling,
    slot_plans,
    slots,
)
from lamplighter.services.calendar import Entry, Wanted
from lamplighter.services.duplicates import GONE
from lamplighter.services.wakeups import Wake

MOST_NEIGHBOURS = 200
_NOT_COMING = frozenset({*GONE, "missed"})


@dataclass(frozen=True, slots=True)
class _Moved:
    """What is to be moved: its accounts, and how the calendar knows it."""

    accounts: tuple[UUID, ...]
    publication_id: UUID | None = None
    recurring_post_id: UUID | None = None
    occurrence: str | None = None

    def is_it(self, entry: Entry) -> bool:
        """Whether the entry is the very post that is moved."""
        if self.publication_id is not None:
            return entry.publication_id == self.publication_id
        return (entry.recurring_post_id, entry.occurrence) == (self.recurring_post_id, self.occurrence)


def move(
    tx: Transaction, by: Caller, body: CalendarMove, expected: int | None
) -> tuple[dict[str, Any], list[Wake]]:
    """The fields of a CalendarMoved. Conflict where another post of an account, or its quiet hours, are in
    the way, unless it is forced. Who moves something else there at the same moment is waited for. Send the
    returned wake-ups after the commit."""
    at = scheduling.due(tx, body.scheduled_at)
    moved = _moved(tx, by, body)
    slots.hold(tx, moved.accounts)  # before any row is locked, as everywhere
    plans = _plans(tx, by, moved.accounts)
    found = list(conflicts(at, plans, _neighbours(tx, by, moved, at, plans)))
    days_off = _days_off(body, at, plans)
    if found and not body.force:
        raise _refused(found, days_off)
    answer: dict[str, Any] = {"publication": None, "occurrence": None}
    if body.publication_id is not None:
        update = PublicationUpdate(scheduled_at=at)
        row, wakes = publication_moves.change(tx, by, body.publication_id, update, expected)
        answer["publication"] = row
    else:
        assert moved.recurring_post_id is not None  # noqa: S101  # as the schema has it
        assert moved.occurrence is not None  # noqa: S101
        at_last, wakes = recurring_occurrences.move(tx, by, moved.recurring_post_id, moved.occurrence, at)
        answer["occurrence"] = at_last
    shown = [_shown(each) for each in found]
    return answer | {"conflicts": shown, "warnings": [_warning(each) for each in days_off]}, wakes


def _moved(tx: Transaction, by: Caller, body: CalendarMove) -> _Moved:
    if body.publication_id is not None:
        row = publications.get(tx, by, body.publication_id)
        accounts = [each.connection_id for each in row.platforms if each.status not in GONE]
        return _Moved(tuple(accounts), publication_id=row.id)
    if not by.may("recurring_posts:write"):
        detail = "Occurrences are moved by who may write recurring posts: recurring_posts:write is missing."
        raise DomainError(Kind.FORBIDDEN, "permission_missing", detail)
    assert body.recurring_post_id is not None  # noqa: S101  # as the schema has it
    rule = recurring_reads.found(tx, by, body.recurring_post_id)
    accounts = recurring_reads.accounts_of(tx, rule)
    return _Moved(tuple(accounts), recurring_post_id=rule.id, occurrence=body.occurrence)


def _plans(tx: Transaction, by: Caller, accounts: Collection[UUID]) -> Mapping[UUID, Plan | None]:
    """Each account's slot plan: its own, else the workspace's, else none."""
    statement = select(SlotPlan).where(
        SlotPlan.workspace_id == by.workspace_id,
        or_(SlotPlan.connection_id.in_(accounts), SlotPlan.connection_id.is_(None)),
    )
    found = {row.connection_id: slot_plans.plan_of(row) for row in tx.session.scalars(statement)}
    return {each: found.get(each, found.get(None)) for each in accounts}


def _neighbours(
    tx: Transaction, by: Caller, moved: _Moved, at: datetime, plans: Mapping[UUID, Plan | None]
) -> Sequence[Neighbour]:
    """The accounts' other posts around that time. All of them are in the way; only what the caller may see is
    named."""
    if not moved.accounts:
        return []
    gap = max(gap_of(plan) for plan in plans.values())
    everything = replace(by, connection_ids=None, permissions=by.permissions | {"recurring_posts:read"})
    second = timedelta(seconds=1)
    wanted = Wanted(at - gap + second, at + gap, MOST_NEIGHBOURS, moved.accounts)
    found = calendar.entries(tx, everything, wanted).entries
    return [
        _neighbour(by, each) for each in found if each.status not in _NOT_COMING and not moved.is_it(each)
    ]


def _neighbour(by: Caller, entry: Entry) -> Neighbour:
    ids = frozenset(id_ for id_, _, status in entry.accounts if status not in GONE)
    is_visible = all(by.may_use(id_) for id_, _, _ in entry.accounts)
    rule = entry.recurring_post_id if by.may("recurring_posts:read") else None
    return Neighbour(
        entry.at, ids, entry.publication_id if is_visible else None, rule if is_visible else None
    )


def _days_off(
    body: CalendarMove, at: datetime, plans: Mapping[UUID, Plan | None]
) -> Sequence[holidays.Holiday]:
    """The chosen countries' holidays on that day, by the clocks of the slot plans."""
    days = {at.astimezone(UTC if plan is None else plan.zone).date() for plan in plans.values()}
    return [
        each
        for day in sorted(days or {at.astimezone(UTC).date()})
        for each in holidays.between(body.countries, day, day, "/countries")
    ]


def _refused(found: Sequence[Conflict], days_off: Sequence[holidays.Holiday]) -> DomainError:
    faults = [Fault("/scheduled_at", each.code, _told(each)) for each in found]
    faults += [Fault("/scheduled_at", "holiday", f"{e.date} is {e.name} ({e.country}).") for e in days_off]
    named = next((each.publication_id for each in found if each.publication_id is not None), None)
    members = {} if named is None else {"publication_id": str(named)}
    detail = "Something is in the way of that time: see errors. To move it there all the same, force it."
    return DomainError(Kind.CONFLICT, "calendar_conflict", detail, faults, members=members)


def _told(conflict: Conflict) -> str:
    if conflict.code == "quiet_hours":
        return f"It is within the quiet hours of connection {conflict.account}."
    named = (
        ("publication", conflict.publication_id),
        ("recurring post", conflict.recurring_post_id),
    )
    which = next((f" ({what} {id_})" for what, id_ in named if id_ is not None), "")
    return f"Connection {conflict.account} has a post at {conflict.at.isoformat()}{which}."


def _shown(conflict: Conflict) -> dict[str, Any]:
    return {
        "code": conflict.code,
        "connection_id": conflict.account,
        "at": conflict.at,
        "publication_id": conflict.publication_id,
        "recurring_post_id": conflict.recurring_post_id,
    }


def _warning(holiday: holidays.Holiday) -> dict[str, Any]:
    return {
        "code": "holiday",
        "date": holiday.date,
        "country": holiday.country,
        "subdivision": holiday.subdivision,
        "name": holiday.name,
    }
