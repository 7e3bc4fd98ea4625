"""Media: announced, uploaded straight to the object store, then read and checked."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import update

from lamplighter.clients import objects
from lamplighter.domain.access import Caller
from lamplighter.domain.images import described
from lamplighter.ids import new_id
from lamplighter.postgres.models import Media
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind
from lamplighter.schemas.media import MAX_IMAGE_BYTES, MediaCreate, Upload
from lamplighter.services import audit
from lamplighter.services.rows import owned
from lamplighter.settings import settings

UPLOAD_VALID = timedelta(minutes=15)
ACCEPTED = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True)
class Inspection:
    """What the uploaded bytes turned out to be; `rejection` says why they cannot be used."""

    mime: str | None
    byte_size: int
    width: int | None = None
    height: int | None = None
    sha256: str | None = None
    rejection: str | None = None


def announce(tx: Transaction, by: Caller, body: MediaCreate) -> Media:
    """A place for one upload. The key is ours alone, so that nothing can be overwritten."""
    media_id = new_id()
    row = Media(
        id=media_id,
        workspace_id=by.workspace_id,
        object_key=f"{by.workspace_id}/{media_id}",
        file_name=body.file_name,
        byte_size=body.byte_size,
        created_by=by.person_id,
    )
    tx.session.add(row)
    tx.session.flush()
    audit.record(tx, by, "media.created", ("media", row.id), after={"status": row.status})
    return row


def upload_form(row: Media, now: datetime) -> Upload:
    """Where and how the bytes go: one POST, of this key and at most the announced size."""
    size = row.byte_size or MAX_IMAGE_BYTES
    url, fields = objects.presigned_upload(settings().media_bucket, row.object_key, size, UPLOAD_VALID)
    return Upload(url=url, fields=fields, expires_at=now + UPLOAD_VALID)


def get(tx: Transaction, by: Caller, media_id: UUID) -> Media:
    """One media object, or not_found."""
    return owned(tx, Media, by.workspace_id, media_id)


def inspect(announced: Media) -> Inspection:
    """Read the uploaded bytes and tell what they are; nothing the client said is believed."""
    try:
        data = objects.read(settings().media_bucket, announced.object_key, MAX_IMAGE_BYTES)
    except objects.TooLarge:
        return Inspection(
            None, MAX_IMAGE_BYTES + 1, rejection=f"More than {MAX_IMAGE_BYTES} bytes were uploaded."
        )
    if data is None:
        detail = "Nothing was uploaded yet. POST the form first, then complete."
        raise DomainError(Kind.CONFLICT, "not_uploaded", detail)
    image = described(data)
    if image is None or image.mime not in ACCEPTED:
        return Inspection(None, len(data), rejection="The bytes are no JPEG, PNG, GIF or WebP image.")
    return Inspection(image.mime, len(data), image.width, image.height, sha256(data).hexdigest())


def complete(tx: Transaction, by: Caller, media_id: UUID, found: Inspection) -> Media:
    """The media object with what was found. Completing twice changes nothing."""
    statement = (
        update(Media)
        .where(Media.workspace_id == by.workspace_id, Media.id == media_id, Media.status == "pending")
        .values(
            status="rejected" if found.rejection else "ready",
            rejection=found.rejection,
            mime=found.mime,
            byte_size=found.byte_size,
            width=found.width,
            height=found.height,
            sha256=found.sha256,
            version=Media.version + 1,
            updated_at=tx.now,
        )
        .returning(Media.status)
    )
    status = tx.session.execute(statement).scalar_one_or_none()
    if status is not None:
        before, after = {"status": "pending"}, {"status": status}
        audit.record(tx, by, "media.completed", ("media", media_id), before=before, after=after)
    return get(tx, by, media_id)
