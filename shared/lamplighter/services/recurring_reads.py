"""Recurring posts as their callers see them: read, listed, previewed, and locked for who changes them."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from itertools import groupby, islice
from typing import Any
from uuid import UUID

from sqlalchemy import BindParameter, Select, bindparam, select

from lamplighter.domain import recurrence, recurring_warnings
from lamplighter.domain.access import Caller
from lamplighter.domain.recurring_warnings import Notice
from lamplighter.postgres.models import (
    Content,
    RecurringPost,
    RecurringPostConnection,
    RecurringPostContent,
)
from lamplighter.postgres.session import Transaction
from lamplighter.problems import not_found
from lamplighter.schemas.recurring_posts import RecurringPostPreview
from lamplighter.services import recurring_ahead, recurring_rules
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import stale

_SAME = (
    *("id", "name", "schedule_type", "schedule_config", "content_type", "minimum_gap_days", "misfire_policy"),
    *("misfire_grace_minutes", "needs_approval", "priority", "mode", "status", "run_count", "version"),
    "created_at",
)
"""The columns that are shown as they are."""


def get(tx: Transaction, by: Caller, recurring_post_id: UUID) -> dict[str, Any]:
    """One recurring post that the caller may see, or not_found."""
    return shown(tx, [found(tx, by, recurring_post_id)])[0]


def listed(tx: Transaction, by: Caller, status: str | None, order: Order) -> dict[str, Any]:
    """A page of the recurring posts that the caller may see."""
    statement = visible(by)
    if status is not None:
        statement = statement.where(RecurringPost.status == status)
    bound_to = f"recurring posts {by.workspace_id} {by.mode} {status}"
    answer = page(tx, statement, RecurringPost.id, order, bound_to=bound_to)
    return answer | {"items": shown(tx, answer["items"])}


def found(tx: Transaction, by: Caller, recurring_post_id: UUID) -> RecurringPost:
    """The row of one that the caller may see, or not_found."""
    return _one(tx, visible(by).where(RecurringPost.id == recurring_post_id))


def locked(
    tx: Transaction, by: Caller, recurring_post_id: UUID, expected: int | None = None
) -> RecurringPost:
    """The same, locked: until the transaction ends nobody plans or changes it. `expected`: the version that
    must still stand. It comes before its occurrences, and those before contents and publications.

    The lock leaves the row's key alone, so that whoever makes a publication of it meanwhile may name it.
    """
    mine = visible(by).where(RecurringPost.id == recurring_post_id).with_for_update(key_share=True)
    row = _one(tx, mine)
    if expected is not None and row.version != expected:
        raise stale()
    return row


def visible(by: Caller) -> Select[RecurringPost]:
    """A test key sees only what test keys made, a limited key only what goes to its connections alone."""
    mode: BindParameter[str] = bindparam("mode", by.mode)
    statement = select(RecurringPost).where(
        RecurringPost.workspace_id == by.workspace_id, RecurringPost.mode == mode
    )
    if by.connection_ids is not None:
        elsewhere = select(RecurringPostConnection).where(
            RecurringPostConnection.workspace_id == RecurringPost.workspace_id,
            RecurringPostConnection.recurring_post_id == RecurringPost.id,
            RecurringPostConnection.connection_id.not_in(by.connection_ids),
        )
        statement = statement.where(~elsewhere.exists())
    return statement


def preview(tx: Transaction, body: RecurringPostPreview) -> dict[str, Any]:
    """What a schedule comes to from now on, and in words; raises where it is none."""
    config, rule = recurring_rules.checked(body.schedule_type, body.schedule_config, tx.now)
    coming = islice(recurring_rules.ahead(rule, tx.now), body.limit)
    return {
        "description": recurrence.described(body.schedule_type, config),
        "occurrences": [recurring_ahead.planned(each) for each in coming],
        "warnings": recurring_warnings.of_schedule(body.schedule_type, config, rule, tx.now),
    }


def shown(tx: Transaction, rows: Sequence[RecurringPost]) -> list[dict[str, Any]]:
    """The rows as they are read, each with its pool, its accounts and what may surprise about it."""
    pools, accounts = _pools(tx, rows), _accounts(tx, rows)
    return [_shown(tx, row, pools.get(row.id, []), accounts.get(row.id, [])) for row in rows]


def _shown(
    tx: Transaction,
    row: RecurringPost,
    pool: Sequence[tuple[RecurringPostContent, str]],
    accounts: list[UUID],
) -> dict[str, Any]:
    return {
        **{name: getattr(row, name) for name in _SAME},
        "description": recurrence.described(row.schedule_type, row.schedule_config),
        "contents": [each for each, _ in pool],
        "connection_ids": accounts,
        "platforms": row.platforms or [],
        "next_run_at": recurring_ahead.next_run_at(tx, row),
        "warnings": _warnings(tx, row, [status for _, status in pool]),
    }


def _warnings(tx: Transaction, row: RecurringPost, statuses: Sequence[str]) -> list[Notice]:
    """None about what has run to its end."""
    if row.status == "completed":
        return []
    rule = recurring_rules.rule_of(row, tx.now)
    left = sum(status != "archived" for status in statuses)
    told = recurring_warnings.of_schedule(row.schedule_type, row.schedule_config, rule, tx.now)
    if left < len(statuses):
        told.append(Notice("content_archived", "What is archived of its contents is not chosen."))
    gap = timedelta(days=row.minimum_gap_days)
    return [*told, *recurring_warnings.of_pool(left, gap, rule, row.platforms or [], tx.now)]


def _pools(
    tx: Transaction, rows: Sequence[RecurringPost]
) -> Mapping[UUID, list[tuple[RecurringPostContent, str]]]:
    """By recurring post: its pool, with each content's status."""
    mine = RecurringPostContent
    statement = (
        select(mine, Content.status)
        .join(Content, (Content.workspace_id == mine.workspace_id) & (Content.id == mine.content_id))
        .where(mine.recurring_post_id.in_([row.id for row in rows]))
        .where(mine.workspace_id.in_({row.workspace_id for row in rows}))
        .order_by(mine.recurring_post_id, mine.position)
    )
    fresh = {"populate_existing": True}  # replanning changes turns behind the session's back
    pairs = tx.session.execute(statement, execution_options=fresh).all()
    grouped = groupby(pairs, key=lambda pair: pair[0].recurring_post_id)
    return {key: [(each, status) for each, status in group] for key, group in grouped}


def _accounts(tx: Transaction, rows: Sequence[RecurringPost]) -> Mapping[UUID, list[UUID]]:
    """By recurring post: the accounts it goes to."""
    mine = RecurringPostConnection
    statement = (
        select(mine.recurring_post_id, mine.connection_id)
        .where(mine.recurring_post_id.in_([row.id for row in rows]))
        .where(mine.workspace_id.in_({row.workspace_id for row in rows}))
        .order_by(mine.recurring_post_id, mine.connection_id)
    )
    grouped = groupby(tx.session.execute(statement).all(), key=lambda pair: pair[0])
    return {key: [connection_id for _, connection_id in group] for key, group in grouped}


def _one(tx: Transaction, statement: Select[RecurringPost]) -> RecurringPost:
    row = tx.session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise not_found()
    return row


def accounts_of(tx: Transaction, row: RecurringPost) -> list[UUID]:
    """The accounts that it goes to."""
    return _accounts(tx, [row]).get(row.id, [])
