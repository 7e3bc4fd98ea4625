"""Deciding: who asks for an approval, gives it, refuses it or takes it back, and what follows."""

from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from lamplighter.domain import approvals as rules
from lamplighter.domain.access import Caller
from lamplighter.domain.approvals import Action
from lamplighter.postgres.models import Approval, Content, Publication, Workspace
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, not_found
from lamplighter.schemas.approvals import ApprovalDecision, ApprovalStep
from lamplighter.services import approvals, dispatching, publications
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import stale
from lamplighter.services.settling import lock
from lamplighter.services.wakeups import Wake

type Decided = tuple[Publication, list[Wake]]


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to happen to an approval. `expected`: the version of the publication they read."""

    action: Action
    body: ApprovalStep | ApprovalDecision
    expected: int | None = None


_WAITING = (None, "approval_pending")
"""What a platform row says that waits for nothing but its time or its approval."""


def request(
    tx: Transaction, by: Caller, publication_id: UUID, body: ApprovalStep, expected: int | None
) -> Publication:
    """Ask for an approval of what stands; asked before, it stays asked."""
    return _made(tx, by, publication_id, Wish("requested", body, expected))[0]


def approve(
    tx: Transaction, by: Caller, publication_id: UUID, body: ApprovalDecision, expected: int | None
) -> Decided:
    """Approve what stands, and no word more. What has waited for it is due at once: send the returned
    wake-ups after the commit."""
    return _made(tx, by, publication_id, Wish("approved", body, expected))


def reject(
    tx: Transaction, by: Caller, publication_id: UUID, body: ApprovalDecision, expected: int | None
) -> Publication:
    """Keep it from going out, until an approval is requested again."""
    return _made(tx, by, publication_id, Wish("rejected", body, expected))[0]


def revoke(
    tx: Transaction, by: Caller, publication_id: UUID, body: ApprovalStep, expected: int | None
) -> Publication:
    """Take an approval back while the post is still here; it is asked about anew."""
    return _made(tx, by, publication_id, Wish("revoked", body, expected))[0]


def listed(tx: Transaction, by: Caller, publication_id: UUID, order: Order) -> dict[str, Any]:
    """A page of what was decided about a publication."""
    publications.get(tx, by, publication_id)
    statement = select(Approval).where(
        Approval.workspace_id == by.workspace_id, Approval.publication_id == publication_id
    )
    return page(tx, statement, Approval.id, order, bound_to=f"approvals {by.workspace_id} {publication_id}")


def _made(tx: Transaction, by: Caller, publication_id: UUID, wish: Wish) -> Decided:
    lock(tx, by.workspace_id, publication_id)
    wakes = decided(tx, publications.get(tx, by, publication_id), by, wish)
    return publications.get(tx, by, publication_id), wakes


def locked(tx: Transaction, workspace_id: UUID, publication_id: UUID) -> Publication:
    """The publication with its platforms, locked; not_found where it is no more."""
    lock(tx, workspace_id, publication_id)
    statement = (
        select(Publication)
        .where(Publication.workspace_id == workspace_id, Publication.id == publication_id)
        .options(selectinload(Publication.platforms))
    )
    row = tx.session.scalars(statement, execution_options={"populate_existing": True}).one_or_none()
    if row is None:
        raise not_found()
    return row


def decided(tx: Transaction, publication: Publication, by: Caller, wish: Wish) -> list[Wake]:
    """Take one step with a locked publication, or none where it is taken already."""
    state, stands = approvals.standing(tx, publication), approvals.hash_of(tx, publication)
    if isinstance(wish.body, ApprovalDecision):
        rules.must_be_same(wish.body.approval_hash, stands)
    if wish.action == "approved":
        _must_be_no_author(tx, publication, by)
    following = rules.after(state, wish.action)
    if following is None and state == (publication.approval_status or "none"):
        return []
    if wish.expected is not None and publication.version != wish.expected:
        raise stale()
    rules.must_be_open({platform.status for platform in publication.platforms}, state, wish.action)
    # A state that no row says yet: what was approved reads otherwise since, and somebody says so aloud.
    taken = approvals.Step(wish.action, following or state, stands, wish.body.comment)
    approvals.step(tx, publication, by, taken)
    return _released(tx, publication) if wish.action == "approved" else []


def _released(tx: Transaction, publication: Publication) -> list[Wake]:
    """What waited for the approval goes out at its time, or now if that has passed; what waits for its
    network goes on waiting."""
    waiting = [
        platform.id
        for platform in publication.platforms
        if platform.status == "pending" and platform.error_code in _WAITING
    ]
    due_at = max(tx.now, publication.scheduled_at)
    return dispatching.moved(tx, publication.workspace_id, waiting, due_at)


def _must_be_no_author(tx: Transaction, publication: Publication, by: Caller) -> None:
    """Where the workspace wants four eyes, those who made or changed what is to be approved are barred. What
    a client decides by a link is the client's, whoever made the link."""
    workspace = tx.session.get_one(Workspace, publication.workspace_id)
    if workspace.author_may_approve or by.kind != "user":
        return
    if by.id in _authors(tx, publication):
        detail = "You wrote, changed or scheduled it: in this workspace somebody else approves it."
        raise DomainError(Kind.FORBIDDEN, "author_may_not_approve", detail)


def _authors(tx: Transaction, publication: Publication) -> set[UUID]:
    """Who made it and who changed it last, and whoever changed it while it was asked about or approved."""
    made = select(Content.created_by, Content.updated_by).where(
        Content.workspace_id == publication.workspace_id, Content.id == publication.content_id
    )
    changed = select(Approval.actor_id).where(
        Approval.workspace_id == publication.workspace_id,
        Approval.publication_id == publication.id,
        Approval.action == "reset",
        Approval.actor_kind == "user",
    )
    written = cast("tuple[UUID | None, ...]", tuple(tx.session.execute(made).one()))
    everybody = {publication.created_by, publication.updated_by, *written, *tx.session.scalars(changed)}
    return {person for person in everybody if person is not None}
