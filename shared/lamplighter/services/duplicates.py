"""The same post on the same account at almost the same time: refused when it is scheduled."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Text, Uuid, bindparam, text

from lamplighter.domain.access import Caller
from lamplighter.postgres.models import Content
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind
from lamplighter.services.renditions import rendition_of

GONE = ("cancelled", "failed", "skipped", "removed")
"""The states of a platform row whose post neither is on the network nor goes there by itself."""

_LOCK = text("SELECT pg_advisory_xact_lock(key) FROM unnest(:keys) AS key").bindparams(
    bindparam("keys", type_=ARRAY(BigInteger()))
)

# What the caller may see first, so that it is named where anything may be; then what is nearest in time.
_FIND = text(
    """
    SELECT found.id, found.is_visible
      FROM (SELECT p.id, p.scheduled_at,
                   CAST(:only AS uuid[]) IS NULL OR NOT EXISTS (
                       SELECT FROM publication_platforms AS other
                        WHERE other.workspace_id = :workspace_id AND other.publication_id = p.id
                          AND other.connection_id <> ALL (CAST(:only AS uuid[]))
                   ) AS is_visible
              FROM unnest(:connection_ids, :fingerprints) AS wanted (connection_id, fingerprint)
              JOIN publication_platforms AS target
                ON target.connection_id = wanted.connection_id AND target.fingerprint = wanted.fingerprint
              JOIN publications AS p ON p.workspace_id = target.workspace_id AND p.id = target.publication_id
             WHERE target.workspace_id = :workspace_id AND target.status <> ALL (:gone)
               AND p.mode = :mode AND p.scheduled_at BETWEEN :since AND :until) AS found
     ORDER BY found.is_visible DESC, abs(extract(epoch FROM found.scheduled_at - :due_at)), found.id
     LIMIT 1
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(Uuid())) for name in ("only", "connection_ids")),
    *(bindparam(name, type_=ARRAY(Text())) for name in ("fingerprints", "gone")),
    *(bindparam(name, type_=DateTime(timezone=True)) for name in ("since", "until", "due_at")),
    bindparam("workspace_id", type_=Uuid()),
)


def fingerprint_of(content: Content, platform: str) -> str:
    """What publication_platforms.fingerprint holds of the content on an account of the network."""
    return rendition_of(content, platform).fingerprint


def refuse(
    tx: Transaction, by: Caller, fingerprints: Mapping[UUID, str], due_at: datetime, window: timedelta
) -> None:
    """Raise if one of the connections has, or is to get, what the fingerprint given for it says within
    `window` of `due_at`; nothing is looked for where there is no window. Who asks the same at the same moment
    waits until this transaction ends."""
    if not window or not fingerprints:
        return
    tx.session.execute(_LOCK, {"keys": sorted(_key(*pair) for pair in fingerprints.items())})
    values = {
        "workspace_id": by.workspace_id,
        "mode": by.mode,
        "connection_ids": list(fingerprints),
        "fingerprints": list(fingerprints.values()),
        "only": None if by.connection_ids is None else list(by.connection_ids),
        "gone": list(GONE),
        "due_at": due_at,
        "since": due_at - window,
        "until": due_at + window,
    }
    found = tx.session.execute(_FIND, values).one_or_none()
    if found is not None:
        raise _duplicate(found.id if found.is_visible else None)


def _key(connection_id: UUID, fingerprint: str) -> int:
    """The number of the pair's advisory lock."""
    digest = sha256(connection_id.bytes + fingerprint.encode()).digest()
    return int.from_bytes(digest[:8], signed=True)


def _duplicate(publication_id: UUID | None) -> DomainError:
    """A limited key is not told of a publication that it could not read."""
    detail = "An account has, or is to get, the same around that time. To post it all the same, force it."
    members = {} if publication_id is None else {"publication_id": str(publication_id)}
    return DomainError(Kind.CONFLICT, "duplicate_publication", detail, members=members)
