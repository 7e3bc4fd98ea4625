"""What the bearer of an approval link sees: one publication as each account would post it, and no more."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.clients import objects
from lamplighter.domain.renditions import Part
from lamplighter.postgres.models import (
    Approval,
    Content,
    Media,
    PlatformConnection,
    Publication,
    PublicationPlatform,
    Workspace,
)
from lamplighter.postgres.session import Transaction
from lamplighter.schemas.approvals import (
    ApprovalMade,
    ApprovalPart,
    ApprovalPicture,
    ApprovalPost,
    ApprovalView,
)
from lamplighter.services import approvals
from lamplighter.services.approval_links import Link
from lamplighter.services.renditions import rendition_of
from lamplighter.services.rows import owned
from lamplighter.settings import settings

PICTURES_WORK = timedelta(minutes=10)
_GONE = ("cancelled", "skipped", "removed")


@dataclass(frozen=True, slots=True)
class Seen:
    """What was read in one snapshot; its pictures get their addresses once the transaction is over."""

    fields: Mapping[str, Any]
    posts: tuple[tuple[str, str, tuple[Part, ...]], ...]
    """Network, account and parts, each."""
    media: Mapping[UUID, Media]

    def shown(self) -> ApprovalView:
        """The answer."""
        posts = [
            ApprovalPost(platform=platform, account=account, parts=[self._part(part) for part in parts])
            for platform, account, parts in self.posts
        ]
        return ApprovalView(**self.fields, posts=posts)

    def _part(self, part: Part) -> ApprovalPart:
        pictures = [self._picture(UUID(use["media_id"]), use.get("alt", "")) for use in part.media]
        return ApprovalPart(kind=part.kind, text=part.text, pictures=pictures)

    def _picture(self, media_id: UUID, alt: str) -> ApprovalPicture:
        row = self.media[media_id]
        mime = row.mime or ""
        url = objects.presigned_download(settings().media_bucket, row.object_key, mime, PICTURES_WORK)
        return ApprovalPicture(url=url, alt=alt, mime=mime, width=row.width or 0, height=row.height or 0)


def seen(tx: Transaction, link: Link) -> Seen:
    """The link's publication as it stands. The transaction is a snapshot: the hash is that of the very words
    that are shown, whoever edits them meanwhile."""
    workspace_id = link.caller.workspace_id
    publication = owned(tx, Publication, workspace_id, link.publication_id)
    content = owned(tx, Content, workspace_id, publication.content_id)
    posts = tuple(
        (platform, account, rendition_of(content, platform).parts)
        for platform, account in _accounts(tx, publication)
    )
    fields = {
        "workspace": tx.session.get_one(Workspace, workspace_id).name,
        "recipient": link.recipient,
        "status": approvals.standing(tx, publication),
        "approval_hash": approvals.hash_of(tx, publication),
        "scheduled_at": publication.scheduled_at,
        "decision": _last_decision(tx, link),
        "expires_at": link.expires_at,
    }
    return Seen(fields, posts, _media(tx, workspace_id, posts))


def picture_origin() -> str:
    """Where browsers fetch the pictures from."""
    return objects.origin(settings().media_bucket)


def _accounts(tx: Transaction, publication: Publication) -> list[tuple[str, str]]:
    """Network and name of each account that it is still meant for, or was posted on."""
    statement = (
        select(
            PublicationPlatform.platform,
            PlatformConnection.display_name,
            PlatformConnection.platform_username,
        )
        .join(PlatformConnection, PlatformConnection.id == PublicationPlatform.connection_id)
        .where(
            PublicationPlatform.workspace_id == publication.workspace_id,
            PublicationPlatform.publication_id == publication.id,
            PublicationPlatform.status.not_in(_GONE),
        )
        .order_by(PublicationPlatform.id)
    )
    return [(platform, name or username or "") for platform, name, username in tx.session.execute(statement)]


def _media(
    tx: Transaction, workspace_id: UUID, posts: tuple[tuple[str, str, tuple[Part, ...]], ...]
) -> dict[UUID, Media]:
    used = {UUID(use["media_id"]) for _, _, parts in posts for part in parts for use in part.media}
    if not used:
        return {}
    statement = select(Media).where(Media.workspace_id == workspace_id, Media.id.in_(used))
    return {row.id: row for row in tx.session.scalars(statement)}


def _last_decision(tx: Transaction, link: Link) -> ApprovalMade | None:
    """The bearer's own; what the organization says among itself is not theirs to read."""
    statement = (
        select(Approval)
        .where(
            Approval.workspace_id == link.caller.workspace_id,
            Approval.publication_id == link.publication_id,
            Approval.actor_kind == "approval_link",
            Approval.actor_id == link.caller.id,
        )
        .order_by(Approval.id.desc())
        .limit(1)
    )
    row = tx.session.scalars(statement).one_or_none()
    if row is None:
        return None
    return ApprovalMade(action=row.action, comment=row.comment, decided_at=row.created_at)
