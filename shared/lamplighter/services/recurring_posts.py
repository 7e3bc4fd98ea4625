"""Recurring posts: set up, changed, paused and ended by people."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select

from lamplighter.domain import recurrence
from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.postgres.models import (
    RecurringOccurrence,
    RecurringPost,
    Workspace,
)
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid
from lamplighter.schemas.recurring_posts import RecurringPostCreate, RecurringPostUpdate
from lamplighter.services import (
    audit,
    outbox,
    recurring_pools,
    recurring_reads,
    recurring_rules,
    replanning,
    schedules,
)
from lamplighter.services.recurring_pools import Pool

_PLAIN = ("name", "content_type", "minimum_gap_days", "misfire_policy", "misfire_grace_minutes", "priority")
"""Fields that are columns, as they are given."""
_OF_THE_LABEL = frozenset({"name"})
"""What changes nothing of what goes out."""


def create(tx: Transaction, by: Caller, body: RecurringPostCreate) -> dict[str, Any]:
    """A recurring post that goes out from now on, as it is read."""
    config, rule = recurring_rules.checked(body.schedule_type, body.schedule_config, tx.now)
    targets = recurring_pools.connections(tx, by, body.connection_ids)
    pool = recurring_pools.pooled(tx, by, body.content_ids, {})
    _must_be_of_its_kind(body.content_type, pool)
    _must_allow(tx, by, needs_approval=body.needs_approval)
    whole = recurring_pools.varied(tx, by, pool, body.variations)
    recurring_pools.check(tx, whole, targets, _pointers(body.content_ids, pool, whole))
    key, index = schedules.place_at(rule, tx.now)
    row = RecurringPost(
        id=new_id(),
        workspace_id=by.workspace_id,
        schedule_type=body.schedule_type,
        schedule_config=config,
        timezone=config["timezone"],
        needs_approval=body.needs_approval,
        mode=by.mode,
        next_run_at=next(recurring_rules.ahead(rule, tx.now)).at,
        cursor_local=key.local,
        cursor_fold=key.fold,
        cursor_index=index,
        visit_at=tx.now,
        created_by=by.person_id,
        **{name: getattr(body, name) for name in _PLAIN},
    )
    tx.session.add(row)
    tx.session.flush()
    recurring_pools.aim(tx, row, targets)
    recurring_pools.write(tx, row, whole)
    return _told(
        tx,
        by,
        row,
        "recurring_post.created",
        (None, _state(row) | {"mode": row.mode, "content_ids": list(whole)}),
    )


def change(
    tx: Transaction, by: Caller, recurring_post_id: UUID, body: RecurringPostUpdate, expected: int
) -> dict[str, Any]:
    """The recurring post with the given fields changed, from its next occurrence on: what was made ahead and
    is not sent yet is cancelled, and made anew."""
    row = recurring_reads.locked(tx, by, recurring_post_id, expected)
    before, given = _state(row), body.given()
    for name in given.keys() & {*_PLAIN, "needs_approval"}:
        setattr(row, name, given[name])
    if "needs_approval" in given:
        _must_allow(tx, by, needs_approval=body.needs_approval)
    if body.schedule_type is not None and body.schedule_config is not None:
        _reschedule(tx, row, body.schedule_type, body.schedule_config)
    if given.keys() & {"content_type", "content_ids", "variations", "connection_ids"}:
        _repool(tx, by, row, body)
    _touch(tx, by, row)
    stopped: list[UUID] = []
    if given.keys() - _OF_THE_LABEL and row.status != "completed":
        stopped = replanning.replanned(tx, row, by)
    after = _state(row) | {"changed": sorted(given), "publication_ids": stopped}
    return _told(tx, by, row, "recurring_post.updated", (before, after))


def pause(tx: Transaction, by: Caller, recurring_post_id: UUID, expected: int | None) -> dict[str, Any]:
    """Nothing more goes out until it is resumed: what was made ahead is cancelled. Again is fine."""
    row = recurring_reads.locked(tx, by, recurring_post_id, expected)
    _must_not_have_ended(row)
    if row.status == "paused":
        return recurring_reads.shown(tx, [row])[0]
    before, row.status = _state(row), "paused"
    _touch(tx, by, row)
    stopped = replanning.replanned(tx, row, by, "paused", due_too=True)
    return _told(tx, by, row, "recurring_post.paused", (before, _state(row) | {"publication_ids": stopped}))


def resume(tx: Transaction, by: Caller, recurring_post_id: UUID, expected: int | None) -> dict[str, Any]:
    """It goes on with what is still to come: what passed while it was paused is not made. Again is fine."""
    row = recurring_reads.locked(tx, by, recurring_post_id, expected)
    _must_not_have_ended(row)
    if row.status == "active":
        return recurring_reads.shown(tx, [row])[0]
    before, row.status = _state(row), "active"
    _touch(tx, by, row)
    replanning.replanned(tx, row, by, "paused")
    return _told(tx, by, row, "recurring_post.resumed", (before, _state(row)))


def remove(tx: Transaction, by: Caller, recurring_post_id: UUID, expected: int) -> None:
    """The end of it: what was made ahead and is not sent is cancelled. The row goes with its ledger; its
    publications stay as they are, as does what was written of it in the audit log."""
    row = recurring_reads.locked(tx, by, recurring_post_id, expected)
    before = _state(row)
    # Whoever makes publications of it has done so, or finds nothing more to make.
    mine = (
        RecurringOccurrence.workspace_id == row.workspace_id,
        RecurringOccurrence.recurring_post_id == row.id,
    )
    tx.session.execute(select(RecurringOccurrence.due_at).where(*mine).with_for_update()).all()
    stopped = replanning.replanned(tx, row, by, "recurring_post_deleted", due_too=True)
    tx.session.execute(
        delete(RecurringPost).where(
            RecurringPost.workspace_id == row.workspace_id, RecurringPost.id == row.id
        )
    )
    after = {"publication_ids": stopped}
    audit.record(tx, by, "recurring_post.deleted", ("recurring_post", row.id), before=before, after=after)
    outbox.emit(tx, by.workspace_id, "recurring_post.deleted", {"recurring_post_id": str(recurring_post_id)})


def _reschedule(tx: Transaction, row: RecurringPost, schedule_type: str, given: dict[str, Any]) -> None:
    """Another schedule; what had run to its end begins again."""
    config, rule = recurring_rules.checked(schedule_type, given, tx.now)
    if config["timezone"] != row.timezone:
        replanning.forgotten(tx, row, recurrence.key_at(rule, tx.now))
    row.schedule_type, row.schedule_config, row.timezone = schedule_type, config, config["timezone"]
    if row.status == "completed":
        row.status = "active"


def _repool(tx: Transaction, by: Caller, row: RecurringPost, body: RecurringPostUpdate) -> None:
    """Other contents or accounts, checked against those that stay."""
    known: Pool = {each.content_id: each.variation_of for each in tx.session.scalars(recurring_pools.of(row))}
    wanted = body.content_ids or []
    pool = recurring_pools.pooled(tx, by, wanted, known) if wanted else known
    _must_be_of_its_kind(row.content_type, pool)
    whole = recurring_pools.varied(tx, by, pool, body.variations or [])
    account_ids = body.connection_ids or recurring_reads.accounts_of(tx, row)
    targets = recurring_pools.connections(tx, by, account_ids)
    recurring_pools.check(tx, whole, targets, _pointers(wanted, pool, whole))
    if body.connection_ids is not None:
        recurring_pools.aim(tx, row, targets)
    recurring_pools.write(tx, row, whole)


def _pointers(given: list[UUID], pool: Pool, whole: Pool) -> dict[UUID, str]:
    """Where the body has each content of the pool."""
    named = {each: f"/content_ids/{index}" for index, each in enumerate(given)}
    made = (each for each in whole if each not in pool)
    return named | {each: f"/variations/{index}" for index, each in enumerate(made)}


def _must_be_of_its_kind(content_type: str, pool: Pool) -> None:
    if content_type == "fixed" and sum(variation_of not in pool for variation_of in pool.values()) > 1:
        detail = "A fixed recurring post has one content: for several give the content_type rotation."
        raise invalid("/content_ids", "fixed_has_one_content", detail)


def _must_allow(tx: Transaction, by: Caller, *, needs_approval: bool | None) -> None:
    if needs_approval is False and tx.session.get_one(Workspace, by.workspace_id).approval_required:
        detail = "This workspace publishes nothing without an approval: leave needs_approval out."
        raise invalid("/needs_approval", "approval_required", detail)


def _must_not_have_ended(row: RecurringPost) -> None:
    if row.status == "completed":
        detail = "It has run to its end: give it another schedule to have it go on."
        raise DomainError(Kind.CONFLICT, "already_completed", detail)


def _touch(tx: Transaction, by: Caller, row: RecurringPost) -> None:
    row.version, row.updated_at, row.updated_by = row.version + 1, tx.now, by.person_id
    tx.session.flush()


def _state(row: RecurringPost) -> dict[str, Any]:
    """What the audit log has of it: its name and its texts are its owner's."""
    return {
        "status": row.status,
        "schedule_type": row.schedule_type,
        "schedule_config": row.schedule_config,
        "content_type": row.content_type,
    }


def _told(
    tx: Transaction,
    by: Caller,
    row: RecurringPost,
    action: str,
    change: tuple[Mapping[str, Any] | None, Mapping[str, Any]],
) -> dict[str, Any]:
    """The recurring post as it is read, once it is written down what became of it."""
    tx.session.flush()
    audit.record(tx, by, action, ("recurring_post", row.id), before=change[0], after=change[1])
    outbox.emit(tx, by.workspace_id, action, {"recurring_post_id": str(row.id)})
    return recurring_reads.shown(tx, [row])[0]
