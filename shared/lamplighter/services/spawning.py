"""Rules of all tenants, visited when there is something to do: their occurrences ahead go into the ledger."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from lamplighter.clients import queues
from lamplighter.domain import misfires, recurrence
from lamplighter.domain.recurrence import Key, Occurrence, RuleError
from lamplighter.observability import logger
from lamplighter.postgres.queries import occurrences
from lamplighter.postgres.queries.occurrences import Entered, Known, Place, Written
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError
from lamplighter.services import outbox, schedules
from lamplighter.services.replanning import replanned
from lamplighter.settings import settings

__all__ = ["BATCH", "Planned", "plan", "replanned", "waiting", "wake"]

BATCH = 1000
"""Rules to a transaction."""
MOST = 1000
"""Occurrences of a rule to a visit: the next visit, a moment later, goes on."""
MOST_IN_ALL = 20_000
"""Occurrences to a transaction; the rules that are left keep their turn."""
PATIENCE = timedelta(minutes=5)
"""After so long what was planned and is not made, or what is due that soon, is told of again."""
AT_ONCE = 20_000
"""As many waiting occurrences a tick looks at."""
BACKLOG = 10_000
"""With as many messages in the queue, nobody is told again."""
_AGAIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Planned:
    """What a batch of visits came to. `is_last`: nothing more is to be done by now."""

    visited: int
    written: int
    workspace_ids: Sequence[UUID]
    is_last: bool


@dataclass(slots=True)
class _Visit:
    """A rule, and what it comes to within the horizon. `beyond`: its first occurrence after that of which
    nobody has said anything; `is_cut`: there is more within; `trouble`: why it cannot be followed."""

    row: Row[Any]
    found: list[Occurrence] = field(default_factory=list)
    index: int = 0
    beyond: datetime | None = None
    is_cut: bool = False
    trouble: tuple[str, str] | None = None
    is_skipped: bool = False


def plan(tx: Transaction, limit: int = BATCH) -> Planned:
    """Visit up to `limit` rules that are due for it: enter their occurrences up to the horizon, count what
    has passed, and say when to come again. Runs as the spawner, across tenants; wake the workspaces after
    the commit."""
    rows = occurrences.claim(tx, limit)
    visits = _visited(rows, occurrences.known(tx, [row.id for row in rows]), tx.now)
    written = [each for visit in visits for each in _written(visit, tx.now)]
    count = occurrences.write(tx, written)
    _advanced(tx, visits)
    woken = dict.fromkeys(each.workspace_id for each in written if each.code is None)
    is_last = len(visits) == len(rows) < limit and not any(visit.is_cut for visit in visits)
    return Planned(len(visits), count, list(woken), is_last)


def waiting(tx: Transaction) -> Sequence[UUID]:
    """The workspaces whose occurrences nobody has made although they were told, or are due soon."""
    return occurrences.waiting(tx, horizon(tx.now), PATIENCE, AT_ONCE)


def wake(workspace_ids: Collection[UUID]) -> None:
    """Have the planned occurrences of these workspaces made. What is not sent, a later tick sends."""
    messages = [
        queues.Message(body={"workspace_id": str(each)}, delay_seconds=0, group=str(each))
        for each in workspace_ids
    ]
    unsent = queues.send(settings().fill_queue_url, messages) if messages else []
    if unsent:
        logger().warning("not woken", extra={"failed": len(unsent), "of": len(messages)})


def has_room() -> bool:
    """Whether the queue is short enough for repeating what it may still hold."""
    return (queues.depth(settings().fill_queue_url) or 0) < BACKLOG


def horizon(now: datetime) -> datetime:
    """Up to when occurrences are made ahead."""
    return now + timedelta(hours=settings().spawn_horizon_hours)


def _visited(rows: Sequence[Row[Any]], known: Known, now: datetime) -> list[_Visit]:
    """As many of the rules as fit into a transaction."""
    visits: list[_Visit] = []
    left = MOST_IN_ALL
    for row in rows:
        if left <= 0:
            break
        visit = _visit(row, known.get(row.id, frozenset()), now)
        left -= len(visit.found)
        visits.append(visit)
    return visits


def _visit(row: Row[Any], known: Collection[Entered], now: datetime) -> _Visit:
    """One that fails delays no other: what its owner has to mend is told, what we have to is logged."""
    try:
        return _followed(row, known, now)
    except RuleError as error:
        return _Visit(row, trouble=(error.code, error.message))
    except DomainError as error:
        return _Visit(row, trouble=("unknown_timezone", error.detail))
    except Exception:
        logger().exception("rule not followed", extra={"recurring_post_id": str(row.id)})
        return _Visit(row, is_skipped=True)


def _followed(row: Row[Any], known: Collection[Entered], now: datetime) -> _Visit:
    rule = schedules.rule_of(row.schedule_type, row.schedule_config, row.timezone, row.visit_at)
    visit, until = _Visit(row), horizon(now)
    for index, each in _ahead(rule, row):
        if each.at <= until:
            if len(visit.found) == MOST:
                visit.beyond, visit.is_cut = each.at, True
                break
            visit.index = index
            visit.found.append(each)
        elif (each.key.local, each.key.fold) not in known:
            visit.beyond = each.at
            break
    return visit


def _ahead(rule: recurrence.Rule, row: Row[Any]) -> Iterator[tuple[int, Occurrence]]:
    """From where the ledger ends; of a new rule, from when it was made on."""
    if row.cursor_local is not None:
        key, index = Key(row.cursor_local, row.cursor_fold), row.cursor_index
    else:
        key, index = schedules.place_at(rule, row.visit_at)
    return recurrence.occurrences(rule, key, index)


def _written(visit: _Visit, now: datetime) -> Iterator[Written]:
    """The ledger's new rows; what its misfire policy skips is skipped from the first."""
    row = visit.row
    grace = timedelta(minutes=row.misfire_grace_minutes)
    times = [*(each.at for each in visit.found), visit.beyond]
    for each, (at, later) in zip(visit.found, pairwise(times), strict=True):
        assert at is not None  # noqa: S101  # only the last of them may be
        code = misfires.code_of(row.misfire_policy, grace, at, later, now)
        yield Written(row.workspace_id, row.id, each.key.local, each.key.fold, at, code)


def _advanced(tx: Transaction, visits: Sequence[_Visit]) -> None:
    """Count what has passed, and move each rule to where it has got to."""
    if not visits:
        return
    ids = [visit.row.id for visit in visits]
    passed, following = occurrences.count(tx, ids), occurrences.following(tx, ids)
    places = [
        _place(visit, tx.now, following.get(visit.row.id), passed.get(visit.row.id, 0)) for visit in visits
    ]
    occurrences.advance(tx, places)
    _tell(tx, visits, places)


def _place(visit: _Visit, now: datetime, following: datetime | None, passed: int) -> Place:
    """Where the rule has got to. The next visit is when its next occurrence passes or one comes into the
    horizon, whichever is first."""
    row, last = visit.row, visit.found[-1].key if visit.found else None
    times = [each for each in (following, visit.beyond) if each is not None]
    status, again = "active", min(times, default=row.visit_at)
    if visit.trouble is not None:
        status = "paused"
    elif visit.is_skipped:
        again = now + _AGAIN
    elif not times:
        status = "completed"
    elif visit.is_cut:
        again = now
    elif visit.beyond is not None:
        again = min(again, visit.beyond - (horizon(now) - now))
    return Place(
        id=row.id,
        status=status,
        next_run_at=min(times, default=row.next_run_at),
        passed=passed,
        visit_at=again,
        cursor_local=last.local if last else row.cursor_local,
        cursor_fold=last.fold if last else row.cursor_fold,
        cursor_index=visit.index if last else row.cursor_index,
    )


def _tell(tx: Transaction, visits: Sequence[_Visit], places: Sequence[Place]) -> None:
    for visit, place in zip(visits, places, strict=True):
        if place.status == "active":
            continue
        payload = {"recurring_post_id": str(place.id)}
        kind = "completed"
        if visit.trouble is not None:
            kind, (payload["code"], payload["message"]) = "failed", visit.trouble
        told = f"recurring_post.{kind}"
        outbox.emit_each(tx, visit.row.workspace_id, told, [payload], wakes=False)
