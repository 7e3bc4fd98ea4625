"""What an archive of a workspace holds: its rows, its media, its analytics."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from mimetypes import guess_extension
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.clickhouse import tenants
from lamplighter.clickhouse.client import client
from lamplighter.clients import objects
from lamplighter.postgres.models import Media, User, WorkspaceMember
from lamplighter.postgres.session import Transaction
from lamplighter.services import own_rows
from lamplighter.services.archives import Archive
from lamplighter.settings import settings

README = """\
Everything that the workspace has in Lamplighter, as of the time in manifest.json.

*.jsonl          JSON Lines, one object per row; each file is a table. All of them were read in one snapshot.
people.jsonl     who works in the workspace; other files name people by these ids.
audit_log.jsonl  who did what, with address and agent where they are still known.
media/           uploaded files, by the id that they have in media.jsonl. Read after the snapshot: a file that
                 was deleted in between is missing, and manifest.json counts it.
analytics/       what posts achieved, read after the snapshot.
manifest.json    every file with its number of rows, size and SHA-256, and what was left out, and why.

No file holds a secret: neither tokens of accounts, nor secrets of webhooks, nor API keys.
"""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the workspace and its name in the archive."""

    name: str
    object_key: str


def dump(tx: Transaction, archive: Archive, workspace_id: UUID) -> list[Stored]:
    """Every row of the workspace's, in one snapshot; answers with the files that follow."""
    own_rows.unhurried(tx)
    itself = own_rows.WORKSPACES.c.id == workspace_id
    archive.rows("workspaces", own_rows.rows(tx, own_rows.WORKSPACES, itself))
    archive.rows("people", _people(tx, workspace_id))
    for table in own_rows.tables_by("workspace_id"):
        mine = table.c.workspace_id == workspace_id
        read = (
            own_rows.audit_rows(tx, mine) if table is own_rows.AUDIT_LOG else own_rows.rows(tx, table, mine)
        )
        archive.rows(table.name, read)
    files = select(Media.id, Media.mime, Media.object_key).where(Media.workspace_id == workspace_id)
    return [Stored(f"media/{row.id}{_suffix(row.mime)}", row.object_key) for row in tx.session.execute(files)]


def add_rest(archive: Archive, workspace_id: UUID, files: list[Stored]) -> dict[str, Any]:
    """What does not lie in Postgres; what the manifest says of it."""
    return {"media": _add_files(archive, files), "analytics": _add_analytics(archive, workspace_id)}


def _add_files(archive: Archive, files: list[Stored]) -> dict[str, int]:
    """The uploaded files, streamed from the bucket as they are."""
    missing = 0
    for stored in files:
        pieces = objects.pieces(settings().media_bucket, stored.object_key)
        first = next(pieces, None)
        if first is None:
            missing += 1
            continue
        with archive.file(stored.name, compress=False) as file:
            for piece in chain([first], pieces):
                file.write(piece)
    return {"files": len(files) - missing, "announced_but_not_there": missing}


def _add_analytics(archive: Archive, workspace_id: UUID) -> str:
    """The workspace's rows in ClickHouse."""
    if not settings().clickhouse_url:
        return "none: this deployment has no analytics database"
    connected = client()
    names = tenants.tables(connected)
    for name in names:
        archive.rows(f"analytics/{name}", tenants.rows(connected, name, workspace_id))
    return f"{len(names)} tables"


def _people(tx: Transaction, workspace_id: UUID) -> Iterator[dict[str, Any]]:
    statement = (
        select(User.id, User.name, User.email)
        .join(WorkspaceMember, WorkspaceMember.user_id == User.id)
        .where(WorkspaceMember.workspace_id == workspace_id)
        .order_by(User.id)
    )
    found = tx.session.execute(statement, execution_options={"yield_per": own_rows.AT_ONCE})
    yield from (dict(row) for row in found.mappings())


def _suffix(mime: str | None) -> str:
    return (guess_extension(mime) or "") if mime else ""
