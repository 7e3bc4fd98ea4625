"""What recurring posts come to where their ledger ends: it takes slots as what is planned does."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import func, or_, select

from lamplighter.domain import recurrence
from lamplighter.domain.access import Caller
from lamplighter.domain.recurrence import Key
from lamplighter.postgres.models import RecurringOccurrence, RecurringPost, RecurringPostConnection
from lamplighter.postgres.session import Transaction
from lamplighter.services import recurring_rules, zones

MOST_RULES = 200
"""How many of the accounts' rules are worked out, those that come first."""
_AROUND = timedelta(days=2)
"""Local time and UTC are less than this apart, and so are a time and where a change of the clocks puts it."""


class Coming(NamedTuple):
    """A post on an account that nothing but a rule says yet."""

    connection_id: UUID
    at: datetime
    recurring_post_id: UUID
    is_visible: bool
    publication_id: None = None


def ahead(
    tx: Transaction, by: Caller, connection_ids: Collection[UUID], since: datetime, until: datetime
) -> Sequence[Coming]:
    """What active rules of the caller's mode come to on these accounts within these bounds, beyond what their
    ledger has."""
    target = RecurringPostConnection
    statement = (
        select(RecurringPost, func.array_agg(target.connection_id).label("accounts"))
        .join(
            target,
            (target.workspace_id == RecurringPost.workspace_id)
            & (target.recurring_post_id == RecurringPost.id),
        )
        .where(
            RecurringPost.workspace_id == by.workspace_id,
            RecurringPost.status == "active",
            RecurringPost.mode == by.mode,
            target.connection_id.in_(connection_ids),
        )
        .group_by(RecurringPost.workspace_id, RecurringPost.id)
        .order_by(RecurringPost.next_run_at, RecurringPost.id)
        .limit(MOST_RULES)
    )
    found = tx.session.execute(statement).all()
    known = _in_the_ledger(tx, [row for row, _ in found], since) if found else set()
    return [
        Coming(account, at, row.id, by.connection_ids is None)
        for row, accounts in found
        for at in _times(tx, row, known, since, until)
        for account in accounts
    ]


def _times(
    tx: Transaction,
    row: RecurringPost,
    known: Collection[tuple[UUID, Key]],
    since: datetime,
    until: datetime,
) -> Iterator[datetime]:
    if row.timezone not in zones.names():
        return iter(())
    rule = recurring_rules.rule_of(row, tx.now)
    start = recurrence.key_at(rule, since - _AROUND)
    if row.cursor_local is not None and row.cursor_fold is not None:
        start = max(start, Key(row.cursor_local, row.cursor_fold))
    each_ahead = (each for _, each in recurrence.occurrences(rule, start))
    near = takewhile(lambda each: each.at <= until + _AROUND, each_ahead)
    return (each.at for each in near if (row.id, each.key) not in known and since <= each.at <= until)


def _in_the_ledger(
    tx: Transaction, rules: Sequence[RecurringPost], since: datetime
) -> Collection[tuple[UUID, Key]]:
    """What each ledger has beyond the point up to which it is written: skipped or moved ahead of time."""
    row = RecurringOccurrence
    statement = (
        select(row.recurring_post_id, row.local_time, row.fold)
        .join(
            RecurringPost,
            (RecurringPost.workspace_id == row.workspace_id) & (RecurringPost.id == row.recurring_post_id),
        )
        .where(
            row.workspace_id == rules[0].workspace_id,
            row.recurring_post_id.in_([each.id for each in rules]),
            row.local_time >= since.replace(tzinfo=None) - 2 * _AROUND,
            or_(RecurringPost.cursor_local.is_(None), row.local_time >= RecurringPost.cursor_local),
        )
    )
    return {(rule_id, Key(local, fold)) for rule_id, local, fold in tx.session.execute(statement)}
