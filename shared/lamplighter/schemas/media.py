"""Media: announced, uploaded straight to the object store, then read and checked."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from lamplighter.schemas.common import AS_NUMBER, Input, Name, Output

MAX_IMAGE_BYTES = 10_000_000


class MediaCreate(Input):
    """What will be uploaded. The type is read from the bytes later; nothing is believed here."""

    file_name: Name = "image"
    byte_size: Annotated[int, Field(ge=1, le=MAX_IMAGE_BYTES), AS_NUMBER]


class Upload(Output):
    """A form to POST as multipart/form-data: all `fields`, then the bytes as the field `file`."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


class MediaRead(Output):
    """A media object; mime, size and dimensions are known once it is ready."""

    id: UUID
    status: str
    file_name: str
    mime: str | None
    byte_size: int | None
    width: int | None
    height: int | None
    sha256: str | None
    rejection: str | None
    version: int
    created_at: datetime


class MediaCreated(MediaRead):
    """The announced object and where its bytes go."""

    upload: Upload
