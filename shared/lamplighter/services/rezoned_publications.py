"""Publications of recurring posts that go to another time, or to none, because the zone data say so."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.orm import selectinload

from lamplighter.postgres.models import (
    Content,
    Publication,
    PublicationPlatform,
    RecurringOccurrence,
    Workspace,
)
from lamplighter.postgres.session import Transaction
from lamplighter.services import approvals, audit, dispatching, outbox, rounds, zones
from lamplighter.services.replanning import CLOCK_CHANGE
from lamplighter.services.rounds import Held
from lamplighter.services.settling import settle
from lamplighter.services.wakeups import Wake

type Late = tuple[RecurringOccurrence, datetime]
"""A locked occurrence and the instant that it has now."""


def moved(tx: Transaction, workspace_id: UUID, late: Sequence[Late]) -> tuple[int, list[Wake]]:
    """Give the occurrences their instants, and their publications with them; how many. One whose publication
    somebody has moved, or which is on its way, is left as it is. Send the wake-ups after the commit."""
    held = _held(tx, workspace_id, [row for row, _ in late])
    count, wakes = 0, list[Wake]()
    for row, at in late:
        if row.status == "made":
            mine = held.get(row.publication_id) if row.publication_id else None
            if mine is None or mine.publication.scheduled_at != row.due_at:
                continue
            wakes += _moved(tx, mine, at)
        row.due_at = at
        count += 1
    return count, wakes


def called_off(tx: Transaction, workspace_id: UUID, gone: Sequence[RecurringOccurrence]) -> int:
    """These occurrences have no time any more; how many were called off."""
    held = _held(tx, workspace_id, gone)
    count = 0
    for row in gone:
        if row.status == "made":
            mine = held.get(row.publication_id) if row.publication_id else None
            if mine is None or mine.publication.scheduled_at != row.due_at:
                continue
            _stopped(tx, mine.publication)
        row.status, row.code = "skipped", CLOCK_CHANGE
        count += 1
    return count


def _moved(tx: Transaction, held: Held, at: datetime) -> list[Wake]:
    """As when somebody moves it, with one difference: an approval that stands goes along. It was given to the
    local time that the rule names, and that is the same."""
    publication = held.publication
    before = {"scheduled_at": publication.scheduled_at, "approval_hash": publication.approval_hash}
    stands = approvals.standing(tx, publication)
    publication.scheduled_at = at
    tx.session.flush()
    wakes = rounds.renewed(tx, held, _open(publication), at, released_at=None)
    settle(tx, publication.workspace_id, publication.id)
    if stands == "approved":
        approvals.carried_along(tx, publication)
    else:
        approvals.asked_again(tx, [publication], None)
    outbox.emit(tx, publication.workspace_id, "publication.moved", {"publication_id": str(publication.id)})
    after = {
        "scheduled_at": at,
        "approval_hash": approvals.hash_of(tx, publication),
        "zones": zones.version(),
    }
    if publication.approval_status is None:
        del before["approval_hash"], after["approval_hash"]
    _record(tx, publication, "publication.moved", before, after)
    return wakes


def _stopped(tx: Transaction, publication: Publication) -> None:
    ids = [row.id for row in _open(publication)]
    dispatching.dropped(tx, publication.workspace_id, ids)
    mine = (
        PublicationPlatform.workspace_id == publication.workspace_id,
        PublicationPlatform.id.in_(ids),
    )
    changes = {"status": "cancelled", "error_code": CLOCK_CHANGE, "updated_at": tx.now}
    tx.session.execute(update(PublicationPlatform).where(*mine).values(changes))
    settle(tx, publication.workspace_id, publication.id)
    after = {"status": "cancelled", "because": CLOCK_CHANGE, "zones": zones.version()}
    _record(tx, publication, "publication.cancelled", {"status": "scheduled"}, after)


def _held(tx: Transaction, workspace_id: UUID, rows: Sequence[RecurringOccurrence]) -> dict[UUID, Held]:
    """The publications of these occurrences that wait whole, locked; their contents first, as everywhere."""
    ids = [row.publication_id for row in rows if row.status == "made" and row.publication_id]
    if not ids:
        return {}
    mine = (Publication.workspace_id == workspace_id, Publication.id.in_(ids))
    used = select(Publication.content_id).where(*mine)
    shared = select(Content).where(Content.workspace_id == workspace_id, Content.id.in_(used))
    in_order = shared.order_by(Content.id).with_for_update(read=True)
    contents = {content.id: content for content in tx.session.scalars(in_order)}
    locked = select(Publication).where(*mine).order_by(Publication.id).with_for_update(of=Publication)
    whole = locked.options(selectinload(Publication.platforms))
    found = tx.session.scalars(whole, execution_options={"populate_existing": True}).all()
    return {each.id: Held(each, contents[each.content_id]) for each in found if _waits(each)}


def _waits(publication: Publication) -> bool:
    """Whether nothing of it has been sent or decided yet."""
    rows = _open(publication)
    return bool(rows) and all(row.status == "pending" and row.published_at is None for row in rows)


def _open(publication: Publication) -> list[PublicationPlatform]:
    return [row for row in publication.platforms if row.status != "cancelled"]


def _record(
    tx: Transaction,
    publication: Publication,
    action: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
) -> None:
    owner = select(Workspace.organization_id).where(Workspace.id == publication.workspace_id)
    scope = {
        "workspace_id": publication.workspace_id,
        "organization_id": tx.session.scalars(owner).one(),
    }
    audit.record(tx, None, action, ("publication", publication.id), before=before, after=after, **scope)
