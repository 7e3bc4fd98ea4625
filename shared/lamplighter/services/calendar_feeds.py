"""Calendar feeds: with a feed's address, calendar programs read what goes out, and nothing else."""

import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import select

from lamplighter.domain.access import Caller
from lamplighter.ids import new_id
from lamplighter.postgres.models import CalendarFeed, PlatformConnection
from lamplighter.postgres.session import Transaction, lookup
from lamplighter.problems import DomainError, Fault, Kind, not_found
from lamplighter.schemas.calendar import CalendarFeedCreate
from lamplighter.services import audit
from lamplighter.services.pages import Order, page

PATH = "/v1/calendar-feeds"
_SHAPE = re.compile(r"lcf_[A-Za-z0-9_-]{43}", re.ASCII)
_SECRET_BYTES = 32
_SHOWN = ("publications:read", "content:read", "recurring_posts:read")
"""What whoever has the address reads."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed whose address was asked for."""

    id: UUID
    workspace_id: UUID
    organization_id: UUID
    name: str
    mode: str
    connection_ids: tuple[UUID, ...]
    """Empty: everything."""


def create(tx: Transaction, by: Caller, body: CalendarFeedCreate) -> tuple[CalendarFeed, str]:
    """A feed, and its token, which is stored nowhere. It shows posts of all accounts that they go to, so it
    is not for keys that are limited to some; and their texts, and what repeats, so these must be open too."""
    by.must_be_unlimited()
    _must_see(by)
    _check(tx, by, body.connection_ids or ())
    token = f"lcf_{secrets.token_urlsafe(_SECRET_BYTES)}"
    row = CalendarFeed(
        id=new_id(),
        workspace_id=by.workspace_id,
        name=body.name,
        token_hash=_hash(token),
        mode=by.mode,
        connection_ids=body.connection_ids,
        created_by=by.person_id,
        created_at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    after = {"connection_ids": body.connection_ids}
    audit.record(tx, by, "calendar_feed.created", ("calendar_feed", row.id), after=after)
    return row, token


def address(base: str, token: str) -> str:
    """Where calendar programs read the feed. They send no headers, so the token stands in the path; the
    access log holds routes, no paths."""
    return f"{base}{PATH}/{token}.ics"


def listed(tx: Transaction, by: Caller, order: Order) -> dict[str, Any]:
    """A page of the workspace's feeds, revoked ones too."""
    by.must_be_unlimited()
    statement = select(CalendarFeed).where(
        CalendarFeed.workspace_id == by.workspace_id, CalendarFeed.mode == by.mode
    )
    return page(tx, statement, CalendarFeed.id, order, bound_to=f"feeds {by.workspace_id} {by.mode}")


def revoke(tx: Transaction, by: Caller, feed_id: UUID) -> CalendarFeed:
    """The feed, which shows nothing any more. Again is fine."""
    statement = (
        select(CalendarFeed)
        .where(
            CalendarFeed.workspace_id == by.workspace_id,
            CalendarFeed.mode == by.mode,
            CalendarFeed.id == feed_id,
        )
        .with_for_update()
    )
    row = tx.session.scalars(statement).one_or_none() if by.connection_ids is None else None
    if row is None:
        raise not_found()
    if row.revoked_at is None:
        row.revoked_at = tx.now
        tx.session.flush()
        audit.record(tx, by, "calendar_feed.revoked", ("calendar_feed", row.id))
    return row


def presented(token: str) -> tuple[Feed, bool]:
    """The feed that the token opens, and whether it was revoked; not_found for a token that never was."""
    found = lookup("find_calendar_feed", _hash(token)) if _SHAPE.fullmatch(token) else None
    if found is None:
        raise not_found()
    row, _now = found
    ids = tuple(row["connection_ids"] or ())
    feed = Feed(row["id"], row["workspace_id"], row["organization_id"], row["name"], row["mode"], ids)
    return feed, row["revoked_at"] is not None


def must_work(*, is_revoked: bool) -> None:
    """Refuse a feed that worked once."""
    if is_revoked:
        detail = "This feed was revoked: take its address out of your calendar."
        raise DomainError(Kind.GONE, "feed_revoked", detail)


def _must_see(by: Caller) -> None:
    for permission in _SHOWN:
        if not by.may(permission):
            detail = f"A feed shows more than you may see: {permission} is missing."
            raise DomainError(Kind.FORBIDDEN, "permission_missing", detail)


def _check(tx: Transaction, by: Caller, connection_ids: "list[UUID] | tuple[()]") -> None:
    if not connection_ids:
        return
    statement = select(PlatformConnection.id).where(
        PlatformConnection.workspace_id == by.workspace_id, PlatformConnection.id.in_(connection_ids)
    )
    known = set(tx.session.scalars(statement))
    detail = "There is no such connection in this workspace."
    faults = [
        Fault(f"/connection_ids/{index}", "unknown_connection", detail)
        for index, each in enumerate(connection_ids)
        if each not in known
    ]
    if faults:
        raise DomainError(Kind.INVALID, "validation_failed", "The request is not valid.", faults)


def _hash(token: str) -> str:
    """What is stored of it: random as it is, it needs no salt and no slow hash."""
    return sha256(token.encode()).hexdigest()
