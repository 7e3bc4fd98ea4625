"""Telling of an event: counted, with a snapshot of its resource, in one statement. Hot, so SQL text."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, TextClause, Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import JSONB

from lamplighter.domain.events import PLATFORM, RESOURCES, SNAPSHOTS
from lamplighter.ids import new_id
from lamplighter.postgres.session import Transaction


def _object(alias: str, names: Sequence[str], **given: str) -> str:
    """A JSON object of these columns; `given` names the SQL of those that are none."""
    pairs = ", ".join(f"'{name}', {given.get(name, f'{alias}.{name}')}" for name in names)
    return f"jsonb_build_object({pairs})"


_CONTENT = f"""
    SELECT 'live' AS mode, NULL::uuid[] AS connection_ids, r.campaign_id,
           {_object("r", SNAPSHOTS["content"])} AS snapshot
      FROM content r WHERE r.workspace_id = :workspace_id AND r.id = given.resource_id
"""  # noqa: S608  # our own words
_PUBLICATION = f"""
    SELECT r.mode, array_agg(p.connection_id) AS connection_ids, c.campaign_id,
           {
    _object(
        "r",
        SNAPSHOTS["publication"],
        campaign_id="c.campaign_id",
        platforms=f"jsonb_agg({_object('p', PLATFORM)} ORDER BY p.id) FILTER (WHERE p.id IS NOT NULL)",
    )
} AS snapshot
      FROM publications r
      JOIN content c ON c.workspace_id = r.workspace_id AND c.id = r.content_id
      LEFT JOIN publication_platforms p ON p.workspace_id = r.workspace_id AND p.publication_id = r.id
     WHERE r.workspace_id = :workspace_id AND r.id = given.resource_id
     GROUP BY r.id, c.campaign_id
"""  # noqa: S608  # our own words
_CONNECTION = f"""
    SELECT 'live' AS mode, ARRAY[r.id] AS connection_ids, NULL::uuid AS campaign_id,
           {_object("r", SNAPSHOTS["platform_connection"])} AS snapshot
      FROM platform_connections r WHERE r.workspace_id = :workspace_id AND r.id = given.resource_id
"""  # noqa: S608  # our own words
_RECURRING_POST = f"""
    SELECT r.mode, NULL::uuid[] AS connection_ids, NULL::uuid AS campaign_id,
           {_object("r", SNAPSHOTS["recurring_post"])} AS snapshot
      FROM recurring_posts r WHERE r.workspace_id = :workspace_id AND r.id = given.resource_id
"""  # noqa: S608  # our own words
_WEBHOOK = f"""
    SELECT r.mode, NULL::uuid[] AS connection_ids, NULL::uuid AS campaign_id,
           {_object("r", SNAPSHOTS["webhook"])} AS snapshot
      FROM webhooks r WHERE r.workspace_id = :workspace_id AND r.id = given.resource_id
"""  # noqa: S608  # our own words
_NOTHING = """
    SELECT 'live' AS mode, NULL::uuid[] AS connection_ids, NULL::uuid AS campaign_id, NULL::jsonb AS snapshot
"""
_READ = {
    "content": _CONTENT,
    "publication": _PUBLICATION,
    "platform_connection": _CONNECTION,
    "recurring_post": _RECURRING_POST,
    "webhook": _WEBHOOK,
}


# Without an endpoint nobody needs to be woken; who only adds events does not see if there is one.
_IS_HEARD = """
    RETURNING EXISTS (SELECT FROM webhooks w WHERE w.workspace_id = :workspace_id AND w.status = 'active')
"""


def _statement(kind: str, returning: str = "", table: str = "outbox_events") -> TextClause:
    # Whoever changes a resource has it locked, so the order in which its events are counted is the order of
    # its changes.
    also = ("endpoints, ", "1, ") if table == "events" else ("", "")
    statement = f"""
    WITH given AS (
        SELECT (:ids)[n] AS id, (:resource_ids)[n] AS resource_id, said
          FROM jsonb_array_elements(:said) WITH ORDINALITY AS s (said, n)
    ), counted AS (
        INSERT INTO event_sequences AS s (workspace_id, resource_id, sequence)
        SELECT :workspace_id, resource_id, 1 FROM given ORDER BY resource_id
            ON CONFLICT (workspace_id, resource_id) DO UPDATE SET sequence = s.sequence + 1
        RETURNING s.resource_id, s.sequence
    )
    INSERT INTO {table}
           ({also[0]}id, workspace_id, type, resource_id, sequence, mode, connection_ids, campaign_id,
            payload, created_at)
    SELECT {also[1]}given.id, :workspace_id, :type, given.resource_id, counted.sequence,
           coalesce(now_is.mode, 'live'),
           now_is.connection_ids, now_is.campaign_id,
           CASE WHEN now_is.snapshot IS NULL THEN given.said
                ELSE given.said || jsonb_build_object('{kind}', now_is.snapshot) END,
           :now
      FROM given
      JOIN counted ON counted.resource_id = given.resource_id
      LEFT JOIN LATERAL ({_READ.get(kind, _NOTHING)}) AS now_is ON true
    {returning}
    """  # noqa: S608  # our own words
    uuids = ARRAY(Uuid())
    return text(statement).bindparams(
        bindparam("ids", type_=uuids),
        bindparam("resource_ids", type_=uuids),
        bindparam("said", type_=JSONB()),
        bindparam("workspace_id", type_=Uuid()),
        bindparam("now", type_=DateTime(timezone=True)),
    )


_TELL = {kind: _statement(kind) for kind in RESOURCES}
_TELL_ONE = _statement("webhook", "RETURNING id", "events")
_TELL_AND_ASK = {kind: _statement(kind, _IS_HEARD) for kind in RESOURCES}


def tell(
    tx: Transaction,
    workspace_id: UUID,
    event_type: str,
    kind: str,
    said: Mapping[UUID, Mapping[str, Any]],
    *,
    asks: bool,
) -> bool:
    """An event of this type about each of these resources of one kind, and what it says beside the snapshot;
    where it `asks`, the answer is whether an endpoint listens."""
    values = _values(tx, workspace_id, event_type, said)
    if not asks:
        tx.session.execute(_TELL[kind], values)
        return False
    return bool(tx.session.execute(_TELL_AND_ASK[kind], values).scalars().first())


def tell_one(tx: Transaction, workspace_id: UUID, event_type: str, webhook_id: UUID) -> UUID:
    """An event about this endpoint that nobody else is told of, handed over at once; its id."""
    said = {webhook_id: {"webhook_id": str(webhook_id)}}
    found: UUID = tx.session.execute(_TELL_ONE, _values(tx, workspace_id, event_type, said)).scalar_one()
    return found


def _values(
    tx: Transaction, workspace_id: UUID, event_type: str, said: Mapping[UUID, Mapping[str, Any]]
) -> dict[str, Any]:
    return {
        "ids": [new_id() for _ in said],
        "resource_ids": list(said),
        "said": [dict(each) for each in said.values()],
        "workspace_id": workspace_id,
        "type": event_type,
        "now": tx.now,
    }
