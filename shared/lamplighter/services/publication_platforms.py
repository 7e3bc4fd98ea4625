"""A publication on one of its accounts: tried again, stopped, removed, edited."""

from collections.abc import Sequence
from uuid import UUID

from lamplighter.domain import interventions
from lamplighter.domain.access import Caller
from lamplighter.domain.history import next_step
from lamplighter.domain.networks import NETWORKS
from lamplighter.postgres.models import Publication, PublicationAttempt, PublicationPlatform
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind
from lamplighter.services import (
    approvals,
    audit,
    ledger,
    occurrence_links,
    outbox,
    publication_moves,
    publications,
    rounds,
)
from lamplighter.services.duplicates import fingerprint_of
from lamplighter.services.renditions import rendition_of
from lamplighter.services.rounds import Held
from lamplighter.services.settling import settle
from lamplighter.services.wakeups import Wake


def retry(
    tx: Transaction, by: Caller, publication_id: UUID, platform_id: UUID
) -> tuple[Publication, list[Wake]]:
    """Another round now for what failed, is held or was skipped, and for nothing else; of a post in several
    segments, from the one that is missing. Send the returned wake-ups after the commit."""
    held = rounds.held(tx, by, publication_id)
    row = publications.platform_of(held.publication, platform_id)
    interventions.must_be_retriable(row.status)
    rounds.must_be_sendable(tx, held, [row])
    _must_be_approved(tx, held.publication)
    before = row.status
    wakes = rounds.renewed(tx, held, [row], tx.now, released_at=tx.now)
    return _settled(tx, by, row, "publication.retried", before), wakes


def cancel(tx: Transaction, by: Caller, publication_id: UUID, platform_id: UUID) -> Publication:
    """Stop what has not been sent yet to one account; the others go on. Again is fine."""
    occurrence_links.hold(tx, by.workspace_id, publication_id)
    publication = publications.locked(tx, by, publication_id)
    row = publications.platform_of(publication, platform_id)
    if row.status == "cancelled":
        return publications.get(tx, by, publication_id)  # again: the first answer may have been lost
    interventions.must_be_stoppable(row.status)
    return publication_moves.stop(tx, by, publication, [row])


def remove(
    tx: Transaction, by: Caller, publication_id: UUID, platform_id: UUID
) -> tuple[Publication, list[Wake]]:
    """Have a published post taken back from its network. Send the returned wake-ups after the commit."""
    held = rounds.held(tx, by, publication_id)
    row, _attempts = _changeable(tx, held, platform_id, "remove")
    rounds.must_be_connected(tx, held.publication, [row])
    wakes = rounds.renewed(tx, held, [row], tx.now, change="remove")
    return _settled(tx, by, row, "publication.removal_requested", row.status), wakes


def edit(
    tx: Transaction, by: Caller, publication_id: UUID, platform_id: UUID
) -> tuple[Publication, list[Wake]]:
    """Have a published post say what its content says now. Send the returned wake-ups after the commit."""
    held = rounds.held(tx, by, publication_id)
    row, attempts = _changeable(tx, held, platform_id, "edit")
    _must_differ(held, row, attempts)
    rounds.must_be_sendable(tx, held, [row])
    _must_be_approved(tx, held.publication)
    said = fingerprint_of(held.content, row.platform)
    wakes = rounds.renewed(tx, held, [row], tx.now, change="edit", fingerprint=said)
    return _settled(tx, by, row, "publication.edit_requested", row.status), wakes


def _changeable(
    tx: Transaction, held: Held, platform_id: UUID, change: str
) -> tuple[PublicationPlatform, Sequence[PublicationAttempt]]:
    """The row that may be changed, and every attempt at it."""
    row = publications.platform_of(held.publication, platform_id)
    attempts = ledger.history(tx, row.workspace_id, row.id)
    posted = [a.remote_id for a in attempts if (a.task, a.status) == ("publish", "published")]
    interventions.must_be_changeable(row.status, row.change, posted)
    interventions.must_be_supported(NETWORKS[row.platform], change)
    return row, attempts


def _must_differ(held: Held, row: PublicationPlatform, attempts: Sequence[PublicationAttempt]) -> None:
    """An edit changes the words of what is out: it neither adds a segment nor takes one away."""
    digests = rendition_of(held.content, row.platform).digests
    tried = ledger.as_tried(attempts)
    posted = {each.segment for each in tried if (each.task, each.status) == ("publish", "published")}
    if len(posted) != len(digests):
        detail = (
            "The content has another number of segments than the post: remove the post, and schedule the"
            " content anew."
        )
        raise DomainError(Kind.CONFLICT, "segments_differ", detail)
    if next_step(tried, "edit", digests) is None:
        detail = "The post says what the content says: change the content first."
        raise DomainError(Kind.CONFLICT, "nothing_to_change", detail)


def _must_be_approved(tx: Transaction, publication: Publication) -> None:
    state = approvals.standing(tx, publication)
    if state == "pending":
        detail = "It waits for an approval as it is now: have it approved first."
        raise DomainError(Kind.CONFLICT, "approval_pending", detail)
    if state == "rejected":
        detail = "It was rejected: request an approval again first."
        raise DomainError(Kind.CONFLICT, "approval_rejected", detail)


def _settled(tx: Transaction, by: Caller, row: PublicationPlatform, action: str, before: str) -> Publication:
    settle(tx, by.workspace_id, row.publication_id)
    changed = publications.get(tx, by, row.publication_id)
    now = publications.platform_of(changed, row.id)
    ids = {"platform_id": row.id}
    after = {**ids, "status": now.status, "change": now.change}
    target = ("publication", row.publication_id)
    audit.record(tx, by, action, target, before={**ids, "status": before}, after=after)
    payload = {"publication_id": str(row.publication_id), "publication_platform_id": str(row.id)}
    outbox.emit(tx, by.workspace_id, action, payload)
    return changed
