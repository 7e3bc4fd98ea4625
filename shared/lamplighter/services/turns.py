"""Publications of a recurring post that are late: which is superseded, and whose turn it is."""

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Uuid, bindparam, text

from lamplighter.domain.misfires import SPACING
from lamplighter.domain.vocabulary import LATEST
from lamplighter.postgres.models import Publication, PublicationPlatform
from lamplighter.postgres.queries import occurrences
from lamplighter.postgres.session import Transaction

_LONG_AGO = timedelta(days=30)
"""Older than this no backlog is."""

_LOCK = text("SELECT pg_advisory_xact_lock(:key)").bindparams(bindparam("key", type_=BigInteger()))

_BEFORE = text(
    """
    SELECT (SELECT count(*)
              FROM publications AS other
              JOIN publication_platforms AS target
                ON target.workspace_id = other.workspace_id AND target.publication_id = other.id
             WHERE other.workspace_id = :workspace_id AND other.recurring_post_id = :rule_id
               AND other.scheduled_at < :mine AND other.scheduled_at > :long_ago
               AND target.connection_id = :connection_id AND target.status = 'pending') AS before,
           (SELECT max(attempt.sending_at)
              FROM publication_attempts AS attempt
              JOIN publication_platforms AS target
                ON target.workspace_id = attempt.workspace_id AND target.id = attempt.publication_platform_id
              JOIN publications AS other
                ON other.workspace_id = target.workspace_id AND other.id = target.publication_id
             WHERE attempt.workspace_id = :workspace_id AND attempt.connection_id = :connection_id
               AND attempt.sending_at > :lately AND attempt.status IN ('sending', 'published', 'unknown')
               AND target.id <> :row_id AND other.recurring_post_id = :rule_id) AS sent_at
    """
).bindparams(
    *(bindparam(name, type_=Uuid()) for name in ("workspace_id", "rule_id", "connection_id", "row_id")),
    *(bindparam(name, type_=DateTime(timezone=True)) for name in ("mine", "long_ago", "lately")),
)


def is_superseded(tx: Transaction, publication: Publication, due_at: datetime) -> bool:
    """Of a late policy under which the latest goes out: whether a later one of its rule is due by now."""
    rule_id = publication.recurring_post_id
    if publication.late_policy != LATEST or rule_id is None or due_at > tx.now - SPACING:
        return False
    found = occurrences.latest(tx, publication.workspace_id, [rule_id], due_at, publication.id)
    return rule_id in found


def turn_of(
    tx: Transaction, publication: Publication, row: PublicationPlatform, due_at: datetime
) -> datetime | None:
    """When a late publication of a rule that sends all of them may go to its account: after those that were
    due before it, SPACING apart. None: it is not late, or of no such rule. Whoever asks the same of the
    account and rule waits until this transaction ends."""
    rule_id = publication.recurring_post_id
    if publication.late_policy != "send" or rule_id is None or due_at > tx.now - SPACING:
        return None
    tx.session.execute(_LOCK, {"key": _key(rule_id, row.connection_id)})
    values = {
        "workspace_id": row.workspace_id,
        "rule_id": rule_id,
        "connection_id": row.connection_id,
        "row_id": row.id,
        "mine": publication.scheduled_at,
        "long_ago": publication.scheduled_at - _LONG_AGO,
        "lately": tx.now - SPACING,
    }
    before, sent_at = tx.session.execute(_BEFORE, values).one()
    free = tx.now if sent_at is None else max(tx.now, sent_at + SPACING)
    return free + int(before) * SPACING


def _key(rule_id: UUID, connection_id: UUID) -> int:
    """The number of the pair's advisory lock."""
    return int.from_bytes(sha256(rule_id.bytes + connection_id.bytes).digest()[:8], signed=True)
