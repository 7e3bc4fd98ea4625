"""A publication that is to say something else: another content in the place of its own."""

from uuid import UUID

from lamplighter.domain.access import Caller
from lamplighter.postgres.models import Content
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind
from lamplighter.services import approvals, audit, outbox, publications, rounds
from lamplighter.services.content_changes import WAITING
from lamplighter.services.duplicates import fingerprint_of
from lamplighter.services.rounds import Held
from lamplighter.services.settling import settle
from lamplighter.services.wakeups import Wake


def swapped(tx: Transaction, by: Caller, publication_id: UUID, content: Content) -> list[Wake]:
    """The publication goes out with this content, which the caller has locked; conflict once any of it has
    been sent, or is being sent. An approval is of a content: where there was one it is asked for again.
    Send the returned wake-ups after the commit."""
    before = rounds.held(tx, by, publication_id)
    publication = before.publication
    rows = [row for row in publication.platforms if row.status != "cancelled"]
    if not rows or any(row.status not in WAITING or row.published_at is not None for row in rows):
        detail = "It has been sent, at least in part, is being sent, or was stopped: it keeps its content."
        raise DomainError(Kind.CONFLICT, "too_late_to_edit", detail)
    publication.content_id, publication.updated_by = content.id, by.person_id
    tx.session.flush()
    held = Held(publication, content)
    rounds.must_be_sendable(tx, held, rows)
    # Whoever has any of it in hand just now sends nothing: it read the other content.
    pending = [row for row in rows if row.status == "pending"]
    wakes = rounds.renewed(tx, held, pending, publication.scheduled_at) if pending else []
    for row in rows:
        if row.status != "pending":
            row.fingerprint, row.updated_at = fingerprint_of(content, row.platform), tx.now
    tx.session.flush()
    settle(tx, publication.workspace_id, publication.id)
    told = {"publication_id": str(publication.id)}
    outbox.emit(tx, by.workspace_id, "publication.content_changed", told)
    approvals.asked_again(tx, [publications.get(tx, by, publication.id)], by)
    was, now = {"content_id": before.content.id}, {"content_id": content.id}
    target = ("publication", publication.id)
    audit.record(tx, by, "publication.content_changed", target, before=was, after=now)
    return wakes
