"""One attempt in a worker's hands: everything that the network calls need, read in one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from lamplighter.domain.publishing import Effort
from lamplighter.platforms.base import Json
from lamplighter.postgres.models import Content, Media, PlatformConnection, Publication, PublicationPlatform
from lamplighter.postgres.session import Transaction
from lamplighter.services import sealing
from lamplighter.services.content import text_for


@dataclass(frozen=True, slots=True)
class Picture:
    """A media object as a worker fetches it; the digest tells if the
    object was replaced after its inspection."""

    object_key: str
    sha256: str
    mime: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Target:
    """The account to post to, its tokens still sealed."""

    connection_id: UUID
    platform: str
    channel_id: str
    username: str
    base_url: str
    limits: Mapping[str, Any]
    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    keyring: sealing.Keyring = field(repr=False)


@dataclass(frozen=True, slots=True)
class Draft:
    """What is to be said there."""

    text: str
    language: str | None
    pictures: tuple[Picture, ...]


@dataclass(frozen=True, slots=True)
class Work:
    """An attempt under its lease. `wait` is how long the post still has until it is due."""

    workspace_id: UUID
    publication_id: UUID
    row_id: UUID
    attempt_id: UUID
    effort: Effort
    fence: int
    mode: str
    wait: timedelta
    intent_at: datetime
    prepared: Json | None
    target: Target
    draft: Draft

    @property
    def reconciles(self) -> bool:
        """Whether an earlier attempt may have posted, so that this one only looks."""
        return self.effort.reconciling


type Rows = Row[PublicationPlatform, Publication, Content, PlatformConnection]


def rows_of(tx: Transaction, workspace_id: UUID, row_id: UUID) -> Rows:
    """The platform row with its publication, content and connection, in one query."""
    statement = (
        select(PublicationPlatform, Publication, Content, PlatformConnection)
        .join(Publication, Publication.id == PublicationPlatform.publication_id)
        .join(Content, Content.id == Publication.content_id)
        .join(PlatformConnection, PlatformConnection.id == PublicationPlatform.connection_id)
        .where(PublicationPlatform.workspace_id == workspace_id, PublicationPlatform.id == row_id)
    )
    return tx.session.execute(statement).one()


def target_of(tx: Transaction, connection: PlatformConnection) -> Target:
    """The account and the keys that open it."""
    return Target(
        connection_id=connection.id,
        platform=connection.platform,
        channel_id=connection.channel_id or "",
        username=connection.platform_username or "",
        base_url=connection.base_url,
        limits=connection.limits,
        access_token=connection.access_token,
        refresh_token=connection.refresh_token,
        keyring=sealing.keyring(tx, connection.workspace_id),
    )


def draft_of(tx: Transaction, content: Content, platform: str) -> Draft:
    """The text for this network and where its pictures lie."""
    return Draft(text_for(content, platform), content.language, _pictures(tx, content))


def _pictures(tx: Transaction, content: Content) -> tuple[Picture, ...]:
    if not content.media:
        return ()
    ids = [UUID(use["media_id"]) for use in content.media]
    statement = select(Media).where(Media.workspace_id == content.workspace_id, Media.id.in_(ids))
    found = {row.id: row for row in tx.session.scalars(statement)}
    return tuple(_picture(found[i], use["alt"]) for i, use in zip(ids, content.media, strict=True))


def _picture(row: Media, alt: str) -> Picture:
    return Picture(
        object_key=row.object_key,
        sha256=row.sha256 or "",
        mime=row.mime or "",
        alt=alt,
        width=row.width or 0,
        height=row.height or 0,
    )
