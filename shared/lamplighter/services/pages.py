"""Keyset pages: newest first by UUIDv7, or oldest first; cursors bound to what they page through."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import Select

from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind

_TAG_BYTES = 6


@dataclass(frozen=True, slots=True)
class Order:
    """Which page of a list, and from which end."""

    limit: int
    cursor: str | None = None
    oldest_first: bool = False


def page(tx: Transaction, statement: Select[Any], key: Any, order: Order, *, bound_to: str) -> dict[str, Any]:
    """One page of `statement` ordered by the id column `key`, as the fields of a Page.

    `bound_to` names the list and its filters: a cursor of another list, workspace, filter or
    order is refused.
    """
    bound_to = f"{bound_to} oldest first" if order.oldest_first else bound_to
    if order.cursor is not None:
        last = _position(order.cursor, bound_to)
        statement = statement.where(key > last if order.oldest_first else key < last)
    ordered = statement.order_by(key.asc() if order.oldest_first else key.desc())
    rows = tx.session.scalars(ordered.limit(order.limit + 1)).all()
    items, has_more = rows[: order.limit], len(rows) > order.limit
    following = cursor_after(items[-1].id, bound_to) if has_more else None
    return {"items": items, "has_more": has_more, "next_cursor": following}


def cursor_after(last: UUID, bound_to: str) -> str:
    """What asks for the rows that follow the row `last`."""
    return urlsafe_b64encode(_tag(bound_to) + last.bytes).decode().rstrip("=")


def _tag(bound_to: str) -> bytes:
    return sha256(bound_to.encode()).digest()[:_TAG_BYTES]


def _position(cursor: str, bound_to: str) -> UUID:
    try:
        raw = urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        if raw[:_TAG_BYTES] == _tag(bound_to):
            return UUID(bytes=raw[_TAG_BYTES:])
    except ValueError:
        pass
    detail = "This cursor was not made by this list with these filters."
    raise DomainError(Kind.INVALID, "invalid_cursor", detail, [Fault("", "invalid_cursor", detail)])
