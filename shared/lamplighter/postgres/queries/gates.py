"""The statements about an account's gate: on the way of every post, so SQL text and prepared once."""

from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Row, Uuid, bindparam, text

from lamplighter.domain.gates import Gate
from lamplighter.postgres.session import Transaction

_TIME = DateTime(timezone=True)
_IDS = (bindparam("workspace_id", type_=Uuid()), bindparam("connection_id", type_=Uuid()))
_COLUMNS = "failures, closed_until, probing_until, slow_until, error_code"

# Attempts of lost workers stay open until somebody comes for their posts: they count for a lease only.
_READ = text(
    f"""
    SELECT {_COLUMNS}, booked_until,
           (SELECT count(*) FROM (
                SELECT FROM publication_attempts
                 WHERE workspace_id = :workspace_id AND connection_id = :connection_id
                   AND status IN ('claimed', 'prepared', 'sending') AND claimed_at > :since
                 LIMIT :enough) AS open) AS in_flight
      FROM (VALUES (1)) AS always
      LEFT JOIN connection_gates ON workspace_id = :workspace_id AND connection_id = :connection_id
    """  # noqa: S608  # our own words
).bindparams(*_IDS, bindparam("since", type_=_TIME))

_AHEAD = text(
    """
    SELECT count(*) FROM (
        SELECT FROM publication_attempts
         WHERE workspace_id = :workspace_id AND connection_id = :connection_id
           AND status IN ('claimed', 'prepared', 'sending') AND claimed_at > :since
           AND (claimed_at, id) < (:claimed_at, :attempt_id)
         LIMIT :enough) AS open
    """
).bindparams(
    *_IDS,
    bindparam("attempt_id", type_=Uuid()),
    *(bindparam(name, type_=_TIME) for name in ("since", "claimed_at")),
)

_ADD = text(
    """
    INSERT INTO connection_gates (workspace_id, connection_id, failures)
    VALUES (:workspace_id, :connection_id, 0)
    ON CONFLICT (connection_id) DO NOTHING
    """
).bindparams(*_IDS)

_LOCK = text(
    f"""
    SELECT {_COLUMNS}, booked_until FROM connection_gates
     WHERE workspace_id = :workspace_id AND connection_id = :connection_id
       FOR UPDATE
    """  # noqa: S608  # as above
).bindparams(*_IDS)

_SAVE = text(
    """
    UPDATE connection_gates
       SET failures = :failures, closed_until = :closed_until, probing_until = :probing_until,
           slow_until = :slow_until, error_code = :error_code
     WHERE workspace_id = :workspace_id AND connection_id = :connection_id
    """
).bindparams(
    *_IDS, *(bindparam(name, type_=_TIME) for name in ("closed_until", "probing_until", "slow_until"))
)

_BOOK = text(
    """
    UPDATE connection_gates SET booked_until = :until
     WHERE workspace_id = :workspace_id AND connection_id = :connection_id
    """
).bindparams(*_IDS, bindparam("until", type_=_TIME))

_PROBE = text(
    """
    UPDATE connection_gates SET probing_until = :until
     WHERE workspace_id = :workspace_id AND connection_id = :connection_id
       AND closed_until <= :now AND (probing_until IS NULL OR probing_until <= :now)
    RETURNING probing_until
    """
).bindparams(*_IDS, bindparam("until", type_=_TIME), bindparam("now", type_=_TIME))

# One index backwards, as far as the allowance goes. A look at what an earlier attempt did posts nothing.
_NEWEST = text(
    """
    SELECT sending_at FROM publication_attempts
     WHERE workspace_id = :workspace_id AND connection_id = :connection_id
       AND status IN ('sending', 'published', 'unknown') AND sending_at > :since
       AND task = 'publish' AND NOT reconciles
     ORDER BY sending_at DESC
    OFFSET :posts - 1 LIMIT 1
    """
).bindparams(*_IDS, bindparam("since", type_=_TIME))


def read(
    tx: Transaction, workspace_id: UUID, connection_id: UUID, since: datetime, enough: int
) -> tuple[Gate, int]:
    """The gate, and how many attempts begun after `since` are open: counted up to `enough`."""
    values = _ids(workspace_id, connection_id) | {"since": since, "enough": enough}
    row = tx.session.execute(_READ, values).one()
    return _gate(row), row.in_flight


def ahead(  # noqa: PLR0917  # an account, an attempt, and how far to look
    tx: Transaction,
    workspace_id: UUID,
    connection_id: UUID,
    attempt: tuple[datetime, UUID],
    since: datetime,
    enough: int,
) -> int:
    """How many of the account's open attempts begun after `since` began before this one (when, id): counted
    up to `enough`."""
    claimed_at, attempt_id = attempt
    values = {"claimed_at": claimed_at, "attempt_id": attempt_id, "since": since, "enough": enough}
    return int(tx.session.execute(_AHEAD, _ids(workspace_id, connection_id) | values).scalar_one())


def locked(tx: Transaction, workspace_id: UUID, connection_id: UUID) -> tuple[Gate, datetime | None]:
    """The gate under its row's lock, made where there is none, and up to when moments in line are taken."""
    ids = _ids(workspace_id, connection_id)
    row = tx.session.execute(_LOCK, ids).one_or_none()
    if row is None:
        tx.session.execute(_ADD, ids)
        row = tx.session.execute(_LOCK, ids).one()
    return _gate(row), row.booked_until


def save(tx: Transaction, workspace_id: UUID, connection_id: UUID, gate: Gate) -> None:
    """Write the gate, which is locked."""
    tx.session.execute(_SAVE, _ids(workspace_id, connection_id) | asdict(gate))


def book(tx: Transaction, workspace_id: UUID, connection_id: UUID, until: datetime) -> None:
    """Moments in line are taken up to `until`; the gate is locked."""
    tx.session.execute(_BOOK, _ids(workspace_id, connection_id) | {"until": until})


def probe(tx: Transaction, workspace_id: UUID, connection_id: UUID, until: datetime) -> bool:
    """Whether the caller is the one that may try a network again."""
    values = _ids(workspace_id, connection_id) | {"until": until, "now": tx.now}
    return tx.session.execute(_PROBE, values).one_or_none() is not None


def newest_sent(
    tx: Transaction, workspace_id: UUID, connection_id: UUID, since: datetime, posts: int
) -> datetime | None:
    """When the last post but `posts` - 1 was sent, if that was after `since`."""
    values = _ids(workspace_id, connection_id) | {"since": since, "posts": posts}
    found: datetime | None = tx.session.execute(_NEWEST, values).scalar_one_or_none()
    return found


def _ids(workspace_id: UUID, connection_id: UUID) -> dict[str, object]:
    return {"workspace_id": workspace_id, "connection_id": connection_id}


def _gate(row: Row[int, datetime, datetime, datetime, str]) -> Gate:
    return Gate(row.failures or 0, row.closed_until, row.probing_until, row.slow_until, row.error_code)
