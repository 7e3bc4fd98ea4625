"""Idempotency-Key: one effect for one key, the first answer for every repetition.

The row that claims the key is written in the effect's own transaction, so that both stand or neither does. A
second request waits for it a moment: either it sees the answer, or it is told that the first is under way.
Only what must call another party in between commits its claim first, for as long as a lease.
"""

from dataclasses import dataclass
from datetime import timedelta

import orjson
from pydantic import BaseModel
from sqlalchemy import ColumnElement, Row, delete, select, update

from lamplighter.domain.idempotency import Replayed, Request
from lamplighter.postgres.models import IdempotencyKey
from lamplighter.postgres.queries.idempotency import UnderWay, claim
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind
from lamplighter.services import sealed_answers

LEASE = timedelta(seconds=40)
"""Longer than any HTTP function runs."""


@dataclass(frozen=True, slots=True)
class Once:
    """A request under way. Without a key there is nothing to keep."""

    tx: Transaction
    request: Request | None

    def within(self, tx: Transaction) -> "Once":
        """The same request in the transaction of its effect, where a call lies between claim and effect."""
        return Once(tx, self.request)

    def kept[Answer: BaseModel](self, answer: Answer, *, secret: bool = False) -> Answer:
        """The answer itself, kept for a repetition in the transaction of its effect; one that holds a
        `secret` is kept sealed."""
        if self.request is not None:
            body = orjson.dumps(answer.model_dump(mode="json")).decode()
            _keep(self.tx, self.request, body, secret=secret)
        return answer


def begun(tx: Transaction, request: Request | None, *, leased: bool = False) -> Once:
    """Claims the key; raises Replayed where it was answered, and DomainError where it is under way or was
    used for something else. `leased`: the claim is committed before the effect, and falls free by itself."""
    if request is None:
        return Once(tx, None)
    until = tx.now + LEASE if leased else None
    try:
        claimed = claim(tx.session, request, until, tx.now)
    except UnderWay as error:
        raise _under_way() from error
    if not claimed:
        _answer_again(tx, request)
    return Once(tx, request)


def give_back(tx: Transaction, request: Request) -> None:
    """Forget a committed claim whose request had no effect, so that its repetition may try at once."""
    unanswered = IdempotencyKey.status.is_(None)
    tx.session.execute(delete(IdempotencyKey).where(*_is(request), unanswered))


def _answer_again(tx: Transaction, request: Request) -> None:
    """Replay, refuse, or take over from a request that died after it committed its claim."""
    row = _row(tx, request)
    if row is None:  # given back between two statements
        raise _under_way()
    if row.fingerprint != request.fingerprint:
        detail = "This Idempotency-Key was used for another request: use a new one."
        raise DomainError(Kind.INVALID, "idempotency_key_reused", detail)
    if row.status is not None:
        raise Replayed(row.status, _opened(request, row.response, sealed=row.sealed))
    taken = (
        update(IdempotencyKey)
        .where(*_is(request), IdempotencyKey.status.is_(None), IdempotencyKey.locked_until <= tx.now)
        .values(locked_until=tx.now + LEASE)
    )
    if tx.session.connection().execute(taken).rowcount != 1:
        raise _under_way()


def _row(tx: Transaction, request: Request) -> Row[bytes, int | None, str | None, bool] | None:
    columns = (
        IdempotencyKey.fingerprint,
        IdempotencyKey.status,
        IdempotencyKey.response,
        IdempotencyKey.sealed,
    )
    return tx.session.execute(select(*columns).where(*_is(request))).one_or_none()


def _keep(tx: Transaction, request: Request, body: str, *, secret: bool) -> None:
    response = sealed_answers.seal(body, _place(request)) if secret else body
    kept = (
        update(IdempotencyKey)
        .where(*_is(request), IdempotencyKey.status.is_(None))
        .values(status=request.status, response=response, sealed=secret, locked_until=None)
    )
    if tx.session.connection().execute(kept).rowcount != 1:
        # Paused for longer than its lease, and overtaken by its own repetition: this effect is one too many.
        raise _under_way()


def _opened(request: Request, response: str, *, sealed: bool) -> str:
    return sealed_answers.unseal(response, _place(request)) if sealed else response


def _place(request: Request) -> str:
    parts = (request.scope_id, request.principal_id, request.method, request.route, request.key)
    return "|".join(map(str, parts))


def _is(request: Request) -> tuple[ColumnElement[bool], ...]:
    return (
        IdempotencyKey.scope_id == request.scope_id,
        IdempotencyKey.principal_id == request.principal_id,
        IdempotencyKey.method == request.method,
        IdempotencyKey.route == request.route,
        IdempotencyKey.key == request.key,
    )


def _under_way() -> DomainError:
    detail = "The first request with this Idempotency-Key is still under way: try again in a moment."
    return DomainError(Kind.CONFLICT, "request_in_progress", detail, retry_after_s=1)
