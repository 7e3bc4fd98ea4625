"""The claim of an idempotency key: one round trip, and no long wait for whoever claimed it before."""

from datetime import datetime

from psycopg import ClientCursor
from psycopg.errors import LockNotAvailable
from sqlalchemy.orm import Session

from lamplighter.domain.idempotency import Request
from lamplighter.postgres.session import LOCK_TIMEOUT, raw

_CLAIM = f"""
SET LOCAL lock_timeout = '1500ms';
INSERT INTO idempotency_keys
       (scope_id, principal_id, method, route, key, fingerprint, locked_until, created_at)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
    ON CONFLICT DO NOTHING;
SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'
"""  # noqa: S608  # a constant


class UnderWay(Exception):  # noqa: N818  # reads as what happened
    """The transaction that claimed the key before is still open. This one is lost: roll it back."""


def claim(session: Session, request: Request, locked_until: datetime | None, now: datetime) -> bool:
    """Whether the key was free and is now ours. Waits for an open transaction that claimed it, for a moment;
    raises UnderWay after that."""
    # Several statements in one message take a cursor that binds on this side.
    cursor = ClientCursor(raw(session.connection()))
    try:
        cursor.execute(
            _CLAIM,
            (
                request.scope_id,
                request.principal_id,
                request.method,
                request.route,
                request.key,
                request.fingerprint,
                locked_until,
                now,
            ),
        )
    except LockNotAvailable as error:
        raise UnderWay from error
    cursor.nextset()
    return cursor.rowcount == 1
