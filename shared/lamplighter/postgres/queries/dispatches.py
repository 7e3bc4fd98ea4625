"""The dispatch table's few statements: claiming, holding, releasing. Hot, so SQL text and prepared once."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Row, SmallInteger, TextClause, Uuid, bindparam, text

from lamplighter.postgres.session import Transaction

_TIME = DateTime(timezone=True)


def _claiming(rows: str) -> TextClause:
    """The claim of the rows whose ids a SELECT gives."""
    # The grace doubles with each wake-up that nobody followed, to eight times at most: a backlog that nobody
    # has begun yet is not woken anew every minute, which would only make it longer.
    # An array and no join: a join of thousands of rows is planned as a hash join, which reads the whole table
    # at every tick.
    statement = f"""
    UPDATE dispatches AS d
       SET fence = d.fence + 1,
           wakes = least(d.wakes + 1, 4),
           lease_until = greatest(d.due_at, :now)
                       + make_interval(secs => :grace * least(power(2, d.wakes), 8))
     WHERE d.publication_platform_id = ANY (ARRAY({rows}))
    RETURNING d.workspace_id, d.publication_platform_id, d.fence, d.due_at, d.priority, d.lane
    """  # noqa: S608  # our own words
    return text(statement).bindparams(bindparam("now", type_=_TIME), bindparam("horizon", type_=_TIME))


# Each priority by itself, so that each is one short range of the index: in one range over (priority, due_at),
# PostgreSQL before 18 would walk past everything that is not due yet to reach the next priority.
_CLAIM = _claiming(
    """
            SELECT due.publication_platform_id
              FROM (VALUES (0::smallint), (1::smallint), (2::smallint)) AS ranks (priority)
             CROSS JOIN LATERAL (
                    SELECT publication_platform_id
                      FROM dispatches
                     WHERE priority = ranks.priority
                       AND due_at <= :horizon
                       AND (lease_until IS NULL OR lease_until <= :now)
                     ORDER BY due_at
                     LIMIT :limit
                       FOR UPDATE SKIP LOCKED
                   ) AS due
    """
)

# Where much is due: workspace by workspace in turns, each what is due before what soon will be and its most
# urgent first, so that one with thousands delays nobody. It ranks all that is due, which the plain claim does
# not.
_CLAIM_IN_TURNS = _claiming(
    """
            SELECT taken.publication_platform_id FROM dispatches AS taken
             WHERE (taken.lease_until IS NULL OR taken.lease_until <= :now)
               AND taken.publication_platform_id = ANY (ARRAY(
                    SELECT publication_platform_id
                      FROM (SELECT publication_platform_id, priority, due_at,
                                   row_number() OVER (PARTITION BY workspace_id
                                                          ORDER BY due_at > :now, priority, due_at) AS turn
                              FROM dispatches
                             WHERE priority IN (0, 1, 2) AND due_at <= :horizon AND lane = :lane
                               AND (lease_until IS NULL OR lease_until <= :now)) AS ranked
                     ORDER BY turn, due_at > :now, priority, due_at
                     LIMIT :room))
               FOR UPDATE SKIP LOCKED
    """
)

_CROWDED = text(
    """
    SELECT count(*) > :limit
      FROM (SELECT FROM dispatches
             WHERE priority IN (0, 1, 2) AND due_at <= :horizon
               AND (lease_until IS NULL OR lease_until <= :now)
             LIMIT :limit + 1) AS due
    """
).bindparams(bindparam("now", type_=_TIME), bindparam("horizon", type_=_TIME))

_OLDEST = text(
    """
    SELECT ranks.priority,
           (SELECT due_at FROM dispatches WHERE priority = ranks.priority ORDER BY due_at LIMIT 1) AS due_at
      FROM (VALUES (0::smallint), (1::smallint), (2::smallint)) AS ranks (priority)
    """
)

_RELEASE = text(
    """
    UPDATE dispatches SET lease_until = NULL
     WHERE publication_platform_id = :id AND fence = :fence
    """
).bindparams(bindparam("id", type_=Uuid()), bindparam("fence", type_=BigInteger()))

_HOLD = text(
    """
    UPDATE dispatches
       SET fence = fence + 1, wakes = 0, lease_until = :lease_until
     WHERE workspace_id = :workspace_id AND publication_platform_id = :id AND fence = :fence
    RETURNING fence, due_at, lane
    """
).bindparams(
    bindparam("lease_until", type_=_TIME),
    bindparam("workspace_id", type_=Uuid()),
    bindparam("id", type_=Uuid()),
)

_POSTPONE = text(
    """
    UPDATE dispatches
       SET due_at = :due_at, lease_until = :lease_until, lane = coalesce(:lane, lane), wakes = :wakes
     WHERE workspace_id = :workspace_id AND publication_platform_id = :id AND fence = :fence
    RETURNING fence
    """
).bindparams(
    bindparam("due_at", type_=_TIME),
    bindparam("lease_until", type_=_TIME),
    bindparam("lane", type_=SmallInteger()),
    bindparam("workspace_id", type_=Uuid()),
    bindparam("id", type_=Uuid()),
)

_IS_HELD = text(
    """
    SELECT 1 FROM dispatches
     WHERE workspace_id = :workspace_id AND publication_platform_id = :id AND fence = :fence
       FOR UPDATE
    """
).bindparams(bindparam("workspace_id", type_=Uuid()), bindparam("id", type_=Uuid()))

_DROP = text(
    """
    DELETE FROM dispatches
     WHERE workspace_id = :workspace_id AND publication_platform_id = :id AND fence = :fence
    RETURNING fence
    """
).bindparams(bindparam("workspace_id", type_=Uuid()), bindparam("id", type_=Uuid()))


def claim(
    tx: Transaction, horizon: datetime, grace_seconds: float, limit: int
) -> Sequence[Row[UUID, UUID, int, datetime, int, int]]:
    """Take up to `limit` rows of each priority that are due by `horizon` and held by nobody, the most urgent
    first: (workspace, platform row, fence, due_at, priority, lane) each."""
    values = {"now": tx.now, "horizon": horizon, "grace": grace_seconds, "limit": limit}
    rows = tx.session.execute(_CLAIM, values).all()
    # RETURNING keeps no order. Of equal ones the first that was asked for is the first.
    return sorted(rows, key=lambda row: (row.priority, row.due_at, row.publication_platform_id))


def claim_in_turns(
    tx: Transaction, horizon: datetime, grace_seconds: float, lane: int, room: int
) -> Sequence[Row[UUID, UUID, int, datetime, int, int]]:
    """The same for one lane and `room` rows in all, in the order of the workspaces' turns."""
    values = {"now": tx.now, "horizon": horizon, "grace": grace_seconds, "lane": lane, "room": room}
    rows = tx.session.execute(_CLAIM_IN_TURNS, values).all()
    turns: Counter[UUID] = Counter()
    ranked = []
    for row in sorted(
        rows, key=lambda row: (row.due_at > tx.now, row.priority, row.due_at, row.publication_platform_id)
    ):
        turns[row.workspace_id] += 1
        ranked.append((turns[row.workspace_id], row))
    return [row for _, row in sorted(ranked, key=lambda each: each[0])]


def is_crowded(tx: Transaction, horizon: datetime, limit: int) -> bool:
    """Whether more than `limit` rows could be claimed now."""
    values = {"now": tx.now, "horizon": horizon, "limit": limit}
    return bool(tx.session.execute(_CROWDED, values).scalar_one())


def oldest(tx: Transaction) -> dict[int, datetime]:
    """Of each priority that has work, when its first is or was due: one step down the index each."""
    rows = tx.session.execute(_OLDEST).all()
    return {priority: due_at for priority, due_at in rows if due_at is not None}


def release(tx: Transaction, claims: Sequence[tuple[UUID, int]]) -> None:
    """Let go of what was claimed and could not be sent, so that the next tick takes it at once."""
    tx.session.execute(_RELEASE, [{"id": row_id, "fence": fence} for row_id, fence in claims])


def hold(
    tx: Transaction, workspace_id: UUID, row_id: UUID, fence: int, lease_until: datetime
) -> tuple[int, datetime, int] | None:
    """Exactly one caller with this fence gets (the next fence, due_at, lane); every other gets None."""
    values = {"workspace_id": workspace_id, "id": row_id, "fence": fence, "lease_until": lease_until}
    row = tx.session.execute(_HOLD, values).one_or_none()
    return None if row is None else (row.fence, row.due_at, row.lane)


def is_held(tx: Transaction, workspace_id: UUID, row_id: UUID, fence: int) -> bool:
    """Whether the fence still stands; if so the row stays locked until the transaction ends."""
    values = {"workspace_id": workspace_id, "id": row_id, "fence": fence}
    return tx.session.execute(_IS_HELD, values).one_or_none() is not None


def postpone(  # the row, its fence and its two times
    tx: Transaction,
    workspace_id: UUID,
    row_id: UUID,
    fence: int,
    *,
    due_at: datetime,
    lease_until: datetime | None,
    lane: int | None = None,
) -> bool:
    """Move held work to `due_at`, and to another lane where one is given; False when the fence no longer
    stands. `lease_until`: whoever postpones wakes it too, and ticks leave it alone until then."""
    values = {
        "workspace_id": workspace_id,
        "id": row_id,
        "fence": fence,
        "due_at": due_at,
        "lease_until": lease_until,
        "lane": lane,
        "wakes": 0 if lease_until is None else 1,
    }
    return tx.session.execute(_POSTPONE, values).one_or_none() is not None


def drop(tx: Transaction, workspace_id: UUID, row_id: UUID, fence: int) -> bool:
    """Remove finished work; False when the fence no longer stands."""
    values = {"workspace_id": workspace_id, "id": row_id, "fence": fence}
    return tx.session.execute(_DROP, values).one_or_none() is not None
