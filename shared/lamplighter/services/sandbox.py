"""The sandbox network: accounts, posts and images."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Exists, Select, exists, func, select
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.drafts import DraftMedia, violations
from lamplighter.domain.images import described
from lamplighter.domain.networks import NETWORKS
from lamplighter.domain.sandbox_tokens import is_genuine
from lamplighter.ids import new_id
from lamplighter.postgres.models.sandbox import SandboxMedia, SandboxPost
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, not_found
from lamplighter.schemas.sandbox import (
    SandboxAttachment,
    SandboxMediaRead,
    SandboxPostCreate,
    SandboxPostEdit,
    SandboxPostRead,
)
from lamplighter.secrets_store import secret
from lamplighter.services import sandbox_calls, sandbox_faults
from lamplighter.settings import settings

LIMITS = NETWORKS["sandbox"]


@dataclass(frozen=True, slots=True)
class Posted:
    """The post that a call made, changed or deleted (None: the fault it met prevented it), and how long to
    keep the caller waiting."""

    post: SandboxPost | None
    replayed: bool
    fault: str | None
    latency_ms: int


def account_of(token: str) -> str:
    """The account that belongs to a token; nobody can guess its name."""
    return hashlib.sha256(token.encode()).hexdigest()[:24]


def opened(token: str) -> str | None:
    """The account that this token opens; None if this deployment did not issue it."""
    key = secret(settings().sandbox_secret_id)["key"]
    return account_of(token) if is_genuine(token, key) else None


def accept(tx: Transaction, account: str, draft: SandboxPostCreate, idempotency_key: str | None) -> Posted:
    """Take a post in, as the fault that is on allows. Only a post that is valid meets a fault."""
    _check(tx, account, draft)
    fault, latency_ms = _fault(tx, account, "replies" if draft.reply_to else "posts")
    if fault in sandbox_faults.NOT_DONE:
        return Posted(None, False, fault, latency_ms)
    stored, replayed = _stored(tx, account, draft, idempotency_key)
    return Posted(stored, replayed, fault, latency_ms)


def edit(tx: Transaction, account: str, post_id: UUID, change: SandboxPostEdit) -> Posted:
    """Change a post's text, as the fault that is on allows."""
    row = _standing(tx, account, post_id)
    media = [SandboxAttachment.model_validate(item) for item in row.media]
    _check(tx, account, SandboxPostCreate(handle=row.handle, text=change.text, media=media))
    fault, latency_ms = _fault(tx, account, "edits")
    if fault in sandbox_faults.NOT_DONE:
        return Posted(None, False, fault, latency_ms)
    row.text, row.edited_at = change.text, tx.now
    tx.session.flush()
    return Posted(row, False, fault, latency_ms)


def remove(tx: Transaction, account: str, post_id: UUID) -> Posted:
    """Delete a post, as the fault that is on allows; its key stays used, so that a late repeat does not post
    it again."""
    row = _standing(tx, account, post_id)
    fault, latency_ms = _fault(tx, account, "deletions")
    if fault in sandbox_faults.NOT_DONE:
        return Posted(None, False, fault, latency_ms)
    row.deleted_at = tx.now
    tx.session.flush()
    return Posted(row, False, fault, latency_ms)


def _fault(tx: Transaction, account: str, call: sandbox_faults.Met) -> tuple[str | None, int]:
    met = sandbox_faults.met(tx, account, call)
    return (met.fault, met.latency_ms) if met else (None, 0)


def _standing(tx: Transaction, account: str, post_id: UUID) -> SandboxPost:
    """One of the account's posts, locked; not_found if it never was or was deleted."""
    own = select(SandboxPost).where(
        SandboxPost.id == post_id, SandboxPost.account == account, SandboxPost.deleted_at.is_(None)
    )
    row = tx.session.scalars(own.with_for_update()).one_or_none()
    if row is None:
        raise not_found()
    return row


def _stored(
    tx: Transaction, account: str, draft: SandboxPostCreate, idempotency_key: str | None
) -> tuple[SandboxPost, bool]:
    statement = (
        insert(SandboxPost)
        .values(
            id=new_id(),
            account=account,
            handle=draft.handle,
            text=draft.text,
            media=[item.model_dump(mode="json") for item in draft.media],
            idempotency_key=idempotency_key,
            reply_to=draft.reply_to,
            accepted_at=tx.now,
        )
        # A parallel call with the same key waits here for the first one's commit.
        .on_conflict_do_nothing(index_elements=["account", "idempotency_key"])
        .returning(SandboxPost)
    )
    stored = tx.session.scalars(statement).one_or_none()
    if stored is not None:
        return stored, False
    same_key = (SandboxPost.account == account, SandboxPost.idempotency_key == idempotency_key)
    return tx.session.scalars(select(SandboxPost).where(*same_key)).one(), True


def _check(tx: Transaction, account: str, draft: SandboxPostCreate) -> None:
    images = _images(tx, account, draft.media)
    faults = [
        Fault(f"/media/{index}/media_id", "unknown_media", "This account has no such image.")
        for index, item in enumerate(draft.media)
        if item.media_id not in images
    ]
    media = [
        DraftMedia(mime, byte_size, item.alt)
        for item in draft.media
        for mime, byte_size in [images.get(item.media_id, ("image/png", 0))]
    ]
    broken = violations(LIMITS, draft.text, media, {})
    faults += [Fault(f"/{rule.field}", rule.code, rule.message) for rule in broken]
    if draft.reply_to and not tx.session.scalar(select(_stands(account, draft.reply_to))):
        faults.append(Fault("/reply_to", "unknown_post", "This account has no such post."))
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The network refuses this post.", faults)


def _stands(account: str, post_id: UUID) -> Exists:
    """Of the account's own: whether a stranger's is there is told to nobody."""
    own = (SandboxPost.account == account, SandboxPost.id == post_id)
    return exists().where(*own, SandboxPost.deleted_at.is_(None))


def _images(tx: Transaction, account: str, media: Sequence[SandboxAttachment]) -> dict[UUID, tuple[str, int]]:
    """Type and size of those of the images that the account has."""
    if not media:
        return {}
    columns = select(SandboxMedia.id, SandboxMedia.mime, SandboxMedia.byte_size)
    wanted = columns.where(SandboxMedia.account == account, SandboxMedia.id.in_([m.media_id for m in media]))
    return {media_id: (mime, byte_size) for media_id, mime, byte_size in tx.session.execute(wanted)}


def recent(
    tx: Transaction, account: str | None, base: str, *, limit: int = 50, since: datetime | None = None
) -> list[SandboxPostRead]:
    """What stands on the network, newest first: an account's own posts, or with None everyone's."""
    posts = select(SandboxPost).where(SandboxPost.deleted_at.is_(None))
    if account is not None:
        posts = posts.where(SandboxPost.account == account)
    if since is not None:
        posts = posts.where(SandboxPost.accepted_at >= since)
    newest = posts.order_by(SandboxPost.accepted_at.desc(), SandboxPost.id.desc()).limit(limit)
    return _read(tx, newest, base)


def post(tx: Transaction, account: str, post_id: UUID, base: str) -> SandboxPostRead:
    """One of the account's own posts; not_found if it never was or was deleted."""
    one = select(SandboxPost).where(
        SandboxPost.id == post_id, SandboxPost.account == account, SandboxPost.deleted_at.is_(None)
    )
    found = _read(tx, one, base)
    if not found:
        raise not_found()
    return found[0]


def _read(tx: Transaction, posts: Select[SandboxPost], base: str) -> list[SandboxPostRead]:
    rows = tx.session.scalars(posts).all()
    repeats = sandbox_calls.repeats(tx, [row.id for row in rows])
    return [
        SandboxPostRead(
            id=row.id,
            url=post_url(base, row),
            account=row.account,
            handle=row.handle,
            text=row.text,
            media=[SandboxAttachment.model_validate(item) for item in row.media],
            idempotency_key=row.idempotency_key,
            reply_to=row.reply_to,
            accepted_at=row.accepted_at,
            edited_at=row.edited_at,
            replays=repeats.get(row.id, 0),
        )
        for row in rows
    ]


def post_url(base: str, row: SandboxPost) -> str:
    """Where a person sees the post."""
    return f"{base}/sandbox/{row.account}#post-{row.id}"


def store_image(tx: Transaction, account: str, data: bytes) -> SandboxMediaRead:
    """Keep an image of the account; what it is, its bytes say."""
    limit = LIMITS.images
    if len(data) > limit.max_bytes:
        detail = f"An image may hold {limit.max_bytes} bytes at most."
        raise DomainError(Kind.TOO_LARGE, "image_too_large", detail)
    found = described(data)
    if found is None or found.mime not in limit.mimes:
        raise DomainError(Kind.INVALID, "not_an_image", "Send a JPEG, PNG, GIF or WebP image.")
    stored = SandboxMedia(
        id=new_id(),
        account=account,
        mime=found.mime,
        bytes=data,
        byte_size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        created_at=tx.now,
    )
    tx.session.add(stored)
    tx.session.flush()
    return _image_read(tx, stored)


def own_image(tx: Transaction, account: str, media_id: UUID) -> SandboxMediaRead:
    """What is known of an image of the account, and whether it is ready."""
    found = tx.session.get(SandboxMedia, media_id)
    if found is None or found.account != account:
        raise not_found()
    return _image_read(tx, found)


def _image_read(tx: Transaction, row: SandboxMedia) -> SandboxMediaRead:
    return SandboxMediaRead(
        id=row.id,
        sha256=row.sha256,
        mime=row.mime,
        byte_size=row.byte_size,
        processing=sandbox_faults.met(tx, row.account, "media") is not None,
    )


def image(tx: Transaction, media_id: UUID) -> SandboxMedia:
    """A stored image, for whoever knows its id."""
    found = tx.session.get(SandboxMedia, media_id)
    if found is None or found.bytes is None:
        raise not_found()
    return found


def count(tx: Transaction, account: str | None) -> int:
    """How many posts stand there."""
    counted = select(func.count()).where(SandboxPost.deleted_at.is_(None))
    if account is not None:
        counted = counted.where(SandboxPost.account == account)
    return tx.session.scalars(counted).one()
