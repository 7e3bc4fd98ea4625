"""One attempt in a worker's hands: everything that the network calls need, read in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select

from lamplighter.domain.history import Effort, Step
from lamplighter.domain.networks import NETWORKS, Settling
from lamplighter.domain.renditions import Part, Rendition
from lamplighter.platforms.base import Json, Remote
from lamplighter.postgres.models import (
    Content,
    Media,
    PlatformConnection,
    Publication,
    PublicationAttempt,
    PublicationPlatform,
)
from lamplighter.postgres.session import Transaction
from lamplighter.services import sealing
from lamplighter.services.wakeups import Claim

_ELSEWHERE = timedelta(hours=1)
"""How long before a post's first attempt another post of ours may have been made that a search would find."""


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
    """What this segment is to say. `root` is the first segment, `parent` what this one answers."""

    kind: str
    text: str
    language: str | None
    pictures: tuple[Picture, ...]
    root: Remote | None = None
    parent: Remote | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """An attempt under its lease. `wait` is how long the post still has until it is due, `goes_on` whether
    another step follows this one's success, `remote` what is to be changed where the task is a change,
    `taken` the posts of ours that a look must not take for this one."""

    workspace_id: UUID
    publication_id: UUID
    row_id: UUID
    attempt_id: UUID
    step: Step
    effort: Effort
    fence: int
    lane: int
    mode: str
    wait: timedelta
    begun_at: datetime
    intent_at: datetime
    digest: str | None
    prepared: Json | None
    goes_on: bool
    target: Target
    draft: Draft
    remote: Remote | None = None
    taken: frozenset[str] = frozenset()

    @property
    def claim(self) -> Claim:
        """By what its worker holds it."""
        return Claim(self.workspace_id, self.row_id, self.fence, self.lane)

    @property
    def reconciles(self) -> bool:
        """Whether an earlier attempt may have posted, so that this one only looks."""
        return self.step.reconciles

    @property
    def is_live(self) -> bool:
        """Whether it concerns the account itself, and not the sandbox in its place."""
        return self.mode == "live"

    @property
    def can_look(self) -> bool:
        """Whether the network lets its posts be found."""
        return not self.is_live or NETWORKS[self.target.platform].settling is not Settling.NOTHING

    @property
    def leaves_traces(self) -> bool:
        """Whether preparing puts something on the network, which a crash must not make it put there twice."""
        if self.step.task != "publish" or self.reconciles:
            return False
        return bool(self.draft.pictures) or NETWORKS[self.target.platform].settling is Settling.CONTAINER


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


def draft_of(
    tx: Transaction, content: Content, parts: Rendition, segment: int, out: Mapping[int, Remote]
) -> Draft:
    """One segment's words, where its pictures lie, and what it answers of what is `out` already."""
    part = parts.parts[segment] if segment < len(parts.parts) else Part("post", "", ())
    root = out.get(0) if segment else None
    return Draft(
        kind=part.kind,
        text=part.text,
        language=parts.language,
        pictures=_pictures(tx, content.workspace_id, part.media),
        root=root,
        parent=root if part.kind == "comment" else _answered(parts, segment, out),
    )


def remotes(attempts: Sequence[PublicationAttempt]) -> dict[int, Remote]:
    """Each segment that was posted, as the network knows it."""
    return {
        a.segment: Remote(a.remote_id or "", a.reference, a.prepared)
        for a in attempts
        if a.task == "publish" and a.status == "published"
    }


def others(tx: Transaction, row: PublicationPlatform, since: datetime) -> frozenset[str]:
    """Remote ids of the account's other posts of late: a look must never take one of them for its own."""
    statement = select(PublicationAttempt.remote_id).where(
        PublicationAttempt.workspace_id == row.workspace_id,
        PublicationAttempt.connection_id == row.connection_id,
        PublicationAttempt.sending_at >= since - _ELSEWHERE,
        PublicationAttempt.status == "published",
        PublicationAttempt.task == "publish",
    )
    return frozenset(filter(None, tx.session.scalars(statement)))


def _answered(parts: Rendition, segment: int, out: Mapping[int, Remote]) -> Remote | None:
    """Of a thread, the last part before this one that is no comment."""
    before = (n for n in range(segment - 1, -1, -1) if parts.parts[n].kind != "comment")
    return next((out[n] for n in before if n in out), None)


def _pictures(tx: Transaction, workspace_id: UUID, uses: Sequence[Mapping[str, str]]) -> tuple[Picture, ...]:
    if not uses:
        return ()
    ids = [UUID(use["media_id"]) for use in uses]
    statement = select(Media).where(Media.workspace_id == workspace_id, Media.id.in_(ids))
    found = {row.id: row for row in tx.session.scalars(statement)}
    return tuple(_picture(found[i], use.get("alt", "")) for i, use in zip(ids, uses, strict=True))


def _picture(row: Media, alt: str) -> Picture:
    return Picture(
        object_key=row.object_key,
        sha256=row.sha256 or "",
        mime=row.mime or "",
        alt=alt,
        width=row.width or 0,
        height=row.height or 0,
    )
