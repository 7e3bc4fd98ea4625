"""What recurring posts post, and where to: read once for a batch of occurrences."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, select

from lamplighter.domain import rotation
from lamplighter.domain.rotation import Entry
from lamplighter.postgres.models import (
    Content,
    PlatformConnection,
    RecurringOccurrence,
    RecurringPost,
    RecurringPostConnection,
    RecurringPostContent,
)
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError
from lamplighter.services import duplicates, preflight


@dataclass(frozen=True, slots=True)
class Pick:
    """The content of an occurrence and the accounts that take it, or why there is none."""

    content: Content | None = None
    connections: Sequence[PlatformConnection] = ()
    code: str | None = None


@dataclass(slots=True)
class Supplies:
    """Of some rules of a workspace: contents, which nobody changes meanwhile, pools and accounts."""

    tx: Transaction
    contents: dict[UUID, Content]
    pools: dict[UUID, list[RecurringPostContent]]
    accounts: dict[UUID, list[PlatformConnection]]
    _fits: dict[tuple[UUID, UUID], bool] = field(default_factory=dict)
    _prints: dict[tuple[UUID, str], str] = field(default_factory=dict)

    def picked(self, rule: RecurringPost, occurrence: RecurringOccurrence, at: datetime) -> Pick:
        """What goes out at that time: what somebody chose for this once, or what the rule comes to."""
        accounts = self.accounts.get(rule.id, [])
        if not accounts:
            return Pick(code="no_accounts")
        if occurrence.content_id is not None:
            return self._only(occurrence.content_id, accounts)
        pool = [row for row in self.pools.get(rule.id, []) if self._is_usable(row.content_id)]
        if not pool:
            return Pick(code="content_archived")
        gap = timedelta(days=rule.minimum_gap_days if rule.content_type == "rotation" else 0)
        for content_id in _in_turn(pool, at, gap):
            if takers := self._takers(content_id, accounts):
                _used(pool, content_id, at)
                return Pick(self.contents[content_id], takers)
        is_resting = rotation.chosen(map(_entry, pool), at, gap) is None
        return Pick(code="nothing_to_choose" if is_resting else "content_does_not_fit")

    def fingerprint(self, content: Content, platform: str) -> str:
        """What a platform row holds of the content."""
        key = (content.id, platform)
        if key not in self._prints:
            self._prints[key] = duplicates.fingerprint_of(content, platform)
        return self._prints[key]

    def _only(self, content_id: UUID, accounts: Sequence[PlatformConnection]) -> Pick:
        if not self._is_usable(content_id):
            return Pick(code="content_archived")
        takers = self._takers(content_id, accounts)
        return Pick(self.contents[content_id], takers) if takers else Pick(code="content_does_not_fit")

    def _is_usable(self, content_id: UUID) -> bool:
        return content_id in self.contents and self.contents[content_id].status != "archived"

    def _takers(self, content_id: UUID, accounts: Sequence[PlatformConnection]) -> list[PlatformConnection]:
        return [each for each in accounts if self._fit(self.contents[content_id], each)]

    def _fit(self, content: Content, connection: PlatformConnection) -> bool:
        key = (content.id, connection.id)
        if key not in self._fits:
            try:
                preflight.check(self.tx, content, [connection])
            except DomainError:
                self._fits[key] = False
            else:
                self._fits[key] = True
        return self._fits[key]


def of(
    tx: Transaction, workspace_id: UUID, rules: Sequence[RecurringPost], chosen: Collection[UUID]
) -> Supplies:
    """What the locked rules post and where, and the contents `chosen` for single occurrences. The contents
    are locked in the order of their ids: whoever changes one waits, and then finds its new publications."""
    pools: dict[UUID, list[RecurringPostContent]] = defaultdict(list)
    mine = RecurringPostContent.workspace_id == workspace_id
    pooled = select(RecurringPostContent).where(
        mine, RecurringPostContent.recurring_post_id.in_([rule.id for rule in rules])
    )
    for row in tx.session.scalars(pooled, execution_options={"populate_existing": True}):
        pools[row.recurring_post_id].append(row)
    wanted = {row.content_id for pool in pools.values() for row in pool} | set(chosen)
    locked = (
        select(Content)
        .where(Content.workspace_id == workspace_id, Content.id.in_(wanted))
        .order_by(Content.id)
        .with_for_update(read=True)
    )
    contents = {row.id: row for row in tx.session.scalars(locked)}
    return Supplies(tx, contents, dict(pools), _accounts(tx, workspace_id, rules))


def _accounts(
    tx: Transaction, workspace_id: UUID, rules: Sequence[RecurringPost]
) -> dict[UUID, list[PlatformConnection]]:
    """The accounts that a rule names, or all on the networks that it names. One that is to be connected again
    is posted to all the same: there is time for that until then. A disconnected one is not."""
    named: dict[UUID, set[UUID]] = defaultdict(set)
    links = select(RecurringPostConnection).where(
        RecurringPostConnection.workspace_id == workspace_id,
        RecurringPostConnection.recurring_post_id.in_([rule.id for rule in rules]),
    )
    for link in tx.session.scalars(links):
        named[link.recurring_post_id].add(link.connection_id)
    networks = {name for rule in rules if rule.id not in named for name in rule.platforms or ()}
    connected = select(PlatformConnection).where(
        PlatformConnection.workspace_id == workspace_id,
        PlatformConnection.status != "disconnected",
        or_(
            PlatformConnection.id.in_({each for ids in named.values() for each in ids}),
            PlatformConnection.platform.in_(networks),
        ),
    )
    found = tx.session.scalars(connected.order_by(PlatformConnection.id)).all()
    return {
        rule.id: [
            each
            for each in found
            if (each.id in named[rule.id] if rule.id in named else each.platform in (rule.platforms or ()))
        ]
        for rule in rules
    }


def _in_turn(pool: Sequence[RecurringPostContent], at: datetime, gap: timedelta) -> Iterator[UUID]:
    """The contents in the order in which the rule would take them."""
    left = [_entry(row) for row in pool]
    while (content_id := rotation.chosen(left, at, gap)) is not None:
        yield content_id
        left = [each for each in left if each.content_id != content_id]


def _entry(row: RecurringPostContent) -> Entry:
    return Entry(row.content_id, row.position, row.variation_of, row.last_used_at)


def _used(pool: Sequence[RecurringPostContent], content_id: UUID, at: datetime) -> None:
    for row in pool:
        if row.content_id == content_id:
            row.last_used_at = max(at, row.last_used_at or at)
            row.uses += 1
