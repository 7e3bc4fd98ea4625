"""Resolving by hand: a person says what became of a post whose outcome nobody could find out."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from lamplighter.domain import interventions
from lamplighter.domain.access import Caller
from lamplighter.domain.history import NOT_ON_NETWORK, PROCESSING, next_step
from lamplighter.postgres.models import Publication, PublicationAttempt, PublicationPlatform
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid
from lamplighter.schemas.publications import PublicationResolve
from lamplighter.services import audit, dispatching, ledger, publications, rounds
from lamplighter.services.renditions import rendition_of
from lamplighter.services.rounds import Held
from lamplighter.services.settling import settle
from lamplighter.services.wakeups import Wake


def resolve(
    tx: Transaction, by: Caller, publication_id: UUID, platform_id: UUID, body: PublicationResolve
) -> tuple[Publication, list[Wake]]:
    """Take a person's word for it: what was posted is published, what was not is sent again. Whoever is
    looking for it just now changes nothing any more. Send the returned wake-ups after the commit."""
    held = rounds.held(tx, by, publication_id)
    row = publications.platform_of(held.publication, platform_id)
    # A worker that begins holds this lock while it writes the ledger's next line, as is done here.
    dispatching.locked(tx, row.workspace_id, [row.id])
    attempts = ledger.history(tx, row.workspace_id, row.id)
    interventions.must_be_open(row.status, is_looked_for=_is_looked_for(attempts))
    if not body.is_posted:
        if _is_processed(tx, row, attempts):
            interventions.refuse_while_processed()
        interventions.must_have_settled(_last_call(attempts), tx.now)
    before = row.status
    wakes = _posted(tx, held, row, body) if body.is_posted else _not_posted(tx, held, row)
    settle(tx, by.workspace_id, publication_id)
    resolved = publications.get(tx, by, publication_id)
    ids = {"platform_id": row.id}
    now = publications.platform_of(resolved, row.id).status
    after = {**ids, "status": now, "outcome": body.outcome}
    target = ("publication", publication_id)
    audit.record(tx, by, "publication.resolved", target, before={**ids, "status": before}, after=after)
    return resolved, wakes


def _is_looked_for(attempts: Sequence[PublicationAttempt]) -> bool:
    """Whether a call of the open segment has ended without an outcome, and no other one is made just now.

    A call that is being made may yet tell by itself: until it has, or its worker is known to be lost, nobody
    is asked.
    """
    last = attempts[-1] if attempts else None
    if last is None or last.task != "publish":
        return False
    return last.status == "unknown" or (last.reconciles and last.status != "published")


def _is_processed(tx: Transaction, row: PublicationPlatform, attempts: Sequence[PublicationAttempt]) -> bool:
    """Whether the network said that it works on the open segment, and is still asked what became of it."""
    return any(a.error_code == PROCESSING for a in _open(attempts)) and dispatching.is_left(tx, row)


def _last_call(attempts: Sequence[PublicationAttempt]) -> datetime | None:
    """When the open segment was last sent without an answer: its worker's end of waiting for one."""
    calls = [a for a in _open(attempts) if a.status == "unknown" and not a.reconciles]
    return max((a.finished_at or a.sending_at or a.claimed_at for a in calls), default=None)


def _open(attempts: Sequence[PublicationAttempt]) -> Iterator[PublicationAttempt]:
    """What was tried for the open segment since it was last known to be absent, the latest first."""
    segment, latest = attempts[-1].segment, reversed(attempts)
    return takewhile(lambda a: a.segment == segment and not ledger.tried_of(a).proves_absence, latest)


def _posted(tx: Transaction, held: Held, row: PublicationPlatform, body: PublicationResolve) -> list[Wake]:
    goes_on = _note(tx, held, row, body)
    changes: dict[str, Any] = {"status": "publishing" if goes_on else "published"}
    if row.published_at is None:
        changes |= {"platform_post_id": body.platform_post_id, "url": body.url, "published_at": tx.now}
    if goes_on:
        return rounds.renewed(tx, held, [row], tx.now, **changes)
    dispatching.dropped(tx, row.workspace_id, [row.id])
    tx.session.execute(
        update(PublicationPlatform)
        .where(PublicationPlatform.workspace_id == row.workspace_id, PublicationPlatform.id == row.id)
        .values(**changes, error_code=None, error_message=None, updated_at=tx.now)
    )
    return []


def _note(tx: Transaction, held: Held, row: PublicationPlatform, body: PublicationResolve) -> bool:
    """Write down where the segment is; whether another one follows."""
    try:
        with tx.session.begin_nested():
            ledger.noted(tx, row, status="published", remote_id=body.platform_post_id, url=body.url)
    except IntegrityError as error:  # idx_attempts_remote: no post on a network is two of ours
        detail = "This post is known as another publication's: look for the id again."
        raise DomainError(Kind.CONFLICT, "another_publications_post", detail) from error
    tried = ledger.as_tried(ledger.history(tx, row.workspace_id, row.id))
    digests = rendition_of(held.content, row.platform).digests
    goes_on = next_step(tried, None, digests) is not None
    if goes_on and body.platform_post_id is None:
        detail = "More of it is still to be posted in answer to this: give the post's id on its network."
        raise invalid("/platform_post_id", "platform_post_id_missing", detail)
    return goes_on


def _not_posted(tx: Transaction, held: Held, row: PublicationPlatform) -> list[Wake]:
    ledger.noted(tx, row, status="not_sent", code=NOT_ON_NETWORK)
    return rounds.renewed(tx, held, [row], tx.now, released_at=tx.now)
