"""Content."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from lamplighter.domain.access import Caller
from lamplighter.domain.drafts import violations
from lamplighter.domain.networks import NETWORKS, Network
from lamplighter.domain.renditions import Rendition, rendition
from lamplighter.ids import new_id
from lamplighter.postgres.models import Content, Media
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, invalid
from lamplighter.schemas.content import ContentCreate
from lamplighter.services import audit
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import insert_into, owned

_NEW = insert_into(Content).returning(*Content.__table__.c)


def create(tx: Transaction, by: Caller, body: ContentCreate) -> Row[Any]:
    """A draft. Its adapted versions must fit networks that have one limit for all; the original, and what
    depends on the account, is measured when it is scheduled."""
    if not body.text.strip() and not body.media:
        raise invalid("/text", "empty_content", "Write a text or add media.")
    _check_media(tx, by, body)
    _check_adapted(body)
    values = {
        "id": new_id(),
        "workspace_id": by.workspace_id,
        "original_text": body.text,
        "adapted_versions": {name: version.model_dump() for name, version in body.adapted_versions.items()},
        "media": [{"media_id": str(use.media_id), "alt": use.alt} for use in body.media],
        "language": body.language,
        "created_by": by.person_id,
    }
    row = tx.session.execute(_NEW, values).one()
    audit.record(tx, by, "content.created", ("content", row.id), after={"status": row.status})
    return row


def get(tx: Transaction, by: Caller, content_id: UUID) -> Content:
    """One piece of content, or not_found."""
    return owned(tx, Content, by.workspace_id, content_id)


def listed(tx: Transaction, by: Caller, status: str | None, order: Order) -> dict[str, Any]:
    """A page of the workspace's content."""
    statement = select(Content).where(Content.workspace_id == by.workspace_id)
    if status is not None:
        statement = statement.where(Content.status == status)
    bound_to = f"content {by.workspace_id} {status}"
    return page(tx, statement, Content.id, order, bound_to=bound_to)


def rendition_for(content: Content, platform: str) -> Rendition:
    """What an account of the network gets."""
    return rendition(
        platform,
        text=content.original_text,
        media=content.media,
        segments=content.segments,
        adapted=content.adapted_versions,
        language=content.language,
    )


def text_for(content: Content, platform: str) -> str:
    """What a network gets: its adapted version, or the original."""
    adapted = content.adapted_versions.get(platform)
    return str(adapted["text"]) if adapted else content.original_text


def _check_media(tx: Transaction, by: Caller, body: ContentCreate) -> None:
    wanted = [use.media_id for use in body.media]
    if not wanted:
        return
    statement = select(Media.id, Media.status).where(
        Media.workspace_id == by.workspace_id, Media.id.in_(wanted)
    )
    statuses = dict(tx.session.execute(statement).all())
    faults = [
        Fault(f"/media/{index}/media_id", "unknown_media", "There is no such media in this workspace.")
        if media_id not in statuses
        else Fault(f"/media/{index}/media_id", "media_not_ready", "Complete this upload first.")
        for index, media_id in enumerate(wanted)
        if statuses.get(media_id) != "ready"
    ]
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)


def _check_adapted(body: ContentCreate) -> None:
    faults = [
        Fault(f"/adapted_versions/{name}/text", code, detail)
        for name, version in body.adapted_versions.items()
        for code, detail in _unfit(NETWORKS[name], version.text, has_media=bool(body.media))
    ]
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)


def _unfit(network: Network, text: str, *, has_media: bool) -> Iterator[tuple[str, str]]:
    if not text.strip():
        if not has_media:
            yield "empty", "Write a text or add media."
    elif not network.announces_limits:
        yield from ((found.code, found.message) for found in violations(network, text, (), {}))
