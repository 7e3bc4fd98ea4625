"""What a calendar feed shows, as a file for calendar programs."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, or_, select
from sqlalchemy.orm import joinedload, load_only, selectinload

from lamplighter.domain.access import Caller
from lamplighter.domain.ical import events, writing
from lamplighter.domain.ical.events import Series, Words
from lamplighter.domain.ical.timezones import vtimezone
from lamplighter.domain.recurrence import Key
from lamplighter.postgres.models import (
    Content,
    PlatformConnection,
    Publication,
    PublicationPlatform,
    RecurringOccurrence,
    RecurringPost,
    RecurringPostConnection,
    RecurringPostContent,
)
from lamplighter.postgres.session import Transaction
from lamplighter.services import publications, recurring_reads, recurring_rules, zones
from lamplighter.services.calendar_feeds import Feed

BEHIND, AHEAD = timedelta(days=31), timedelta(days=366)
MOST_PUBLICATIONS = 2000
MOST_RULES = 200
MOST_OCCURRENCES = 5000
_YEARS_OF_ZONES = 5
_SUMMARY = 70
_OVER = frozenset({"cancelled", "removed"})
_ACCOUNT = (PlatformConnection.platform, PlatformConnection.display_name)

type Ledger = Mapping[UUID, Sequence[RecurringOccurrence]]
"""By recurring post."""


@dataclass(frozen=True, slots=True)
class _Shown:
    """A recurring post with the words of its first content."""

    row: RecurringPost
    text: str
    series: Series


def file_of(tx: Transaction, feed: Feed) -> str:
    """The feed's file: posts of the last month and of the year to come. The same rows give the same file."""
    by = Caller(
        kind="calendar_feed",
        id=feed.id,
        workspace_id=feed.workspace_id,
        organization_id=feed.organization_id,
        mode=feed.mode,
    )
    posts = _publications(tx, by, feed)
    ledger = _ledger(tx, by, feed)
    over = {post.id for post, _ in posts if post.status in _OVER}
    shown = [
        _shown(tx, row, text, ledger.get(row.id, ()), over) for row, text in map(tuple, _rules(tx, by, feed))
    ]
    lines = [*_events(tx, posts, ledger, shown)]
    return writing.file_of([*_head(feed), *_zones(tx, shown), *lines, "END:VCALENDAR"])


def _head(feed: Feed) -> list[str]:
    name = writing.text(feed.name)
    return [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Lamplighter//Calendar//EN",
        "CALSCALE:GREGORIAN",
        f"NAME:{name}",
        f"X-WR-CALNAME:{name}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]


def _zones(tx: Transaction, shown: Sequence[_Shown]) -> Iterator[str]:
    used: dict[str, tuple[ZoneInfo, int]] = {}
    for each in shown:
        first = events.first_year(each.series)
        known = used.get(each.series.zone.key, (each.series.zone, first))
        used[each.series.zone.key] = (each.series.zone, min(first, known[1]))
    for zone, first in (used[name] for name in sorted(used)):
        yield from vtimezone(zone, first, tx.now.year + _YEARS_OF_ZONES)


def _events(
    tx: Transaction, posts: Sequence[tuple[Publication, str]], ledger: Ledger, shown: Sequence[_Shown]
) -> Iterator[str]:
    instances = {
        row.publication_id: row for rows in ledger.values() for row in rows if row.publication_id is not None
    }
    by_id = {each.row.id: each for each in shown}
    for publication, text in posts:
        row = instances.get(publication.id)
        rule = None if row is None else by_id.get(row.recurring_post_id)
        if row is not None and rule is not None:
            if publication.status not in _OVER:
                instance = events.instance(rule.series, Key(row.local_time, row.fold))
                words = _words(publication, text, _uid(rule.row))
                yield from events.single(words, publication.scheduled_at, instance)
        elif publication.recurring_post_id is None or publication.status not in _OVER:
            words = _words(publication, text, f"publication-{publication.id}@lamplighter")
            yield from events.single(words, publication.scheduled_at)
    for rule in shown:
        if rule.row.status == "active":
            yield from events.series(_words_of(rule, 0), rule.series, tx.now - BEHIND, tx.now + AHEAD)
            for row in ledger.get(rule.row.id, ()):
                if row.status == "planned" and (row.moved or row.content_id is not None):
                    instance = events.instance(rule.series, Key(row.local_time, row.fold))
                    yield from events.single(_words_of(rule, 1), row.due_at, instance)


def _words(publication: Publication, text: str, uid: str) -> Words:
    targets = publication.platforms
    accounts = ", ".join(f"{each.connection.display_name or each.platform}" for each in targets)
    waits = publication.approval_status in ("pending", "rejected") or publication.status == "needs_review"
    over = publication.status in _OVER
    return Words(
        uid=uid,
        stamp=publication.updated_at,
        sequence=publication.version - 1,
        summary=_summary(text),
        description=f"{text}\n\n{accounts}: {publication.status}",
        status="CANCELLED" if over else "TENTATIVE" if waits else "CONFIRMED",
        categories=sorted({each.platform for each in targets}),
        url=next((each.url for each in targets if each.url and each.url.isascii()), None),
    )


def _words_of(rule: _Shown, further: int) -> Words:
    return Words(
        uid=_uid(rule.row),
        stamp=rule.row.updated_at,
        sequence=rule.row.version - 1 + further,
        summary=rule.row.name,
        description=rule.text,
        status="CONFIRMED",
        categories=rule.row.platforms or (),
    )


def _uid(row: RecurringPost) -> str:
    return f"recurring-{row.id}@lamplighter"


def _summary(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SUMMARY else f"{line[: _SUMMARY - 1]}…"


def _shown(
    tx: Transaction,
    row: RecurringPost,
    text: str | None,
    ledger: Sequence[RecurringOccurrence],
    over: Collection[UUID],
) -> _Shown:
    out = frozenset(
        Key(each.local_time, each.fold)
        for each in ledger
        if each.status in ("skipped", "failed") or each.publication_id in over
    )
    rule = recurring_rules.rule_of(row, tx.now)
    return _Shown(row, text or "", Series(rule, zones.zone(row.timezone), row.updated_at, out))


def _publications(tx: Transaction, by: Caller, feed: Feed) -> Sequence[tuple[Publication, str]]:
    account = joinedload(PublicationPlatform.connection).options(load_only(*_ACCOUNT))
    statement = (
        publications.visible(by)
        .join(Publication.content)
        .where(Publication.scheduled_at >= tx.now - BEHIND, Publication.scheduled_at < tx.now + AHEAD)
        .order_by(Publication.scheduled_at, Publication.id)
        .limit(MOST_PUBLICATIONS)
        .options(selectinload(Publication.platforms).options(account))
        .add_columns(Content.original_text)
    )
    if feed.connection_ids:
        target = PublicationPlatform.connection_id.in_(feed.connection_ids)
        statement = statement.where(Publication.platforms.any(target))
    return [(row, text) for row, text in tx.session.execute(statement)]


def _rules(tx: Transaction, by: Caller, feed: Feed) -> Sequence[Row[Any]]:
    pool = RecurringPostContent
    text = (
        select(Content.original_text)
        .join(pool, and_(pool.workspace_id == Content.workspace_id, pool.content_id == Content.id))
        .where(pool.workspace_id == RecurringPost.workspace_id, pool.recurring_post_id == RecurringPost.id)
        .order_by(pool.position)
        .limit(1)
        .scalar_subquery()
    )
    statement = _of_accounts(recurring_reads.visible(by), feed).add_columns(text)
    found = tx.session.execute(statement.order_by(RecurringPost.id).limit(MOST_RULES)).all()
    return [each for each in found if each.RecurringPost.timezone in zones.names()]


def _ledger(tx: Transaction, by: Caller, feed: Feed) -> Ledger:
    """What somebody, or a misfire, said of single times, and which became publications."""
    row = RecurringOccurrence
    of_rule = and_(row.workspace_id == RecurringPost.workspace_id, row.recurring_post_id == RecurringPost.id)
    statement = (
        _of_accounts(recurring_reads.visible(by), feed)
        .join(row, of_rule)
        .with_only_columns(row)
        .where(
            row.due_at < tx.now + AHEAD,
            or_(row.due_at >= tx.now - BEHIND, row.status.in_(("skipped", "failed"))),
        )
        .order_by(row.due_at.desc(), row.recurring_post_id)
        .limit(MOST_OCCURRENCES)
    )
    found: dict[UUID, list[RecurringOccurrence]] = {}
    for each in tx.session.scalars(statement):
        found.setdefault(each.recurring_post_id, []).append(each)
    return found


def _of_accounts(statement: Select[Any], feed: Feed) -> Select[Any]:
    if not feed.connection_ids:
        return statement
    target = RecurringPostConnection
    mine = select(target.connection_id).where(
        target.workspace_id == RecurringPost.workspace_id,
        target.recurring_post_id == RecurringPost.id,
        target.connection_id.in_(feed.connection_ids),
    )
    return statement.where(mine.exists())
