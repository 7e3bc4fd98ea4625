"""Approval links: with one, somebody outside the organization sees one publication and decides about it."""

import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from lamplighter.domain.access import Caller, Origin
from lamplighter.domain.approvals import Action
from lamplighter.ids import new_id
from lamplighter.postgres.models import ApprovalLink
from lamplighter.postgres.session import Transaction, lookup
from lamplighter.problems import DomainError, Kind, not_found
from lamplighter.schemas.approvals import ApprovalDecided, ApprovalLinkCreate, ApprovalLinkDecision
from lamplighter.services import approval_decisions, approvals, audit, peppers, publications
from lamplighter.services.approval_decisions import Wish
from lamplighter.services.cipher import Unsealable
from lamplighter.services.pages import Order, page
from lamplighter.services.wakeups import Wake

PAGE = "/approve"
_PURPOSE = "approval_links.token"
_SHAPE = re.compile(r"(apl_(\d{1,6})_[0-9a-f]{32})_([0-9a-f]{32})")
_SECRET_BYTES = 16


@dataclass(frozen=True, slots=True)
class Link:
    """A link that works, and its bearer as a caller."""

    caller: Caller
    publication_id: UUID
    recipient: str | None
    expires_at: datetime


def create(
    tx: Transaction, by: Caller, publication_id: UUID, body: ApprovalLinkCreate
) -> tuple[ApprovalLink, str]:
    """A link to a publication that an approval is asked for, and its token, which is stored nowhere."""
    publication = publications.get(tx, by, publication_id)
    if publication.approval_status is None:
        detail = "Nobody asked for an approval of this publication: request it first."
        raise DomainError(Kind.CONFLICT, "approval_not_requested", detail)
    token = _new_token()
    row = ApprovalLink(
        id=new_id(),
        workspace_id=by.workspace_id,
        publication_id=publication_id,
        token_hash=_hash(token),
        recipient=body.recipient,
        created_by=by.person_id,
        created_at=tx.now,
        expires_at=tx.now + timedelta(hours=body.expires_in_hours),
    )
    tx.session.add(row)
    tx.session.flush()
    after = {"publication_id": publication_id, "expires_at": row.expires_at}
    audit.record(tx, by, "approval_link.created", ("approval_link", row.id), after=after)
    return row, token


def address(base: str, token: str) -> str:
    """Where the link leads. What stands behind the # goes to no server: it is in no log and in no Referer."""
    return f"{base}{PAGE}#token={token}"


def listed(tx: Transaction, by: Caller, publication_id: UUID, order: Order) -> dict[str, Any]:
    """A page of a publication's links, revoked and expired ones too."""
    publications.get(tx, by, publication_id)
    statement = select(ApprovalLink).where(
        ApprovalLink.workspace_id == by.workspace_id, ApprovalLink.publication_id == publication_id
    )
    bound_to = f"approval links {by.workspace_id} {publication_id}"
    return page(tx, statement, ApprovalLink.id, order, bound_to=bound_to)


def revoke(tx: Transaction, by: Caller, publication_id: UUID, link_id: UUID) -> ApprovalLink:
    """The link, which opens nothing any more; what was decided with it stands. Again is fine."""
    publications.get(tx, by, publication_id)
    statement = (
        select(ApprovalLink)
        .where(
            ApprovalLink.workspace_id == by.workspace_id,
            ApprovalLink.publication_id == publication_id,
            ApprovalLink.id == link_id,
        )
        .with_for_update()
    )
    row = tx.session.scalars(statement).one_or_none()
    if row is None:
        raise not_found()
    if row.revoked_at is None:
        row.revoked_at = tx.now
        tx.session.flush()
        audit.record(tx, by, "approval_link.revoked", ("approval_link", row.id))
    return row


def presented(token: str | None, origin: Origin) -> tuple[Link, str | None]:
    """The link that the token opens, and a code that says why it does not any more; raises unauthenticated
    for a token that never was. What was not signed here is not looked for."""
    found = lookup("find_approval_link", _hash(token)) if token and _is_genuine(token) else None
    if found is None:
        detail = "Send the token of an approval link: Authorization: Bearer apl_..."
        raise DomainError(Kind.UNAUTHENTICATED, "unauthenticated", detail)
    row, now = found
    caller = Caller(
        kind="approval_link",
        id=row["id"],
        workspace_id=row["workspace_id"],
        organization_id=row["organization_id"],
        origin=origin,
        personal_key=row["personal_key"],
    )
    over = "link_revoked" if row["revoked_at"] else "link_expired" if row["expires_at"] <= now else None
    return Link(caller, row["publication_id"], row["recipient"], row["expires_at"]), over


def must_work(over: str | None) -> None:
    """Refuse a link that worked once."""
    if over is not None:
        word = over.removeprefix("link_")
        detail = f"This link is {word}: ask whoever sent it for another one."
        raise DomainError(Kind.GONE, over, detail)


def approve(tx: Transaction, link: Link, body: ApprovalLinkDecision) -> tuple[ApprovalDecided, list[Wake]]:
    """The bearer says yes to what stands; send the returned wake-ups after the commit."""
    return _decided(tx, link, "approved", body)


def reject(tx: Transaction, link: Link, body: ApprovalLinkDecision) -> ApprovalDecided:
    """The bearer says no."""
    return _decided(tx, link, "rejected", body)[0]


def _decided(
    tx: Transaction, link: Link, action: Action, body: ApprovalLinkDecision
) -> tuple[ApprovalDecided, list[Wake]]:
    """Under the publication's lock the link is asked once more: who revokes it and is answered can rely on
    it."""
    publication = approval_decisions.locked(tx, link.caller.workspace_id, link.publication_id)
    used = (
        update(ApprovalLink)
        .where(
            ApprovalLink.workspace_id == link.caller.workspace_id,
            ApprovalLink.id == link.caller.id,
            ApprovalLink.revoked_at.is_(None),
        )
        .values(decided_at=tx.now)
        .returning(ApprovalLink.id)
    )
    if tx.session.scalars(used).one_or_none() is None:
        must_work("link_revoked")
    wakes = approval_decisions.decided(tx, publication, link.caller, Wish(action, body))
    stands = approvals.hash_of(tx, publication)
    return ApprovalDecided(status=action, approval_hash=stands, decided_at=tx.now), wakes


def _new_token() -> str:
    version, key = peppers.newest(_PURPOSE)
    seed = f"apl_{version}_{secrets.token_hex(_SECRET_BYTES)}"
    return f"{seed}_{_signature(key, seed)}"


def _is_genuine(token: str) -> bool:
    shape = _SHAPE.fullmatch(token)
    if shape is None:
        return False
    try:
        key = peppers.of_version(int(shape[2]), _PURPOSE)
    except Unsealable:
        return False
    return hmac.compare_digest(shape[3], _signature(key, shape[1]))


def _signature(key: bytes, seed: str) -> str:
    return hmac.digest(key, seed.encode(), "sha256").hex()[:32]


def _hash(token: str) -> str:
    """What is stored of it: random as it is, it needs no salt and no slow hash."""
    return sha256(token.encode()).hexdigest()
