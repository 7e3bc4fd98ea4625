"""Occurrences on the calendar: those of the ledger of which there is no publication, and, where the ledger
ends, what the rules come to."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from heapq import merge
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import aggregate_order_by

from lamplighter.domain import recurrence
from lamplighter.domain.access import Caller
from lamplighter.domain.calendar import in_turn
from lamplighter.domain.recurrence import Key
from lamplighter.postgres.models import (
    PlatformConnection,
    RecurringOccurrence,
    RecurringPost,
    RecurringPostConnection,
)
from lamplighter.postgres.session import Transaction
from lamplighter.services import recurring_reads, recurring_rules, zones
from lamplighter.services.calendar_pages import Place

MOST_RULES = 200
"""How many recurring posts one calendar works out, those that come first."""
_AROUND = timedelta(days=2)
"""Local time and UTC are less than this apart, and so are a time and where a change of the clocks puts it."""

type Accounts = Sequence[tuple[UUID, str, str | None]]
"""(connection, platform, how it stands there) of each account."""


class Wanted(Protocol):
    """The period, as `calendar.Wanted` has it."""

    @property
    def since(self) -> datetime: ...
    @property
    def until(self) -> datetime: ...
    @property
    def limit(self) -> int: ...
    @property
    def connection_ids(self) -> Sequence[UUID]: ...
    @property
    def statuses(self) -> Sequence[str]: ...
    @property
    def after(self) -> Place | None: ...


@dataclass(frozen=True, slots=True)
class Recurring:
    """A recurring post, as the calendar names it."""

    id: UUID
    name: str
    accounts: Accounts


@dataclass(frozen=True, slots=True)
class Coming:
    """One occurrence of it."""

    at: datetime
    key: str
    status: str = "planned"
    code: str | None = None
    moved: bool = False
    content_id: UUID | None = None
    note: str | None = None


type Each = tuple[Recurring, Coming]


@dataclass(frozen=True, slots=True)
class Ahead:
    """Occurrences in the order of their times, lazily; `truncated`: of some rules there are none."""

    occurrences: Iterator[Each]
    truncated: bool


def ahead(tx: Transaction, by: Caller, wanted: Wanted) -> Ahead:
    """What there is in the period: four questions at most, however many rules there are."""
    known = _known(tx, by, wanted)
    if wanted.statuses and "planned" not in wanted.statuses:
        return Ahead(iter(known), truncated=False)
    rules = _rules(tx, by, wanted)
    said = _said_ahead(tx, [row.RecurringPost for row in rules[:MOST_RULES]], wanted)
    streams = [_computed(tx, row, said.get(row.RecurringPost.id, ()), wanted) for row in rules[:MOST_RULES]]
    together = merge(known, *streams, key=_place)
    return Ahead(_after(together, wanted.after), truncated=len(rules) > MOST_RULES)


def _place(each: Each) -> Place:
    return Place(each[1].at, f"{each[0].id}{each[1].key}")


def _after(occurrences: Iterable[Each], last: Place | None) -> Iterator[Each]:
    return (each for each in occurrences if last is None or _place(each) > last)


def _known(tx: Transaction, by: Caller, wanted: Wanted) -> list[Each]:
    """Of the ledger what is in the period and has no publication; of a paused rule nothing is to come."""
    row = RecurringOccurrence
    after = wanted.after or Place(wanted.since, str(UUID(int=0)))
    statement = (
        _of_accounts(_with_accounts(recurring_reads.visible(by)), wanted.connection_ids)
        .join(
            row,
            and_(row.workspace_id == RecurringPost.workspace_id, row.recurring_post_id == RecurringPost.id),
        )
        .add_columns(row)
        .where(
            tuple_(row.due_at, row.recurring_post_id) >= (after.at, UUID(after.tie[:36])),
            row.due_at < wanted.until,
            row.status.in_(wanted.statuses or ("planned", "skipped", "failed")),
            row.publication_id.is_(None),  # what was made and is not to go out shows as its publication
            row.status != "made",
            or_(row.status != "planned", RecurringPost.status == "active"),
        )
        .order_by(row.due_at, row.recurring_post_id, row.local_time, row.fold)
        .limit(wanted.limit + 1)  # the one of the place itself may be among them
    )
    found = tx.session.execute(statement, execution_options={"populate_existing": True}).all()
    listed = [(_recurring(each), _of_ledger(each.RecurringOccurrence)) for each in found]
    return list(_after(sorted(listed, key=_place), wanted.after))


def _rules(tx: Transaction, by: Caller, wanted: Wanted) -> Sequence[Row[Any]]:
    """The active rules with something to come before the end of the period, and whether there are more."""
    statement = (
        _of_accounts(_with_accounts(recurring_reads.visible(by)), wanted.connection_ids)
        .where(RecurringPost.status == "active", RecurringPost.next_run_at < wanted.until)
        .order_by(RecurringPost.next_run_at, RecurringPost.id)
        .limit(MOST_RULES + 1)
    )
    found = tx.session.execute(statement).all()
    return [each for each in found if each.RecurringPost.timezone in zones.names()]


def _said_ahead(
    tx: Transaction, rules: Sequence[RecurringPost], wanted: Wanted
) -> Mapping[UUID, Collection[Key]]:
    """Of each rule the keys that the ledger has beyond where the rule has got to."""
    row = RecurringOccurrence
    statement = (
        select(row.recurring_post_id, row.local_time, row.fold)
        .join(
            RecurringPost,
            and_(row.workspace_id == RecurringPost.workspace_id, row.recurring_post_id == RecurringPost.id),
        )
        .where(
            row.workspace_id.in_({rule.workspace_id for rule in rules}),
            row.recurring_post_id.in_([rule.id for rule in rules]),
            or_(RecurringPost.cursor_local.is_(None), row.local_time >= RecurringPost.cursor_local),
            row.local_time >= wanted.since.replace(tzinfo=None) - _AROUND,
            row.local_time < wanted.until.replace(tzinfo=None) + _AROUND,
        )
    )
    found: dict[UUID, set[Key]] = {}
    if rules:
        for rule_id, local_time, fold in tx.session.execute(statement):
            found.setdefault(rule_id, set()).add(Key(local_time, fold))
    return found


def _computed(tx: Transaction, row: Row[Any], said: Collection[Key], wanted: Wanted) -> Iterator[Each]:
    """What the rule comes to in the period after the place up to which the ledger has it."""
    post, shown = row.RecurringPost, _recurring(row)
    rule = recurring_rules.rule_of(post, tx.now)
    first = wanted.since if wanted.after is None else max(wanted.since, wanted.after.at)
    start = recurrence.key_at(rule, first - timedelta(minutes=1))
    if post.cursor_local is not None:
        start = max(start, Key(post.cursor_local, post.cursor_fold))
    unwritten = (each for _, each in recurrence.occurrences(rule, start) if each.key not in said)
    for each in in_turn(unwritten, first, wanted.until):
        yield shown, Coming(each.at, recurring_rules.written(each.key), note=each.note)


def _of_ledger(row: RecurringOccurrence) -> Coming:
    key = recurring_rules.written(Key(row.local_time, row.fold))
    return Coming(row.due_at, key, row.status, row.code, row.moved, row.content_id)


def _recurring(row: Row[Any]) -> Recurring:
    pairs = zip(row.ids or (), row.platforms or (), strict=True)
    accounts = [(id_, platform, None) for id_, platform in pairs]
    return Recurring(row.RecurringPost.id, row.RecurringPost.name, accounts)


def _with_accounts(statement: Select[Any]) -> Select[Any]:
    """The same with the rule's accounts and their networks, in one order."""
    target, account = RecurringPostConnection, PlatformConnection
    mine = (
        select()
        .join_from(
            target,
            account,
            and_(account.workspace_id == target.workspace_id, account.id == target.connection_id),
        )
        .where(
            target.workspace_id == RecurringPost.workspace_id, target.recurring_post_id == RecurringPost.id
        )
        .correlate(RecurringPost)
    )
    return statement.add_columns(
        *(
            mine.add_columns(func.array_agg(aggregate_order_by(column, account.id)))
            .scalar_subquery()
            .label(name)
            for name, column in (("ids", account.id), ("platforms", account.platform))
        )
    )


def _of_accounts(statement: Select[Any], connection_ids: Sequence[UUID]) -> Select[Any]:
    """Only rules that go to one of these accounts, if any are named."""
    if not connection_ids:
        return statement
    target = RecurringPostConnection
    mine = select(target.connection_id).where(
        target.workspace_id == RecurringPost.workspace_id,
        target.recurring_post_id == RecurringPost.id,
        target.connection_id.in_(connection_ids),
    )
    return statement.where(mine.exists())
