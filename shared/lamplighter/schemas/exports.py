"""Exports: archives of everything that a workspace, or a person, has here."""

from datetime import datetime
from uuid import UUID

from lamplighter.schemas.common import Output


class ExportRead(Output):
    """An archive, asked for and then written; once it is ready it can be downloaded until it expires."""

    id: UUID
    status: str
    """pending, running, ready, failed or expired."""
    byte_size: int | None
    error: str | None
    created_at: datetime
    finished_at: datetime | None
    expires_at: datetime | None
    download_url: str | None
    """Opens for whoever has it, for a few minutes: read the export again for a new one."""
