"""Content that is changed, and what that means for the publications of it that are still to go out."""

from collections.abc import Collection, Iterator, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lamplighter.domain.access import Caller
from lamplighter.postgres.models import Content, PlatformConnection, Publication, PublicationPlatform
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, not_found
from lamplighter.schemas.content import ContentUpdate
from lamplighter.services import approvals, audit, outbox, preflight
from lamplighter.services import content as contents
from lamplighter.services.duplicates import fingerprint_of
from lamplighter.services.rows import stale

WAITING = ("pending", "held")
"""The states of a platform row whose post is certainly not on the network yet: it goes out as the content is
by then."""
OUTGOING = (*WAITING, "publishing", "unknown")
"""Those and the ones of which something may still have to be sent."""

_SAID = frozenset({"original_text", "adapted_versions", "media", "segments", "language"})
"""The columns that make a post what it is."""


def change(tx: Transaction, by: Caller, content_id: UUID, body: ContentUpdate, expected: int) -> Content:
    """The content with the given fields changed, if it still has the version that was read.

    Locks the content, then its publications, as whoever schedules reads the content and then makes one. A
    worker locks the publication and then reads the content: what is committed before that goes out, and what
    comes after does not touch what is out.
    """
    row = _locked(tx, by, content_id)
    if row.version != expected:
        raise stale()
    before, changed = row.status, _changed(tx, by, row, body)
    said = not _SAID.isdisjoint(changed)
    archives = "status" in changed and row.status == "archived"
    concerned = _outgoing(tx, row) if said or archives else []
    if archives and concerned:
        detail = "It is still to go out: cancel its publications first, or wait until they are done."
        raise DomainError(Kind.CONFLICT, "content_in_use", detail)
    if said:
        _carry_over(tx, by, row, concerned)
    names = sorted("text" if name == "original_text" else name for name in changed)
    affected = {"publication_ids": [str(each.id) for each in concerned]}
    after = {"status": row.status, "changed": names, **affected}
    audit.record(tx, by, "content.updated", ("content", row.id), before={"status": before}, after=after)
    outbox.emit(tx, by.workspace_id, "content.updated", {"content_id": str(row.id), **affected})
    return row


def _locked(tx: Transaction, by: Caller, content_id: UUID) -> Content:
    statement = select(Content).where(Content.workspace_id == by.workspace_id, Content.id == content_id)
    row = tx.session.scalars(statement.with_for_update()).one_or_none()
    if row is None:
        raise not_found()
    return row


def _changed(tx: Transaction, by: Caller, row: Content, body: ContentUpdate) -> Collection[str]:
    """The columns that are others now; the row has them."""
    given = body.columns()
    changes = {name: value for name, value in given.items() if getattr(row, name) != value}
    for name, value in changes.items():
        setattr(row, name, value)
    if not _SAID.isdisjoint(changes):
        contents.check(tx, by, {name: getattr(row, name) for name in _SAID}, changes)
    row.version, row.updated_at = row.version + 1, tx.now
    row.updated_by = by.person_id or row.updated_by  # of the people: whoever wrote it does not approve it
    tx.session.flush()
    return changes.keys()


def _outgoing(tx: Transaction, content: Content) -> Sequence[Publication]:
    """The publications of which something is still to go out, locked. Their platform rows are read after the
    locks are held: while we waited, a worker may have sent one."""
    has_outgoing = Publication.platforms.any(PublicationPlatform.status.in_(OUTGOING))
    statement = (
        select(Publication)
        .where(
            Publication.workspace_id == content.workspace_id,
            Publication.content_id == content.id,
            has_outgoing,
        )
        .order_by(Publication.id)
        .options(selectinload(Publication.platforms))
        .with_for_update(of=Publication)
    )
    found = tx.session.scalars(statement).all()
    return [each for each in found if any(row.status in OUTGOING for row in each.platforms)]


def _carry_over(tx: Transaction, by: Caller, content: Content, concerned: Sequence[Publication]) -> None:
    """Bring what waits in line with the new words, or refuse them."""
    _must_reach(by, concerned)
    waiting = list(_rows(concerned, WAITING))
    preflight.check_change(tx, content, _connections(tx, content.workspace_id, waiting))
    prints = {row.platform: fingerprint_of(content, row.platform) for row in waiting}
    for row in waiting:
        row.fingerprint, row.updated_at = prints[row.platform], tx.now
    tx.session.flush()
    still = {row.publication_id for row in waiting}
    approvals.asked_again(tx, [each for each in concerned if each.id in still], by)


def _must_reach(by: Caller, concerned: Sequence[Publication]) -> None:
    """A key changes no post that it could not have scheduled: neither a real one with a test key, nor one on
    an account that a limited key does not name."""
    if any(each.mode == "live" for each in concerned):
        by.must_be_live()
    if not all(by.may_use(row.connection_id) for row in _rows(concerned, OUTGOING)):
        by.must_be_unlimited()


def _rows(publications: Sequence[Publication], statuses: Collection[str]) -> Iterator[PublicationPlatform]:
    return (row for each in publications for row in each.platforms if row.status in statuses)


def _connections(
    tx: Transaction, workspace_id: UUID, rows: Sequence[PublicationPlatform]
) -> Sequence[PlatformConnection]:
    ids = {row.connection_id for row in rows}
    if not ids:
        return []
    statement = select(PlatformConnection).where(
        PlatformConnection.workspace_id == workspace_id, PlatformConnection.id.in_(ids)
    )
    return tx.session.scalars(statement.order_by(PlatformConnection.id)).all()
