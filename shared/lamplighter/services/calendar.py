"""The calendar of a period: publications, occurrences to come, campaigns and holidays, on their days."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from heapq import merge
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Row, func, null, or_, select, tuple_
from sqlalchemy.orm import load_only, selectinload

from lamplighter.domain.access import Caller
from lamplighter.domain.calendar import bounds, by_day
from lamplighter.postgres.models import Campaign, Content, Publication, PublicationPlatform
from lamplighter.postgres.session import Transaction
from lamplighter.problems import invalid
from lamplighter.services import calendar_occurrences, holidays, publications, zones
from lamplighter.services.calendar_occurrences import Accounts
from lamplighter.services.calendar_pages import Place, place, written

LONGEST_DAYS = 92
USUAL_DAYS = 30
FIRST_YEAR, LAST_YEAR = 1974, 2199
MOST_CAMPAIGNS = 200
_EXCERPT = 140
_TARGET = (PublicationPlatform.connection_id, PublicationPlatform.platform, PublicationPlatform.status)


@dataclass(frozen=True, slots=True)
class Period:
    """What is asked about: whole days by the clocks of a zone, and of which accounts and states."""

    first: date | None = None
    """None: today."""
    last: date | None = None
    """None: USUAL_DAYS later."""
    timezone: str = "UTC"
    connection_ids: Sequence[UUID] = ()
    statuses: Sequence[str] = ()
    countries: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Wanted:
    """The same for the database: instants of [since, until), and after which place."""

    since: datetime
    until: datetime
    limit: int
    connection_ids: Sequence[UUID] = ()
    statuses: Sequence[str] = ()
    after: Place | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One post on the calendar."""

    kind: str
    at: datetime
    tie: str
    """What puts entries of one instant in order."""
    status: str
    accounts: Accounts
    local_time: str = ""
    publication_id: UUID | None = None
    version: int | None = None
    recurring_post_id: UUID | None = None
    occurrence: str | None = None
    name: str | None = None
    content_id: UUID | None = None
    campaign_id: UUID | None = None
    text: str | None = None
    approval_status: str | None = None
    queued: bool = False
    code: str | None = None
    moved: bool = False
    note: str | None = None

    @property
    def place(self) -> Place:
        """Where it stands in the calendar."""
        return Place(self.at, self.tie)


@dataclass(slots=True)
class Found:
    """Entries in their order, and whether rules were left out."""

    entries: list[Entry] = field(default_factory=list)
    truncated: bool = False


def shown(tx: Transaction, by: Caller, period: Period, limit: int, cursor: str | None) -> dict[str, Any]:
    """A page of the period, as the fields of a CalendarRead."""
    zone = zones.zone(period.timezone, "")
    first, last = _days(period, tx.now.astimezone(zone).date())
    days_off = holidays.between(period.countries, first, last)
    bound_to = f"calendar {by.workspace_id} {by.mode} {period}"
    since, until = bounds(zone, first, last)
    after = None if cursor is None else place(cursor, bound_to)
    wanted = Wanted(since, until, limit + 1, period.connection_ids, period.statuses, after)
    found = entries(tx, by, wanted)
    page = found.entries[:limit]
    has_more = len(found.entries) > limit
    on_days: dict[date, list[holidays.Holiday]] = {}
    for each in days_off if after is None else ():
        on_days.setdefault(each.date, []).append(each)
    days = by_day(page, lambda entry: entry.at.astimezone(zone).date(), on_days)
    return {
        "timezone": period.timezone,
        "days": [
            {
                "date": day,
                "holidays": on_days.get(day, []),
                "entries": [_dated(each, zone) for each in on_it],
            }
            for day, on_it in days
        ],
        "campaigns": _campaigns(tx, by, first, last) if after is None else [],
        "truncated": found.truncated,
        "has_more": has_more,
        "next_cursor": written(page[-1].place, bound_to) if has_more else None,
    }


def entries(tx: Transaction, by: Caller, wanted: Wanted) -> Found:
    """The first `limit` entries of what the caller may see, in the order of their times. Occurrences are for
    who may read recurring posts."""
    posts = [_of_publication(row, text, campaign) for row, text, campaign in _publications(tx, by, wanted)]
    if not by.may("recurring_posts:read"):
        return Found(posts)
    ahead = calendar_occurrences.ahead(tx, by, wanted)
    occurrences = (_of_occurrence(*each) for each in ahead.occurrences)
    together = merge(posts, occurrences, key=lambda entry: entry.place)
    return Found(list(islice(together, wanted.limit)), ahead.truncated)


def _days(period: Period, today: date) -> tuple[date, date]:
    first = period.first or today
    last = period.last or min(first, date(LAST_YEAR, 12, 1)) + timedelta(days=USUAL_DAYS)
    if not FIRST_YEAR <= first.year <= last.year <= LAST_YEAR:
        detail = f"Give days of the years {FIRST_YEAR} to {LAST_YEAR}."
        raise invalid("", "no_period", detail)
    if not 0 <= (last - first).days < LONGEST_DAYS:
        detail = f"`to` is the last day: not before `from`, and of {LONGEST_DAYS} days at most."
        raise invalid("", "no_period", detail)
    return first, last


def _publications(
    tx: Transaction, by: Caller, wanted: Wanted
) -> Sequence[Row[Publication, str | None, UUID | None]]:
    may_read = by.may("content:read")
    text = func.left(Content.original_text, _EXCERPT) if may_read else null()
    statement = (
        publications.visible(by)
        .join(Publication.content)
        .where(Publication.scheduled_at >= wanted.since, Publication.scheduled_at < wanted.until)
        .order_by(Publication.scheduled_at, Publication.id)
        .limit(wanted.limit)
        .options(selectinload(Publication.platforms).options(load_only(*_TARGET)))
        .add_columns(text, Content.campaign_id)
    )
    if wanted.connection_ids:
        target = PublicationPlatform.connection_id.in_(wanted.connection_ids)
        statement = statement.where(Publication.platforms.any(target))
    if wanted.statuses:
        statement = statement.where(Publication.status.in_(wanted.statuses))
    if wanted.after is not None:
        last = (wanted.after.at, UUID(wanted.after.tie[:36]))
        statement = statement.where(tuple_(Publication.scheduled_at, Publication.id) > last)
    return tx.session.execute(statement, execution_options={"populate_existing": True}).all()


def _of_publication(row: Publication, text: str | None, campaign_id: UUID | None) -> Entry:
    return Entry(
        kind="publication",
        at=row.scheduled_at,
        tie=str(row.id),
        status=row.status,
        accounts=[(each.connection_id, each.platform, each.status) for each in row.platforms],
        publication_id=row.id,
        version=row.version,
        recurring_post_id=row.recurring_post_id,
        content_id=row.content_id,
        campaign_id=campaign_id,
        text=text,
        approval_status=row.approval_status,
        queued=row.queued,
    )


def _of_occurrence(rule: calendar_occurrences.Recurring, each: calendar_occurrences.Coming) -> Entry:
    return Entry(
        kind="occurrence",
        at=each.at,
        tie=f"{rule.id}{each.key}",
        status=each.status,
        accounts=rule.accounts,
        recurring_post_id=rule.id,
        occurrence=each.key,
        name=rule.name,
        content_id=each.content_id,
        code=each.code,
        moved=each.moved,
        note=each.note,
    )


def _dated(entry: Entry, zone: ZoneInfo) -> dict[str, Any]:
    local = entry.at.astimezone(zone).replace(tzinfo=None)
    names = [name for name in Entry.__slots__ if name not in ("tie", "accounts", "local_time")]
    return {
        **{name: getattr(entry, name) for name in names},
        "local_time": local.isoformat(timespec="minutes"),
        "accounts": [
            {"connection_id": id_, "platform": platform, "status": status}
            for id_, platform, status in entry.accounts
        ],
    }


def _campaigns(tx: Transaction, by: Caller, first: date, last: date) -> Sequence[Campaign]:
    if not by.may("campaigns:read"):
        return []
    statement = (
        select(Campaign)
        .where(
            Campaign.workspace_id == by.workspace_id,
            Campaign.status != "archived",
            Campaign.start_date <= last,
            or_(Campaign.end_date.is_(None), Campaign.end_date >= first),
        )
        .order_by(Campaign.start_date, Campaign.id)
        .limit(MOST_CAMPAIGNS)
    )
    return tx.session.scalars(statement).all()
