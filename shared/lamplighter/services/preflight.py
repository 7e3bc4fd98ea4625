"""What a network would refuse, told when the post is scheduled and not when it is due."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from lamplighter.domain.drafts import DraftMedia, violations
from lamplighter.domain.networks import NETWORKS
from lamplighter.postgres.models import Content, Media, PlatformConnection
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind
from lamplighter.services.content import text_for


def check(tx: Transaction, content: Content, connections: Sequence[PlatformConnection]) -> None:
    """Raise with one fault per rule that the content breaks on a
    connection, counted in that network's own unit."""
    media = _media(tx, content)
    faults = [
        Fault(
            f"/connection_ids/{index}", found.code, f"{connection.platform}, {found.field}: {found.message}"
        )
        for index, connection in enumerate(connections)
        for found in violations(
            NETWORKS[connection.platform], text_for(content, connection.platform), media, connection.limits
        )
    ]
    if faults:
        detail = "The content does not fit every network it is meant for."
        raise DomainError(Kind.INVALID, "content_does_not_fit", detail, faults)


def _media(tx: Transaction, content: Content) -> tuple[DraftMedia, ...]:
    if not content.media:
        return ()
    ids = [UUID(use["media_id"]) for use in content.media]
    statement = select(Media).where(Media.workspace_id == content.workspace_id, Media.id.in_(ids))
    rows = {row.id: row for row in tx.session.scalars(statement)}
    return tuple(
        DraftMedia(
            mime=rows[i].mime or "",
            byte_size=rows[i].byte_size or 0,
            alt=use["alt"],
            width=rows[i].width or 0,
            height=rows[i].height or 0,
        )
        for i, use in zip(ids, content.media, strict=True)
    )
