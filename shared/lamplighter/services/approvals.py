"""Approvals: what one is bound to, whether it still stands, and each step of it written down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from sqlalchemy import bindparam, select, update

from lamplighter.domain.access import Principal
from lamplighter.domain.approvals import Action, State
from lamplighter.domain.renditions import approval_hash
from lamplighter.ids import new_id
from lamplighter.postgres.models import Approval, Content, Publication, PublicationPlatform, Workspace
from lamplighter.postgres.session import Transaction
from lamplighter.services import audit, outbox
from lamplighter.services.rows import insert_into

_ROW = insert_into(Approval)
_IT = (Publication.workspace_id == bindparam("workspace_id"), Publication.id == bindparam("id"))
_WORDS = (
    select(
        Content.original_text,
        Content.media,
        Content.segments,
        Content.adapted_versions,
        Content.language,
        Publication.scheduled_at,
    )
    .join(Publication, Publication.content_id == Content.id)
    .where(*_IT, Content.workspace_id == bindparam("workspace_id"))
)
_TARGETS = select(PublicationPlatform.connection_id).where(
    PublicationPlatform.workspace_id == bindparam("workspace_id"),
    PublicationPlatform.publication_id == bindparam("id"),
)

_TOLD: Mapping[Action, tuple[str, str]] = {
    "requested": ("publication.approval_requested", "publication.approval_requested"),
    "revoked": ("publication.approval_revoked", "publication.approval_requested"),
    "reset": ("publication.approval_reset", "publication.approval_requested"),
    "approved": ("publication.approved", "publication.approved"),
    "rejected": ("publication.rejected", "publication.rejected"),
}
"""Each step in the audit log and as an event: whatever took an approval away, it is asked for again."""


def hash_of(tx: Transaction, publication: Publication) -> str:
    """What an approval of the publication would be bound to: its content, targets and time as they are now.

    Asked anew of the database in statements of their own. A caller who has just waited for the publication's
    lock holds rows that a join read beside it before the wait, and those may be older than the lock.
    """
    wanted = {"workspace_id": publication.workspace_id, "id": publication.id}
    words = tx.session.execute(_WORDS, wanted).one()
    return approval_hash(
        text=words.original_text,
        media=words.media,
        segments=words.segments,
        adapted=words.adapted_versions,
        language=words.language,
        connections=tx.session.scalars(_TARGETS, wanted).all(),
        scheduled_at=words.scheduled_at,
    )


def standing(tx: Transaction, publication: Publication) -> State:
    """The approval as it counts now: approved only where exactly this content was. Ask it of a publication
    that is locked."""
    state = cast("State", publication.approval_status or "none")
    if state == "approved" and publication.approval_hash != hash_of(tx, publication):
        return "pending"
    return state


def asked(tx: Transaction, publication: Publication, by: Principal, comment: str | None = None) -> None:
    """Somebody is asked to approve the publication, as it stands; it is flushed with its platforms."""
    step(tx, publication, by, Step("requested", "pending", hash_of(tx, publication), comment))


def asked_again(tx: Transaction, publications: Sequence[Publication], by: Principal | None) -> None:
    """After a change by somebody, or one that Lamplighter itself finds: of these locked publications, what
    was asked about or approved is so no longer as it was, and is asked about anew."""
    for publication in publications:
        if publication.approval_status in {"pending", "approved"}:
            stands = hash_of(tx, publication)
            if stands != publication.approval_hash:
                step(tx, publication, by, Step("reset", "pending", stands))


def carried_along(tx: Transaction, publication: Publication) -> None:
    """The approval of a locked publication, which stood until the clocks of its time zone were changed by law
    (ADR 0021), stands for what it is now. Nobody decided anything: no step of the ledger."""
    mine = (Publication.workspace_id == publication.workspace_id, Publication.id == publication.id)
    changes = {"approval_hash": hash_of(tx, publication), "version": Publication.version + 1}
    tx.session.execute(update(Publication).where(*mine).values(changes))


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to an approval, what it becomes, and what it is about: the hash of what stands."""

    action: Action
    state: State
    stands: str
    comment: str | None = None


def step(tx: Transaction, publication: Publication, by: Principal | None, taken: Step) -> None:
    """Write a step down: in the ledger, in the publication, in the audit log and in the outbox."""
    before, workspace_id = publication.approval_status, publication.workspace_id
    row = {
        "id": new_id(),
        "workspace_id": workspace_id,
        "publication_id": publication.id,
        "action": taken.action,
        "approval_hash": taken.stands,
        "actor_kind": "system" if by is None else by.kind,
        "actor_id": None if by is None else by.id,
        "comment": taken.comment,
        "created_at": tx.now,
    }
    tx.session.execute(_ROW, row)
    changes = {
        "approval_status": taken.state,
        "approval_hash": taken.stands,
        "approved_by": by.person_id if by is not None and taken.state == "approved" else None,
        "version": Publication.version + 1,
        "updated_at": tx.now,
    }
    mine = (Publication.workspace_id == workspace_id, Publication.id == publication.id)
    tx.session.execute(update(Publication).where(*mine).values(changes))
    action, event = _TOLD[taken.action]
    after = {"approval_status": taken.state, "approval_hash": taken.stands}
    target = ("publication", publication.id)
    scope = {} if by is not None else _scope(tx, workspace_id)
    audit.record(tx, by, action, target, before={"approval_status": before}, after=after, **scope)
    payload = {
        "publication_id": str(publication.id),
        "because": taken.action,
        "approval_hash": taken.stands,
    }
    outbox.emit(tx, workspace_id, event, payload)


def _scope(tx: Transaction, workspace_id: UUID) -> dict[str, UUID]:
    """Where an entry of Lamplighter itself belongs, which brings no tenant along."""
    owner = select(Workspace.organization_id).where(Workspace.id == workspace_id)
    return {"workspace_id": workspace_id, "organization_id": tx.session.scalars(owner).one()}
