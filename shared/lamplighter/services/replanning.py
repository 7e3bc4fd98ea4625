"""A recurring post after a change: what was planned and made of it for the time to come is taken back."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, delete, or_, select, text, update
from sqlalchemy.orm import selectinload

from lamplighter.domain import interventions, recurrence
from lamplighter.domain.access import Principal
from lamplighter.domain.recurrence import Key, RuleError
from lamplighter.postgres.models import (
    Publication,
    PublicationPlatform,
    RecurringOccurrence,
    RecurringPost,
    Workspace,
)
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError
from lamplighter.services import audit, dispatching, outbox, recurring_rules, schedules

RULE_CHANGED = "rule_changed"
CLOCK_CHANGE = "clock_change"
"""New zone data put its local time out of existence."""
BY_ITSELF = frozenset({CLOCK_CHANGE, "misfired", "superseded", "nothing_to_choose", RULE_CHANGED})
"""Codes of occurrences that were skipped without anybody having said so."""

# What is not going out has not been used.
_RESTED = text(
    """
    UPDATE recurring_post_contents AS pooled
       SET last_used_at = used.at, uses = used.times
      FROM (SELECT each.content_id, max(made.scheduled_at) AS at, count(made.id) AS times
              FROM recurring_post_contents AS each
              LEFT JOIN publications AS made
                ON made.workspace_id = each.workspace_id AND made.recurring_post_id = each.recurring_post_id
               AND made.content_id = each.content_id AND made.status <> 'cancelled'
             WHERE each.workspace_id = :workspace_id AND each.recurring_post_id = :rule_id
             GROUP BY each.content_id) AS used
     WHERE pooled.workspace_id = :workspace_id AND pooled.recurring_post_id = :rule_id
       AND pooled.content_id = used.content_id
    """
).bindparams(*(bindparam(name, type_=Uuid()) for name in ("workspace_id", "rule_id")))

_UNSENT = (*interventions.STOPPABLE, "cancelled")


def replanned(
    tx: Transaction,
    recurring_post: RecurringPost,
    by: Principal | None = None,
    because: str = RULE_CHANGED,
    *,
    due_too: bool = False,
) -> list[UUID]:
    """After a change of the rule, its contents or its accounts: from now on everything anew. The rule is
    locked by the caller (FOR UPDATE) and has its new values.

    What was planned is forgotten, and what was made and is not on its way yet is cancelled with the code
    `because`. Exceptions (moved, edited, skipped by somebody) stand as long as the rule still has their
    times. What is due already goes its way, unless that is to be stopped too (`due_too`) and nothing of it
    has been sent. Returns the ids of the cancelled publications. Of a rule that is paused nothing is planned
    until it is active again, when this is called once more.
    """
    withdrawn = _withdrawn(tx, recurring_post, by, because, due_too=due_too)
    _restarted(tx, recurring_post, withdrawn, because)
    tx.session.flush()
    if withdrawn:
        rested(tx, recurring_post)
    return list(withdrawn)


def rested(tx: Transaction, recurring_post: RecurringPost) -> None:
    """The pool's turns are those of what goes, or went, out: for when something of it was cancelled, or was
    given another content."""
    whose = {"workspace_id": recurring_post.workspace_id, "rule_id": recurring_post.id}
    tx.session.execute(_RESTED, whose)


def forgotten(tx: Transaction, recurring_post: RecurringPost, since: Key) -> None:
    """In another zone the local times after this key come anew: the ledger has nothing any more of those that
    have passed by the former one, but run_count has. What was given a time of its own stays."""
    passed = (
        delete(RecurringOccurrence)
        .where(
            RecurringOccurrence.workspace_id == recurring_post.workspace_id,
            RecurringOccurrence.recurring_post_id == recurring_post.id,
            RecurringOccurrence.local_time > since.local,
            RecurringOccurrence.due_at <= tx.now,
            ~RecurringOccurrence.moved,
        )
        .returning(RecurringOccurrence.status, RecurringOccurrence.counted)
    )
    gone = tx.session.execute(passed).all()
    recurring_post.run_count += sum(row.status == "made" and not row.counted for row in gone)


def _withdrawn(
    tx: Transaction, rule: RecurringPost, by: Principal | None, because: str, *, due_too: bool
) -> Mapping[UUID, datetime]:
    """Cancel what was made and is not on its way yet: when each would have gone out."""
    workspace_id = rule.workspace_id
    waits = [Publication.status == "scheduled", Publication.scheduled_at > tx.now]
    if due_too:
        waits = [Publication.status.in_(("scheduled", "needs_review"))]  # the latter where it is held
    statement = (
        select(Publication)
        .where(
            Publication.workspace_id == workspace_id,
            Publication.recurring_post_id == rule.id,
            *waits,
        )
        .order_by(Publication.id)
        .options(selectinload(Publication.platforms))
        .with_for_update(of=Publication)
    )
    found = tx.session.scalars(statement, execution_options={"populate_existing": True}).all()
    stopped = [each for each in found if all(row.status in _UNSENT for row in each.platforms)]
    if not stopped:
        return {}
    times = {each.id: each.scheduled_at for each in stopped}
    dispatching.dropped(tx, workspace_id, [row.id for each in stopped for row in each.platforms])
    tx.session.execute(
        update(PublicationPlatform)
        .where(
            PublicationPlatform.workspace_id == workspace_id,
            PublicationPlatform.publication_id.in_(list(times)),
            PublicationPlatform.status != "cancelled",
        )
        .values(status="cancelled", error_code=because, updated_at=tx.now)
    )
    tx.session.execute(
        update(Publication)
        .where(Publication.workspace_id == workspace_id, Publication.id.in_(list(times)))
        .values(status="cancelled", version=Publication.version + 1, updated_at=tx.now)
    )
    _tell(tx, workspace_id, times, by, because)
    return times


def _tell(
    tx: Transaction, workspace_id: UUID, publication_ids: Collection[UUID], by: Principal | None, because: str
) -> None:
    owner = select(Workspace.organization_id).where(Workspace.id == workspace_id)
    scope = {"workspace_id": workspace_id, "organization_id": tx.session.scalars(owner).one()}
    before, after = {"status": "scheduled"}, {"status": "cancelled", "because": because}
    payloads = [{"publication_id": str(publication_id)} for publication_id in publication_ids]
    outbox.emit_each(tx, workspace_id, "publication.cancelled", payloads)
    for publication_id in publication_ids:
        target = ("publication", publication_id)
        audit.record(tx, by, "publication.cancelled", target, before=before, after=after, **scope)


def _restarted(
    tx: Transaction, recurring_post: RecurringPost, withdrawn: Mapping[UUID, datetime], because: str
) -> None:
    """The ledger has nothing after now but what stands, and the cursor is there."""
    rows = _ahead(tx, recurring_post, withdrawn)
    course = _course(tx, recurring_post, [row for row in rows if _is_exception(row)])
    following = [] if course.first is None else [course.first]
    for row in rows:
        due_at = withdrawn.get(row.publication_id, row.due_at) if row.publication_id else row.due_at
        is_moved = row.moved or due_at != row.due_at
        if row.counted and row.publication_id in withdrawn:
            row.counted = False
            recurring_post.run_count -= 1
        if due_at <= tx.now:
            row.status, row.code = "skipped", because
        elif not (course.has(row) and (is_moved or _is_exception(row))):
            tx.session.delete(row)
        elif row.status != "skipped":
            mine = (row.local_time, row.fold)
            due_at = due_at if is_moved else course.times.get(mine, due_at)  # zone data may be newer
            row.moved, row.due_at = is_moved, due_at
            row.status, row.code, row.publication_id, row.made_at = "planned", None, None, None
            following.append(due_at)
    if course.key is not None:
        recurring_post.cursor_local, recurring_post.cursor_fold = course.key.local, course.key.fold
        recurring_post.cursor_index = course.index
    recurring_post.visit_at = tx.now
    recurring_post.next_run_at = min(following, default=recurring_post.next_run_at)


@dataclass(frozen=True, slots=True)
class _Course:
    """From where the rule goes on, when it first goes out, and its times as far as there are exceptions."""

    key: Key | None = None
    index: int = 0
    first: datetime | None = None
    times: Mapping[tuple[datetime, int], datetime] = field(default_factory=dict)

    def has(self, row: RecurringOccurrence) -> bool:
        """Whether the rule still has, or by now has had, the row's time."""
        mine = (row.local_time, row.fold)
        return mine in self.times or (self.key is not None and mine <= (self.key.local, self.key.fold))


def _course(
    tx: Transaction, recurring_post: RecurringPost, exceptions: Sequence[RecurringOccurrence]
) -> _Course:
    """Of a rule that cannot be followed any more nothing is known: it can be stopped all the same."""
    schedule = (recurring_post.schedule_type, recurring_post.schedule_config, recurring_post.timezone)
    try:
        rule = schedules.rule_of(*schedule, tx.now)
    except (RuleError, DomainError):
        return _Course()
    key, index = schedules.place_at(rule, tx.now)
    # Each is asked for by itself: between now and one that is years ahead there may be millions.
    said = [Key(row.local_time, row.fold) for row in exceptions]
    found = [each for each in (recurring_rules.occurrence_of(rule, key) for key in said) if each is not None]
    times = {(each.key.local, each.key.fold): each.at for each in found}
    left_out = {Key(row.local_time, row.fold) for row in exceptions if row.status == "skipped"}
    ahead = (each for _, each in recurrence.occurrences(rule, key, index))
    first = next((each.at for each in ahead if each.key not in left_out), None)
    return _Course(key, index, first, times)


def _ahead(
    tx: Transaction, recurring_post: RecurringPost, withdrawn: Mapping[UUID, datetime]
) -> Sequence[RecurringOccurrence]:
    """Of the rule's ledger what is not made, or is made no more, and has not passed."""
    statement = select(RecurringOccurrence).where(
        RecurringOccurrence.workspace_id == recurring_post.workspace_id,
        RecurringOccurrence.recurring_post_id == recurring_post.id,
        or_(
            RecurringOccurrence.status == "planned",
            RecurringOccurrence.publication_id.in_(list(withdrawn)),
            (RecurringOccurrence.due_at > tx.now) & RecurringOccurrence.status.in_(("skipped", "failed")),
        ),
    )
    return tx.session.scalars(statement.with_for_update()).all()


def _is_exception(row: RecurringOccurrence) -> bool:
    """Whether somebody has said something about this occurrence alone."""
    by_somebody = row.status == "skipped" and row.code not in BY_ITSELF
    return by_somebody or row.moved or row.content_id is not None
