"""Queue slots: the next one that is free, and what stands in the way of the others.

Which slots are taken is derived from what the accounts post, and kept nowhere. Whoever is about to take one
holds its accounts until the transaction ends: an advisory lock for each, in one order, before any row's.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Row, Text, Uuid, bindparam, select, text

from lamplighter.domain.access import Caller
from lamplighter.domain.slots import MARGIN, Account, Plan, common_slots, first_free, neighbours, obstacle
from lamplighter.postgres.models import PlatformConnection, Publication, PublicationPlatform
from lamplighter.postgres.session import Transaction, raw
from lamplighter.problems import DomainError, Kind, not_found
from lamplighter.services import publications, slot_plans, slot_rules
from lamplighter.services.duplicates import GONE
from lamplighter.services.slot_rules import Coming

WEEKS_AHEAD = 52
"""How far a free slot is looked for."""
MOST_LISTED = 500
"""How many slots one answer shows, however few of them are free."""

_LOCK = (
    "SET LOCAL lock_timeout = '12s'; SET LOCAL statement_timeout = '13s';"
    " SELECT pg_advisory_xact_lock(key) FROM unnest('{{{keys}}}'::bigint[]) AS key;"
    " SET LOCAL lock_timeout TO DEFAULT; SET LOCAL statement_timeout TO DEFAULT"
)
"""Who waits here holds nothing that others need, and is one of many after the same slots: for longer than for
any other lock, and less long than the function runs."""

# One statement: an occurrence that becomes a publication meanwhile is seen as the one or as the other.
_POSTS = text(
    """
    SELECT target.connection_id, p.scheduled_at AS at, p.id AS publication_id, p.recurring_post_id,
           CAST(:only AS uuid[]) IS NULL OR NOT EXISTS (
               SELECT FROM publication_platforms AS other
                WHERE other.workspace_id = :workspace_id AND other.publication_id = p.id
                  AND other.connection_id <> ALL (CAST(:only AS uuid[]))
           ) AS is_visible
      FROM publications AS p
      JOIN publication_platforms AS target
        ON target.workspace_id = p.workspace_id AND target.publication_id = p.id
     WHERE p.workspace_id = :workspace_id AND p.mode = :mode AND p.scheduled_at BETWEEN :since AND :until
       AND p.id <> ALL (:but) AND target.connection_id = ANY (:connection_ids)
       AND target.status <> ALL (:gone)
     UNION ALL
    SELECT target.connection_id, o.due_at, NULL, r.id, CAST(:only AS uuid[]) IS NULL
      FROM recurring_occurrences AS o
      JOIN recurring_posts AS r ON r.workspace_id = o.workspace_id AND r.id = o.recurring_post_id
      JOIN recurring_post_connections AS target
        ON target.workspace_id = o.workspace_id AND target.recurring_post_id = r.id
       AND target.connection_id = ANY (:connection_ids)
     WHERE o.workspace_id = :workspace_id AND o.status = 'planned' AND o.due_at BETWEEN :since AND :until
       AND r.status = 'active' AND r.mode = :mode
    """
).bindparams(
    *(bindparam(name, type_=ARRAY(Uuid())) for name in ("only", "connection_ids", "but")),
    *(bindparam(name, type_=DateTime(timezone=True)) for name in ("since", "until")),
    bindparam("gone", type_=ARRAY(Text())),
    bindparam("workspace_id", type_=Uuid()),
)


@dataclass(frozen=True, slots=True)
class Window:
    """A time to come, what the accounts are like then, and their posts of it and of a margin around it."""

    accounts: Mapping[UUID, Account]
    posts: Sequence[Row[Any] | Coming]
    since: datetime
    until: datetime


def next_free(
    tx: Transaction, by: Caller, connection_ids: Collection[UUID], but: Collection[UUID] = ()
) -> datetime:
    """The next slot that is free on all of these accounts, and theirs until the transaction ends: ask before
    any row is locked. `but`: publications that count as if they were not there. Conflict where an account has
    no plan, or nothing is free within WEEKS_AHEAD."""
    hold(tx, connection_ids)
    for window in _windows(tx, by, connection_ids, but):
        found = first_free(list(window.accounts.values()), window.since, window.until)
        if found is not None:
            return found
    raise none_free()


def next_free_for(tx: Transaction, by: Caller, publication_id: UUID) -> datetime:
    """The next slot that is free for a publication that is to move; its present one counts as free."""
    mine = publications.visible(by).where(Publication.id == publication_id)
    targets = mine.join(Publication.platforms).with_only_columns(
        PublicationPlatform.connection_id, PublicationPlatform.status
    )
    found = tx.session.execute(targets).all()
    if not found:
        raise not_found()
    left = [each.connection_id for each in found if each.status != "cancelled"]
    return next_free(tx, by, left or [each.connection_id for each in found], [publication_id])


def hold(tx: Transaction, connection_ids: Collection[UUID]) -> None:
    """Nobody else takes a slot of these accounts until the transaction ends."""
    keys = ",".join(str(key) for key in sorted(_key(each) for each in connection_ids))
    raw(tx.session.connection()).execute(_LOCK.format(keys=keys))  # several statements, one round trip


def _windows(
    tx: Transaction, by: Caller, connection_ids: Collection[UUID], but: Collection[UUID] = ()
) -> Iterator[Window]:
    """The time to come, piece by piece: a queue is mostly short, so the first is a week, and each is twice as
    long as the one before. `but`: publications that count as if they were not there."""
    plans = slot_plans.of_accounts(tx, by.workspace_id, connection_ids)
    since, length, end = tx.now, timedelta(weeks=1), tx.now + timedelta(weeks=WEEKS_AHEAD)
    while since < end:
        until = min(since + length, end)
        yield _window(tx, by, plans, but, (since, until))
        since, length = until, length * 2


def ahead(
    tx: Transaction, by: Caller, connection_ids: Collection[UUID], but: Collection[UUID] = ()
) -> Window:
    """All of that time at once."""
    plans = slot_plans.of_accounts(tx, by.workspace_id, connection_ids)
    return _window(tx, by, plans, but, (tx.now, tx.now + timedelta(weeks=WEEKS_AHEAD)))


def listed(tx: Transaction, by: Caller, connection_ids: Sequence[UUID], limit: int) -> dict[str, Any]:
    """The slots to come, up to the `limit`-th free one, as the fields of a SlotList."""
    _must_be_usable(tx, by, connection_ids)
    items: list[dict[str, Any]] = []
    free = 0
    for window in _windows(tx, by, connection_ids):
        for at in common_slots([each.plan for each in window.accounts.values()], window.since, window.until):
            items.append(_slot(window, at))
            free += items[-1]["status"] == "free"
            if free == limit or len(items) == MOST_LISTED:
                return {"items": items, "searched_until": at}
    return {"items": items, "searched_until": tx.now + timedelta(weeks=WEEKS_AHEAD)}


def none_free() -> DomainError:
    """The answer where there is no slot to be had."""
    detail = (
        f"No slot is free within {WEEKS_AHEAD} weeks on all of these accounts: give them more slots, or fewer"
        " rules that keep posts apart."
    )
    return DomainError(Kind.CONFLICT, "no_free_slot", detail)


def _slot(window: Window, at: datetime) -> dict[str, Any]:
    """Free, or the first account's reason; and what stands in the way on any."""
    accounts = window.accounts
    reasons = {id_: reason for id_, each in accounts.items() if (reason := obstacle(each, at))}
    in_the_way = {(id_, post) for id_ in reasons for post in neighbours(accounts[id_], at)}
    first = next(iter(accounts.values()))
    return {
        "at": at,
        "local_time": at.astimezone(first.plan.zone).replace(tzinfo=None).isoformat(),
        "status": next(iter(reasons.values()), "free"),
        "occupied_by": [_shown(use) for use in window.posts if (use.connection_id, use.at) in in_the_way],
    }


def _window(
    tx: Transaction,
    by: Caller,
    plans: Mapping[UUID, Plan],
    but: Collection[UUID],
    bounds: tuple[datetime, datetime],
) -> Window:
    since, until = bounds
    values = {
        "workspace_id": by.workspace_id,
        "mode": by.mode,
        "connection_ids": list(plans),
        "only": None if by.connection_ids is None else list(by.connection_ids),
        "but": list(but),
        "gone": list(GONE),
        "since": since - MARGIN,
        "until": until + MARGIN,
    }
    written = tx.session.execute(_POSTS, values).all()
    coming = slot_rules.ahead(tx, by, list(plans), since - MARGIN, until + MARGIN)
    together: list[Row[Any] | Coming] = [*written, *coming]
    posts = sorted(together, key=lambda post: post.at)
    accounts = {each: Account(plan) for each, plan in plans.items()}
    for post in posts:
        accounts[post.connection_id].posts.append(post.at)
    return Window(accounts, posts, since, until)


def _shown(use: Row[Any] | Coming) -> dict[str, Any]:
    """A limited key is not told of what it could not read."""
    named = ("publication_id", "recurring_post_id")
    ids = {name: getattr(use, name) if use.is_visible else None for name in named}
    return {"connection_id": use.connection_id, "at": use.at.astimezone(UTC), **ids}


def _must_be_usable(tx: Transaction, by: Caller, connection_ids: Sequence[UUID]) -> None:
    statement = select(PlatformConnection.id).where(
        PlatformConnection.workspace_id == by.workspace_id, PlatformConnection.id.in_(connection_ids)
    )
    known = {each for each in tx.session.scalars(statement) if by.may_use(each)}
    if known != set(connection_ids):
        raise not_found()


def _key(connection_id: UUID) -> int:
    """The number of the account's advisory lock."""
    return int.from_bytes(sha256(b"slots of " + connection_id.bytes).digest()[:8], signed=True)
