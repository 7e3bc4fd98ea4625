"""A publication as a whole: moved to another time, sent at once, stopped."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update

from lamplighter.domain import interventions
from lamplighter.domain.access import Caller
from lamplighter.domain.vocabulary import DISPATCH_PRIORITIES
from lamplighter.postgres.models import Publication, PublicationPlatform
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid
from lamplighter.schemas.publications import NEXT_FREE_SLOT, NOW, PublicationUpdate
from lamplighter.services import (
    approvals,
    audit,
    dispatching,
    occurrence_links,
    outbox,
    publications,
    rounds,
    scheduling,
    slots,
)
from lamplighter.services.rounds import Held
from lamplighter.services.settling import settle
from lamplighter.services.wakeups import Wake


def change(
    tx: Transaction, by: Caller, publication_id: UUID, body: PublicationUpdate, expected: int | None
) -> tuple[Publication, list[Wake]]:
    """Another time, priority or late policy for what has not been sent. What was missed, held or has failed
    is set going again by a new time. Send the returned wake-ups after the commit."""
    is_queued = body.scheduled_at == NEXT_FREE_SLOT  # whose accounts are held before any row is locked
    slot = slots.next_free_for(tx, by, publication_id) if is_queued else None
    occurrence_links.hold(tx, by.workspace_id, publication_id)
    held = rounds.held(tx, by, publication_id, expected)
    given = {name: getattr(body, name) for name in body.model_fields_set}
    changes = {name: value for name, value in given.items() if value is not None}
    if body.scheduled_at is not None:
        changes["scheduled_at"] = slot or scheduling.due(tx, body.scheduled_at)
        changes["queued"] = is_queued
    late_policy = changes.get("late_policy", held.publication.late_policy)
    minutes = changes.get("late_after_minutes", held.publication.late_after_minutes)
    if late_policy != "send" and minutes is None:
        detail = "Say after how many minutes this late policy acts: late_after_minutes."
        raise invalid("/late_after_minutes", "late_after_minutes_missing", detail)
    _must_be_movable(held)
    if body.scheduled_at == NOW:
        interventions.must_leave_room_for_approval(held.publication.approval_status, late_policy)
    action = "publication.moved" if "scheduled_at" in changes else "publication.updated"
    return _changed(tx, by, held, changes, action)


def publish_now(
    tx: Transaction, by: Caller, publication_id: UUID, expected: int | None
) -> tuple[Publication, list[Wake]]:
    """Due at once instead of at its time. Send the returned wake-ups after the commit."""
    occurrence_links.hold(tx, by.workspace_id, publication_id)
    held = rounds.held(tx, by, publication_id, expected)
    _must_be_movable(held)
    publication = held.publication
    interventions.must_leave_room_for_approval(publication.approval_status, publication.late_policy)
    return _changed(tx, by, held, {"scheduled_at": tx.now, "queued": False}, "publication.released")


def move(tx: Transaction, by: Caller, publication_id: UUID, due_at: datetime) -> list[Wake]:
    """Another slot of the queue for what has not been sent. Send the returned wake-ups after the commit."""
    occurrence_links.hold(tx, by.workspace_id, publication_id)
    held = rounds.held(tx, by, publication_id)
    _must_be_movable(held)
    return _changed(tx, by, held, {"scheduled_at": due_at}, "publication.moved")[1]


def cancel(tx: Transaction, by: Caller, publication_id: UUID, expected: int | None) -> Publication:
    """Stop what has not been sent yet; again is fine, and conflict when it went out already."""
    occurrence_links.hold(tx, by.workspace_id, publication_id)
    row = publications.locked(tx, by, publication_id)
    if row.status == "cancelled":
        return publications.get(tx, by, publication_id)  # again: the first answer may have been lost
    publications.must_be_version(row, expected)
    stopped = [each for each in row.platforms if each.status in interventions.STOPPABLE]
    if not stopped:
        detail = f"Nothing is left to cancel: this publication is {row.status}."
        raise DomainError(Kind.CONFLICT, "too_late_to_cancel", detail)
    return stop(tx, by, row, stopped)


def stop(
    tx: Transaction, by: Caller, publication: Publication, rows: list[PublicationPlatform]
) -> Publication:
    """These rows of the locked publication are sent no more."""
    before = publication.status
    ids = [row.id for row in rows]
    dispatching.dropped(tx, publication.workspace_id, ids)
    mine = (PublicationPlatform.workspace_id == publication.workspace_id, PublicationPlatform.id.in_(ids))
    tx.session.execute(update(PublicationPlatform).where(*mine).values(status="cancelled", updated_at=tx.now))
    settle(tx, publication.workspace_id, publication.id)
    stopped = publications.get(tx, by, publication.id)
    if stopped.status == "cancelled":
        occurrence_links.skipped(tx, stopped)
    after = {"status": stopped.status, "platform_ids": ids}
    target = ("publication", publication.id)
    audit.record(tx, by, "publication.cancelled", target, before={"status": before}, after=after)
    return stopped


def _must_be_movable(held: Held) -> None:
    rows = held.publication.platforms
    interventions.must_be_movable([(row.status, row.published_at is not None) for row in rows])


def _changed(
    tx: Transaction, by: Caller, held: Held, changes: dict[str, Any], action: str
) -> tuple[Publication, list[Wake]]:
    publication = held.publication
    was = {"status": publication.status, **{name: getattr(publication, name) for name in changes}}
    for name, value in changes.items():
        setattr(publication, name, value)
    publication.updated_by = by.person_id
    tx.session.flush()
    wakes = _moved(tx, held) if "scheduled_at" in changes else []
    if "priority" in changes:
        ids = [row.id for row in publication.platforms]
        dispatching.ranked(tx, publication.workspace_id, ids, DISPATCH_PRIORITIES[publication.priority])
    settle(tx, publication.workspace_id, publication.id)
    if "scheduled_at" in changes:
        occurrence_links.moved(tx, publication, changes["scheduled_at"])
        outbox.emit(tx, by.workspace_id, "publication.moved", {"publication_id": str(publication.id)})
        approvals.asked_again(tx, [publication], by)
    changed = publications.get(tx, by, publication.id)
    now = {"status": changed.status, **changes}
    audit.record(tx, by, action, ("publication", publication.id), before=was, after=now)
    return changed, wakes


def _moved(tx: Transaction, held: Held) -> list[Wake]:
    """Whoever holds any of it just now sends nothing, and lateness is measured from the new time."""
    rows = [row for row in held.publication.platforms if row.status != "cancelled"]
    again = [row for row in rows if row.status != "pending"]
    if again:
        rounds.must_be_sendable(tx, held, again)
    return rounds.renewed(tx, held, rows, held.publication.scheduled_at, released_at=None)
