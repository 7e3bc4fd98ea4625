"""Planned occurrences of a workspace's recurring posts, made into publications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.domain import misfires
from lamplighter.domain.vocabulary import LATEST
from lamplighter.ids import new_id
from lamplighter.postgres.models import (
    Publication,
    PublicationPlatform,
    RecurringOccurrence,
    RecurringPost,
    Workspace,
)
from lamplighter.postgres.queries import occurrences
from lamplighter.postgres.session import Transaction
from lamplighter.services import approvals, dispatching, outbox, supplies
from lamplighter.services.approvals import Step
from lamplighter.services.spawning import horizon
from lamplighter.services.supplies import Pick, Supplies
from lamplighter.services.wakeups import Wake

BATCH = 200
"""Occurrences to a transaction."""

LATE_POLICIES: Mapping[str, str] = {"catch_up": "send", "skip": "skip", "run_once": LATEST}
"""What a rule's misfire policy means for publications that were made ahead and could not be sent in time."""

_WITHOUT_A_WORD = (misfires.MISFIRED, misfires.SUPERSEDED)
"""Skipped as the owner wished: nothing to be told of."""
_SKIPPED = (*_WITHOUT_A_WORD, "nothing_to_choose")


@dataclass(frozen=True, slots=True)
class Filled:
    """What a batch came to, and the wake-ups to send after the commit. `left`: the workspace, if more of its
    occurrences wait, to be woken too."""

    wakes: list[Wake]
    made: int
    left: Sequence[UUID] = ()


def parsed(message: Mapping[str, Any]) -> UUID:
    """The workspace that a message names; KeyError or ValueError on anything else."""
    return UUID(message["workspace_id"])


def made(tx: Transaction, workspace_id: UUID, limit: int | None = None) -> Filled:
    """Make the publications of up to `limit`, or BATCH, occurrences that are planned within the horizon, the
    first due first. Rules that somebody else holds are left out; a later message brings them."""
    rules, rows, is_last = _planned(tx, workspace_id, limit or BATCH)
    if not rows:
        return Filled([], 0)
    chosen = {row.content_id for row in rows if row.content_id is not None}
    stock = supplies.of(tx, workspace_id, list(rules.values()), chosen)
    clock = _Clock.of(tx, workspace_id, rows)
    made_of = [(row, _made(tx, rules[row.recurring_post_id], row, stock, clock)) for row in rows]
    publications = [publication for _, publication in made_of if publication is not None]
    tx.session.add_all(publications)
    tx.session.flush()
    for row, publication in made_of:
        if publication is not None:
            row.status, row.made_at, row.publication_id = "made", tx.now, publication.id
            row.counted = row.due_at <= tx.now
    wakes = dispatching.begun(tx, publications)
    told = [
        {"publication_id": str(p.id), "recurring_post_id": str(p.recurring_post_id)} for p in publications
    ]
    outbox.emit_each(tx, workspace_id, "publication.scheduled", told)
    _ask(tx, workspace_id, rules, publications)
    return Filled(wakes, len(publications), () if is_last else [workspace_id])


def _planned(
    tx: Transaction, workspace_id: UUID, limit: int
) -> tuple[dict[UUID, RecurringPost], Sequence[RecurringOccurrence], bool]:
    """The rules, locked before their occurrences as everywhere, the occurrences, and if those are all."""
    planned = (
        RecurringOccurrence.workspace_id == workspace_id,
        RecurringOccurrence.status == "planned",
        RecurringOccurrence.due_at <= horizon(tx.now),
    )
    order = (RecurringOccurrence.due_at, RecurringOccurrence.recurring_post_id)
    active = (RecurringPost.workspace_id == workspace_id, RecurringPost.status != "paused")
    first = (
        select(RecurringOccurrence.recurring_post_id)
        .join(RecurringPost, RecurringPost.id == RecurringOccurrence.recurring_post_id)
        .where(*planned, *active)
        .order_by(*order)
        .limit(limit)
    )
    wanted = tx.session.scalars(first).all()
    held = (
        select(RecurringPost)
        .where(*active, RecurringPost.id.in_(set(wanted)))
        .order_by(RecurringPost.id)
        .with_for_update(key_share=True, skip_locked=True)
    )
    rules = {row.id: row for row in tx.session.scalars(held, execution_options={"populate_existing": True})}
    mine = (
        select(RecurringOccurrence)
        .where(*planned, RecurringOccurrence.recurring_post_id.in_(rules))
        .order_by(*order)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = tx.session.scalars(mine, execution_options={"populate_existing": True}).all() if rules else []
    return rules, rows, len(wanted) < limit


@dataclass(slots=True)
class _Clock:
    """Of rules that are late: when the latest occurrence was due, what is on time ahead of them, and when the
    last late one goes out."""

    latest: Mapping[UUID, datetime]
    ahead: Mapping[UUID, Sequence[datetime]]
    last: dict[UUID, datetime]

    @classmethod
    def of(cls, tx: Transaction, workspace_id: UUID, rows: Sequence[RecurringOccurrence]) -> "_Clock":
        late = [row for row in rows if row.due_at <= tx.now]
        if not late:
            return cls({}, {}, {})
        ids = list({row.recurring_post_id for row in late})
        since = min(row.due_at for row in late)
        return cls(
            occurrences.latest(tx, workspace_id, ids, since),
            occurrences.on_time(tx, workspace_id, ids, misfires.SPACING),
            dict(occurrences.last_late(tx, workspace_id, ids, misfires.SPACING)),
        )


def _made(
    tx: Transaction, rule: RecurringPost, row: RecurringOccurrence, stock: Supplies, clock: _Clock
) -> Publication | None:
    """The occurrence's publication; or None, and the row says why."""
    grace = timedelta(minutes=rule.misfire_grace_minutes)
    latest = clock.latest.get(rule.id)
    later = latest if latest is not None and latest > row.due_at else None
    code = misfires.code_of(rule.misfire_policy, grace, row.due_at, later, tx.now)
    if code is not None:
        _leave_out(tx, row, code)
        return None
    at = misfires.moment(row.due_at, tx.now, clock.last.get(rule.id), clock.ahead.get(rule.id, ()))
    pick = stock.picked(rule, row, at)
    if pick.content is None:
        _leave_out(tx, row, pick.code or "nothing_to_choose")
        return None
    if row.due_at <= tx.now:
        clock.last[rule.id] = at
        rule.run_count += 1
    return _publication(rule, at, pick, stock)


def _leave_out(tx: Transaction, row: RecurringOccurrence, code: str) -> None:
    row.status, row.code = "skipped" if code in _SKIPPED else "failed", code
    if code in _WITHOUT_A_WORD:
        return
    payload = {
        "recurring_post_id": str(row.recurring_post_id),
        "local_time": row.local_time.isoformat(),
        "fold": row.fold,
        "code": code,
    }
    outbox.emit(tx, row.workspace_id, "recurring_post.failed", payload)


def _publication(rule: RecurringPost, at: datetime, pick: Pick, stock: Supplies) -> Publication:
    assert pick.content is not None  # noqa: S101  # the caller has looked
    late_policy = LATE_POLICIES[rule.misfire_policy]
    publication = Publication(
        id=new_id(),
        workspace_id=rule.workspace_id,
        content_id=pick.content.id,
        recurring_post_id=rule.id,
        status="scheduled",
        mode=rule.mode,
        priority=rule.priority,
        scheduled_at=at,
        late_policy=late_policy,
        late_after_minutes=None if late_policy == "send" else rule.misfire_grace_minutes,
        created_by=rule.created_by,
    )
    publication.platforms = [
        PublicationPlatform(
            id=new_id(),
            workspace_id=rule.workspace_id,
            connection_id=each.id,
            platform=each.platform,
            fingerprint=stock.fingerprint(pick.content, each.platform),
        )
        for each in pick.connections
    ]
    return publication


def _ask(
    tx: Transaction,
    workspace_id: UUID,
    rules: Mapping[UUID, RecurringPost],
    publications: Sequence[Publication],
) -> None:
    """For the approvals that are needed; being made ahead, they have the time."""
    required = tx.session.get_one(Workspace, workspace_id).approval_required
    for publication in publications:
        rule_id = publication.recurring_post_id
        if required or (rule_id is not None and rules[rule_id].needs_approval):
            asked = Step("requested", "pending", approvals.hash_of(tx, publication))
            approvals.step(tx, publication, None, asked)
