"""The calendar: days of a zone, what falls on them, and what stands in the way of a move."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from heapq import heappop, heappush
from itertools import groupby
from uuid import UUID

from lamplighter.domain.recurrence import Key, Occurrence
from lamplighter.domain.recurrence.clock import in_utc
from lamplighter.domain.slots import Plan, is_quiet

DEFAULT_GAP = timedelta(minutes=10)
"""How far apart an account's posts are to be where no slot plan says it."""
_OUT_OF_TURN = 30
"""A change of the clocks puts fewer of a rule's times than this behind later ones: an hour's, at most every
five minutes."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another post: when it goes out, and where."""

    at: datetime
    accounts: frozenset[UUID]
    publication_id: UUID | None
    recurring_post_id: UUID | None


@dataclass(frozen=True, slots=True)
class Conflict:
    """What speaks against a time: `too_close` to another post of the account, or its `quiet_hours`."""

    code: str
    account: UUID
    at: datetime
    publication_id: UUID | None = None
    recurring_post_id: UUID | None = None


def bounds(zone: tzinfo, first: date, last: date) -> tuple[datetime, datetime]:
    """(start of the first day, end of the last) in UTC, by the zone's clocks: a day has 23 to 25 hours."""
    after = last + timedelta(days=1)
    return in_utc(zone, datetime.combine(first, time()))[0], in_utc(zone, datetime.combine(after, time()))[0]


def by_day[Item](
    items: Iterable[Item], day_of: Callable[[Item], date], days: Iterable[date]
) -> Iterator[tuple[date, list[Item]]]:
    """The items, in their order, by their day; those of `days` are there even if nothing is on them."""
    grouped = {day: list(group) for day, group in groupby(items, key=day_of)}
    for day in sorted({*grouped, *days}):
        yield day, grouped.get(day, [])


def in_turn(occurrences: Iterable[Occurrence], since: datetime, until: datetime) -> Iterator[Occurrence]:
    """Of a rule's occurrences, in the order of their keys, those of [since, until) in the order of their
    instants."""
    waiting: list[tuple[datetime, Key, Occurrence]] = []
    for each in occurrences:
        if each.at >= until + timedelta(days=1):
            break
        if since <= each.at < until:
            heappush(waiting, (each.at, each.key, each))
        if len(waiting) > _OUT_OF_TURN:
            yield heappop(waiting)[2]
    while waiting:
        yield heappop(waiting)[2]


def conflicts(
    at: datetime, plans: Mapping[UUID, Plan | None], neighbours: Sequence[Neighbour]
) -> Iterator[Conflict]:
    """What speaks against a post at that time on these accounts, each with its slot plan if it has one."""
    for account, plan in plans.items():
        gap = gap_of(plan)
        for other in neighbours:
            if account in other.accounts and abs(other.at - at) < gap:
                yield Conflict("too_close", account, other.at, other.publication_id, other.recurring_post_id)
        if plan is not None and is_quiet(plan, at):
            yield Conflict("quiet_hours", account, at)


def gap_of(plan: Plan | None) -> timedelta:
    """How far apart an account's posts are to be: by its plan, if that asks for any distance."""
    return plan.gap if plan is not None and plan.gap else DEFAULT_GAP
