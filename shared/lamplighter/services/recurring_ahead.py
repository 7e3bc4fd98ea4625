"""What a recurring post still comes to: its ledger, and the rule where the ledger ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from itertools import islice
from uuid import UUID

from sqlalchemy import Select, select

from lamplighter.domain import recurrence
from lamplighter.domain.recurrence import Key, Occurrence, Rule
from lamplighter.postgres.models import RecurringOccurrence, RecurringPost
from lamplighter.postgres.session import Transaction
from lamplighter.services import recurring_rules

_AROUND = timedelta(hours=4)
"""More than any change of the clocks turns the order of local times about."""
COMING = ("planned", "made")
"""The states of an occurrence that goes out at its time."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """One occurrence, in the ledger or still to be written there."""

    key: str
    local_time: str
    at: datetime
    note: str | None
    status: str = "planned"
    code: str | None = None
    moved: bool = False
    content_id: UUID | None = None
    publication_id: UUID | None = None


def next_run_at(tx: Transaction, row: RecurringPost) -> datetime | None:
    """When it goes out next: None while it is paused and after its end. The row knows, unless that time has
    come since somebody wrote it there."""
    if row.status != "active":
        return None
    return row.next_run_at if row.next_run_at > tx.now else upcoming(tx, row)


def upcoming(tx: Transaction, row: RecurringPost) -> datetime | None:
    """The same, worked out anew of an active or a paused one."""
    mine = _ledger(row).where(RecurringOccurrence.due_at > tx.now, RecurringOccurrence.status.in_(COMING))
    first = tx.session.scalars(mine.order_by(RecurringOccurrence.due_at).limit(1)).one_or_none()
    rule = recurring_rules.rule_of(row, tx.now)
    unwritten = next(_unwritten(tx, row, rule, tx.now), None)
    times = ([first.due_at] if first else []) + ([unwritten.at] if unwritten else [])
    return min(times, default=None)


def listed(
    tx: Transaction, row: RecurringPost, since: datetime, until: datetime | None, limit: int
) -> list[Occasion]:
    """Its occurrences from `since` to before `until`, `limit` at most: what the ledger has, and for an active
    one what the rule comes to after that."""
    rule = recurring_rules.rule_of(row, tx.now)
    mine = _ledger(row).where(RecurringOccurrence.due_at >= since)
    if until is not None:
        mine = mine.where(RecurringOccurrence.due_at < until)
    rows = tx.session.scalars(mine.order_by(RecurringOccurrence.due_at).limit(limit)).all()
    known = [occasion(rule, each) for each in rows]
    further: list[Occasion] = []
    if row.status == "active":
        # Those that a change of the clocks moves come a little out of turn: one more than is asked for.
        taken = islice(_unwritten(tx, row, rule, since - timedelta(seconds=1)), limit + 1)
        further = [planned(each) for each in taken if until is None or each.at < until]
    return list(islice(merge(known, sorted(further, key=_time), key=_time), limit))


def occasion(rule: Rule, row: RecurringOccurrence) -> Occasion:
    """A row of the ledger as it is shown."""
    key = Key(row.local_time, row.fold)
    _, note = recurrence.instant(rule, key, "shift")
    return Occasion(
        key=recurring_rules.written(key),
        local_time=row.local_time.isoformat(timespec="minutes"),
        at=row.due_at,
        note=None if row.moved else note,
        status=row.status,
        code=row.code,
        moved=row.moved,
        content_id=row.content_id,
        publication_id=row.publication_id,
    )


def planned(each: Occurrence) -> Occasion:
    """An occurrence of the rule that the ledger does not have yet."""
    return Occasion(
        recurring_rules.written(each.key), each.key.local.isoformat(timespec="minutes"), each.at, each.note
    )


def _time(each: Occasion) -> datetime:
    return each.at


def _unwritten(tx: Transaction, row: RecurringPost, rule: Rule, since: datetime) -> Iterator[Occurrence]:
    """The rule's occurrences after both the instant and the cursor of which the ledger has nothing."""
    start, cursor = recurrence.key_at(rule, since), _cursor(row)
    if cursor is not None and since <= (recurrence.instant(rule, cursor, "shift")[0] or since):
        start = cursor
    further = RecurringOccurrence.local_time >= start.local - _AROUND
    columns = (RecurringOccurrence.local_time, RecurringOccurrence.fold)
    keys = {
        Key(*each) for each in tx.session.execute(_ledger(row).with_only_columns(*columns).where(further))
    }
    ahead = recurrence.occurrences(rule, start)
    return (each for _, each in ahead if each.key not in keys and each.at > since)


def _cursor(row: RecurringPost) -> Key | None:
    if row.cursor_local is None or row.cursor_fold is None:
        return None
    return Key(row.cursor_local, row.cursor_fold)


def _ledger(row: RecurringPost) -> Select[RecurringOccurrence]:
    return select(RecurringOccurrence).where(
        RecurringOccurrence.workspace_id == row.workspace_id,
        RecurringOccurrence.recurring_post_id == row.id,
    )
