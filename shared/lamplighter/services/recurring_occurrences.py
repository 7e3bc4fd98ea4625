"""Single occurrences of a recurring post: listed, left out, moved, given another content, put back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.domain import recurrence
from lamplighter.domain.access import Caller
from lamplighter.domain.recurrence import Key, Rule
from lamplighter.postgres.models import PlatformConnection, RecurringOccurrence, RecurringPost
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid, not_found
from lamplighter.schemas.publications import PublicationUpdate
from lamplighter.services import (
    audit,
    outbox,
    preflight,
    publication_contents,
    publication_moves,
    publications,
    recurring_ahead,
    recurring_pools,
    recurring_reads,
    recurring_rules,
    replanning,
    scheduling,
)
from lamplighter.services.occurrence_links import SKIPPED
from lamplighter.services.recurring_ahead import Occasion
from lamplighter.services.wakeups import Wake


@dataclass(frozen=True, slots=True)
class _Held:
    """An occurrence, locked after its recurring post: nobody makes a publication of it meanwhile."""

    post: RecurringPost
    rule: Rule
    row: RecurringOccurrence

    @property
    def key(self) -> Key:
        return Key(self.row.local_time, self.row.fold)


def listed(
    tx: Transaction,
    by: Caller,
    recurring_post_id: UUID,
    period: tuple[datetime | None, datetime | None],
    limit: int,
) -> dict[str, Any]:
    """Its occurrences in the period, from now on unless it says otherwise: of the ledger, and of the rule
    where the ledger ends."""
    row, (since, until) = recurring_reads.found(tx, by, recurring_post_id), period
    items = recurring_ahead.listed(tx, row, since or tx.now, until, limit + 1)
    return {"items": items[:limit], "has_more": len(items) > limit}


def skip(tx: Transaction, by: Caller, recurring_post_id: UUID, key: str) -> Occasion:
    """It does not go out: a publication of it is cancelled, or the answer is conflict where any of that has
    been sent. Again is fine."""
    held = _held(tx, by, recurring_post_id, key)
    row = held.row
    is_final = row.code not in replanning.BY_ITSELF or row.due_at <= tx.now
    if row.status == "skipped" and is_final:
        return recurring_ahead.occasion(held.rule, row)
    _cancel(tx, by, held, "too_late_to_skip")
    row.status, row.code = "skipped", SKIPPED
    return _told(tx, by, held, "recurring_post.occurrence_skipped", {"publication_id": row.publication_id})


def move(
    tx: Transaction, by: Caller, recurring_post_id: UUID, key: str, to: datetime
) -> tuple[Occasion, list[Wake]]:
    """It goes out at this time, by the schedule's zone if it has no offset, and keeps its key. Send the
    returned wake-ups after the commit."""
    held = _held(tx, by, recurring_post_id, key)
    row, wakes = held.row, list[Wake]()
    _must_be_coming(row)
    due_at = _moment(tx, held.rule, to)
    _must_be_free(tx, held, due_at)
    if row.publication_id is not None:
        later = PublicationUpdate(scheduled_at=due_at)
        _, wakes = publication_moves.change(tx, by, row.publication_id, later, None)
    before, row.due_at, row.moved = row.due_at, due_at, True
    return _told(tx, by, held, "recurring_post.occurrence_moved", {"from": before, "to": due_at}), wakes


def edit(
    tx: Transaction, by: Caller, recurring_post_id: UUID, key: str, content_id: UUID
) -> tuple[Occasion, list[Wake]]:
    """It says this content, this once. Where there is a publication already its approval is asked for again;
    conflict where any of it has been sent. Send the returned wake-ups after the commit."""
    held = _held(tx, by, recurring_post_id, key)
    row, wakes = held.row, list[Wake]()
    _must_be_coming(row)
    content = recurring_pools.content(tx, by, content_id)
    preflight.check_change(tx, content, _accounts(tx, held.post))
    if row.publication_id is not None:
        wakes = publication_contents.swapped(tx, by, row.publication_id, content)
        replanning.rested(tx, held.post)
    row.content_id = content_id
    return _told(tx, by, held, "recurring_post.occurrence_edited", {"content_id": content_id}), wakes


def restore(tx: Transaction, by: Caller, recurring_post_id: UUID, key: str) -> Occasion:
    """It is again as the rule has it. A publication of it as it was is cancelled, and another one made;
    conflict once any of it has been sent, or its time has passed."""
    held = _held(tx, by, recurring_post_id, key)
    row = held.row
    if row.status in recurring_ahead.COMING and not row.moved and row.content_id is None:
        return recurring_ahead.occasion(held.rule, row)
    by_rule = recurring_rules.occurrence_of(held.rule, held.key)
    if by_rule is None or by_rule.at <= tx.now:
        detail = "The time that its rule gives it has passed, or the rule has no such time any more."
        raise DomainError(Kind.CONFLICT, "too_late_to_restore", detail)
    _cancel(tx, by, held, "too_late_to_restore")
    row.status, row.code, row.due_at, row.moved = "planned", None, by_rule.at, False
    row.content_id, row.publication_id, row.made_at = None, None, None
    if held.post.status == "completed":  # it has something to come again
        held.post.status = "active"
    return _told(tx, by, held, "recurring_post.occurrence_restored", {"to": by_rule.at})


def _held(tx: Transaction, by: Caller, recurring_post_id: UUID, written: str) -> _Held:
    post = recurring_reads.locked(tx, by, recurring_post_id)
    key, rule = recurring_rules.key_of(written), recurring_rules.rule_of(post, tx.now)
    mine = select(RecurringOccurrence).where(
        RecurringOccurrence.workspace_id == post.workspace_id,
        RecurringOccurrence.recurring_post_id == post.id,
        RecurringOccurrence.local_time == key.local,
        RecurringOccurrence.fold == key.fold,
    )
    row = tx.session.scalars(mine.with_for_update()).one_or_none()
    return _Held(post, rule, row or _ahead_of_time(tx, post, rule, key))


def _ahead_of_time(tx: Transaction, post: RecurringPost, rule: Rule, key: Key) -> RecurringOccurrence:
    """A row for an occurrence that nobody has planned yet, or not_found where the rule has none."""
    occurrence = recurring_rules.occurrence_of(rule, key)
    if occurrence is None or occurrence.at <= tx.now:
        raise not_found()
    ids = {"workspace_id": post.workspace_id, "recurring_post_id": post.id}
    row = RecurringOccurrence(
        **ids,
        local_time=key.local,
        fold=key.fold,
        due_at=occurrence.at,
        moved=False,
        status="planned",
        counted=False,
    )
    tx.session.add(row)
    return row


def _cancel(tx: Transaction, by: Caller, held: _Held, code: str) -> None:
    """The occurrence's publication, if there is one, is sent to nobody."""
    row = held.row
    if row.publication_id is None:
        return
    publication = publications.locked(tx, by, row.publication_id)
    if publication.status != "cancelled":
        publication = publication_moves.cancel(tx, by, row.publication_id, None)
    if publication.status != "cancelled":
        detail = "It has been sent, at least in part, or was given up: see its publication."
        raise DomainError(Kind.CONFLICT, code, detail)


def _must_be_coming(row: RecurringOccurrence) -> None:
    if row.status not in recurring_ahead.COMING:
        detail = f"It does not go out, as it is {row.status}: restore it first."
        raise DomainError(Kind.CONFLICT, "occurrence_not_coming", detail)


def _moment(tx: Transaction, rule: Rule, given: datetime) -> datetime:
    """The instant that is meant, in the future."""
    if given.tzinfo is None:
        at, _ = recurrence.instant(rule, Key(given, 0), "shift")
        given = at or given  # a shifted time is there
    return scheduling.due(tx, given)


def _must_be_free(tx: Transaction, held: _Held, due_at: datetime) -> None:
    """No two posts of one rule leave at one instant."""
    around = recurring_ahead.listed(tx, held.post, due_at, due_at + timedelta(seconds=1), 10)
    mine = recurring_rules.written(held.key)
    if any(
        each.at == due_at and each.key != mine and each.status in recurring_ahead.COMING for each in around
    ):
        detail = "Another occurrence of this recurring post goes out at that time."
        raise invalid("/scheduled_at", "occupied", detail)


def _accounts(tx: Transaction, post: RecurringPost) -> list[PlatformConnection]:
    wanted = recurring_reads.accounts_of(tx, post)
    statement = select(PlatformConnection).where(
        PlatformConnection.workspace_id == post.workspace_id, PlatformConnection.id.in_(wanted)
    )
    return list(tx.session.scalars(statement.order_by(PlatformConnection.id)))


def _told(tx: Transaction, by: Caller, held: _Held, action: str, more: Mapping[str, Any]) -> Occasion:
    """The occurrence as it is shown, once its recurring post and the log know of it. A tick looks again at
    what comes next."""
    post = held.post
    tx.session.flush()
    if post.status != "completed":
        post.visit_at, post.next_run_at = tx.now, recurring_ahead.upcoming(tx, post) or tx.now
        tx.session.flush()
    shown = recurring_ahead.occasion(held.rule, held.row)
    after = {"occurrence": shown.key, "status": shown.status, **more}
    audit.record(tx, by, action, ("recurring_post", post.id), after=after)
    outbox.emit(tx, by.workspace_id, action, {"recurring_post_id": str(post.id), "occurrence": shown.key})
    return shown
