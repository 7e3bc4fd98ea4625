"""New time zone data: what recurring posts have not sent yet goes to the times that the data say now.

An occurrence is known by its local time, which no data change. So what is to be done follows from the rows:
the instants of the same keys are computed anew, and where all of them stand already nothing is written.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, tuple_, update

from lamplighter.domain import recurrence
from lamplighter.domain.recurrence import Key, Rule, RuleError
from lamplighter.observability import logger
from lamplighter.postgres.models import RecurringOccurrence, RecurringPost
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind
from lamplighter.services import schedules, zones
from lamplighter.services.replanning import CLOCK_CHANGE
from lamplighter.services.rezoned_publications import called_off, moved
from lamplighter.services.wakeups import Wake
from lamplighter.services.zones import version

__all__ = ["PAGE", "Listed", "Moved", "Order", "listed", "ordered", "rezoned", "version"]

PAGE = 500

_TO_COME = frozenset({"planned", "made"})
_FARTHEST = timedelta(days=2)
"""More than any zone's clocks were ever moved at once: Samoa left out a day."""

type Listed = Row[str, UUID, UUID]
"""A rule: its timezone, id and workspace_id."""


@dataclass(frozen=True, slots=True)
class Order:
    """The zones whose rules are to be looked at, and up to which of these (timezone, id) that is done."""

    zones: tuple[str, ...]
    after: tuple[str, str] | None = None

    def following(self, done: Listed) -> "Order":
        """The same, one rule further."""
        return replace(self, after=(done.timezone, str(done.id)))


@dataclass(frozen=True, slots=True)
class Moved:
    """What was done: occurrences that moved, that came because their time exists now, that went because it
    does so no more. Send the wake-ups after the commit."""

    rules: int = 0
    moved: int = 0
    came: int = 0
    went: int = 0
    failed: int = 0
    """Rules, of those that were to be looked at."""
    wakes: Sequence[Wake] = ()

    def __add__(self, other: "Moved") -> "Moved":
        """Counts alone: its wake-ups have been sent."""
        return Moved(
            self.rules + other.rules,
            self.moved + other.moved,
            self.came + other.came,
            self.went + other.went,
            self.failed + other.failed,
        )

    def counts(self) -> dict[str, int]:
        """By name."""
        return {
            "rules": self.rules,
            "moved": self.moved,
            "came": self.came,
            "went": self.went,
            "failed": self.failed,
        }


def ordered(event: Mapping[str, Any]) -> Order:
    """What an event asks for; invalid for a zone that the data do not have, conflict for another release."""
    wanted = event.get("version")
    if wanted is not None and wanted != version():
        detail = f"This function has the time zones of {version()}, not {wanted}."
        raise DomainError(Kind.CONFLICT, "other_zone_data", detail)
    names = tuple(sorted({zones.zone(name, "/zones").key for name in event["zones"]}))
    after = event.get("after")
    return Order(names, after and (str(after[0]), str(UUID(after[1]))))


def listed(tx: Transaction, order: Order) -> Sequence[Listed]:
    """The next active rules of the zones. Runs as the spawner, across tenants."""
    statement = select(RecurringPost.timezone, RecurringPost.id, RecurringPost.workspace_id).where(
        RecurringPost.status == "active", RecurringPost.timezone.in_(order.zones)
    )
    if order.after is not None:
        zone, rule_id = order.after
        place = tuple_(RecurringPost.timezone, RecurringPost.id)
        statement = statement.where(place > tuple_(zone, UUID(rule_id)))
    return tx.session.execute(statement.order_by(RecurringPost.timezone, RecurringPost.id).limit(PAGE)).all()


def rezoned(tx: Transaction, workspace_id: UUID, recurring_post_id: UUID) -> Moved:
    """One rule's occurrences that are still to come, by the data in use. What is due goes its way, and what
    somebody gave a time of its own keeps it."""
    mine = (RecurringPost.workspace_id == workspace_id, RecurringPost.id == recurring_post_id)
    statement = select(RecurringPost).where(*mine, RecurringPost.status == "active")
    post = tx.session.scalars(statement.with_for_update()).one_or_none()
    if post is None:
        return Moved()
    try:
        rule = schedules.rule_of(post.schedule_type, post.schedule_config, post.timezone, tx.now)
    except (RuleError, DomainError):  # the next visit says so to its owner
        logger().warning("rule not followed", extra={"recurring_post_id": str(recurring_post_id)})
        return Moved(rules=1)
    return _followed(tx, post, rule)


def _followed(tx: Transaction, post: RecurringPost, rule: Rule) -> Moved:
    ledger = {Key(row.local_time, row.fold): row for row in _ledger(tx, post, rule)}
    ahead = {key: row for key, row in ledger.items() if row.due_at > tx.now}
    free = {key: row for key, row in ahead.items() if not row.moved}
    times = _times(post, rule, free, tx.now)
    gone = [row for key, row in free.items() if key not in times and row.status in _TO_COME]
    late = [(row, times[key]) for key, row in free.items() if key in times and times[key] != row.due_at]
    back = [row for key, row in free.items() if key in times and row.code == CLOCK_CHANGE]
    missing = [key for key, at in times.items() if key not in ledger and at > tx.now]
    came = [_planned(post, key, times[key]) for key in missing]
    stopped = called_off(tx, post.workspace_id, gone)
    done, wakes = moved(tx, post.workspace_id, late)
    for row in back:
        row.status, row.code, row.publication_id, row.made_at = "planned", None, None, None
    tx.session.add_all(came)
    tx.session.flush()
    _advanced(tx, post, rule, [*ahead.values(), *came], changed=bool(came or stopped or done or back))
    return Moved(rules=1, moved=done, came=len(came) + len(back), went=stopped, wakes=wakes)


def _ledger(tx: Transaction, post: RecurringPost, rule: Rule) -> Sequence[RecurringOccurrence]:
    """Its rows from now on, and those that have passed of keys that by other data may be still to come."""
    since = recurrence.key_at(rule, tx.now).local - _FARTHEST
    statement = select(RecurringOccurrence).where(
        RecurringOccurrence.workspace_id == post.workspace_id,
        RecurringOccurrence.recurring_post_id == post.id,
        or_(RecurringOccurrence.local_time > since, RecurringOccurrence.due_at > tx.now),
    )
    in_order = statement.order_by(RecurringOccurrence.local_time, RecurringOccurrence.fold)
    return tx.session.scalars(in_order.with_for_update()).all()


def _times(post: RecurringPost, rule: Rule, ahead: Collection[Key], now: datetime) -> dict[Key, datetime]:
    """The instants of the rule's keys: of all up to where the ledger has got to, and beyond of those that
    somebody has said something about."""
    start = min([recurrence.key_at(rule, now), *ahead])
    before = Key(start.local - timedelta(minutes=1), 1)
    cursor = _cursor(post)
    times, beyond = {}, set(ahead)
    if cursor is not None:
        end, _ = recurrence.instant(rule.zone, cursor)
        for _, each in recurrence.occurrences(rule, before, recurrence.index_after(rule, before)):
            # By elapsed time they come in the order of their instants, by the clock in that of their keys.
            if each.at > end if rule.step and end else each.key > cursor:
                break
            times[each.key] = each.at
        beyond = {key for key in ahead if key > cursor}
    found = {key: recurrence.instant(rule, key)[0] for key in beyond - times.keys()}
    return times | {key: at for key, at in found.items() if at is not None}


def _planned(post: RecurringPost, key: Key, at: datetime) -> RecurringOccurrence:
    return RecurringOccurrence(
        workspace_id=post.workspace_id,
        recurring_post_id=post.id,
        local_time=key.local,
        fold=key.fold,
        due_at=at,
        status="planned",
    )


def _advanced(
    tx: Transaction, post: RecurringPost, rule: Rule, rows: Sequence[RecurringOccurrence], *, changed: bool
) -> None:
    """The rule's next time; whatever else depends on it, the next tick sees to."""
    cursor = _cursor(post)
    if cursor is None:
        walk = recurrence.upcoming(rule, tx.now)
    else:
        walk = recurrence.occurrences(rule, cursor, recurrence.index_after(rule, cursor))
    times = [each.at for _, each in islice(walk, 1)]
    times += [row.due_at for row in rows if row.status in _TO_COME and row.due_at > tx.now]
    following = min(times, default=post.next_run_at)
    if not changed and (following == post.next_run_at or post.next_run_at <= tx.now):
        return
    changes: dict[str, Any] = {"next_run_at": following, "visit_at": tx.now}
    if cursor is not None:
        changes["cursor_index"] = recurrence.index_after(rule, cursor)
    mine = (RecurringPost.workspace_id == post.workspace_id, RecurringPost.id == post.id)
    # Not through the object: nobody has edited the rule, and its version stays.
    tx.session.execute(update(RecurringPost).where(*mine).values(changes))


def _cursor(post: RecurringPost) -> Key | None:
    if post.cursor_local is None or post.cursor_fold is None:
        return None
    return Key(post.cursor_local, post.cursor_fold)
