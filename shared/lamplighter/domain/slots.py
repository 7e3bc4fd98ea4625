"""Queue slots: the weekly times of a plan, and which of them are free for accounts with these posts."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal

from lamplighter.domain.recurrence import Key, instant

WEEKDAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
"""As a plan spells them, in the order of date.weekday()."""
AT_LEAST_APART = timedelta(minutes=1)
"""What is closer to a slot than this takes it, whatever gap the plan asks for."""
MARGIN = timedelta(days=2)
"""Posts so long before and after a slot decide whether it is free: the longest gap is a day, and so is, but
for a clock change, what a cap counts."""

type Obstacle = Literal["taken", "too_close", "day_full"]
"""Why a slot is not free: there is a post, there is one within the gap, or the day has its posts."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The times of a queue. All of them are local times of its zone."""

    zone: tzinfo
    weekly: Mapping[int, Sequence[time]]
    """By date.weekday()."""
    quiet: Sequence[tuple[time, time]] = ()
    """From the first up to the second, which may be on the next day, and which is not quiet any more."""
    gap: timedelta = timedelta()
    daily_cap: int | None = None


@dataclass(slots=True)
class Account:
    """An account's plan, and the times of its posts in their order, in UTC: at least those of `MARGIN` around
    the slots that are asked about."""

    plan: Plan
    posts: list[datetime] = field(default_factory=list)


def slots(plan: Plan, after: datetime, until: datetime) -> Iterator[datetime]:
    """The plan's slots later than `after` and not later than `until`, in UTC, each once, in their order. A
    local time that a clock change leaves out is shifted by it; of one that comes twice it is the first."""
    day = after.astimezone(plan.zone).date() - timedelta(days=1)  # a shift may lead into the next day
    last = until.astimezone(plan.zone).date()
    found: list[datetime] = []
    while day <= last + timedelta(days=1):
        today = {_utc(plan.zone, day, at) for at in plan.weekly.get(day.weekday(), ())}
        # A time of the day before may have been shifted behind the first ones of today.
        found = sorted({*found, *today})
        begins = _utc(plan.zone, day + timedelta(days=1), time())
        yield from (at for at in found if at < begins and after < at <= until and not is_quiet(plan, at))
        found = [at for at in found if at >= begins]
        day += timedelta(days=1)


def common_slots(plans: Sequence[Plan], after: datetime, until: datetime) -> Iterator[datetime]:
    """The moments that are slots of every plan, in their order."""
    first, *others = plans
    theirs = [set(slots(plan, after, until)) for plan in others]
    return (at for at in slots(first, after, until) if all(at in each for each in theirs))


def is_quiet(plan: Plan, at: datetime) -> bool:
    """Whether the clocks on the wall show one of the plan's quiet hours at this moment."""
    shown = at.astimezone(plan.zone).time()
    return any(
        start <= shown < end if start < end else shown >= start or shown < end for start, end in plan.quiet
    )


def obstacle(account: Account, at: datetime) -> Obstacle | None:
    """Why the account may not post at this slot of its plan; None: it is free."""
    if _is_near(account.posts, at, AT_LEAST_APART):
        return "taken"
    if _is_near(account.posts, at, account.plan.gap):
        return "too_close"
    cap = account.plan.daily_cap
    return "day_full" if cap is not None and _on_the_day_of(account, at) >= cap else None


def first_free(accounts: Sequence[Account], after: datetime, until: datetime) -> datetime | None:
    """The first moment that is a slot of each account and free on all of them."""
    return _next_free(accounts, _moments(accounts, after, until))


def spread(queue: Sequence[Sequence[Account]], after: datetime, until: datetime) -> Sequence[datetime | None]:
    """For posts on these accounts each, in their turn, the first slot that is free by then; None where none
    is left. The accounts have the posts afterwards."""
    ahead: dict[frozenset[int], Iterator[datetime]] = {}
    given = []
    for accounts in queue:
        # What is not free stays so: of the same accounts, nobody looks at a slot twice.
        same = frozenset(map(id, accounts))
        if same not in ahead:
            ahead[same] = _moments(accounts, after, until)
        at = _next_free(accounts, ahead[same])
        if at is not None:
            for account in accounts:
                insort(account.posts, at)
        given.append(at)
    return given


def _moments(accounts: Sequence[Account], after: datetime, until: datetime) -> Iterator[datetime]:
    plans = {id(account.plan): account.plan for account in accounts}
    return common_slots(list(plans.values()), after, until)


def _next_free(accounts: Sequence[Account], moments: Iterator[datetime]) -> datetime | None:
    return next((at for at in moments if not any(obstacle(each, at) for each in accounts)), None)


def neighbours(account: Account, at: datetime) -> Sequence[datetime]:
    """The posts that stand in the slot's way: those too close to it, or all of a day that is full."""
    within = max(account.plan.gap, AT_LEAST_APART)
    posts = account.posts
    near = posts[bisect_right(posts, at - within) : bisect_left(posts, at + within)]
    if near:
        return near
    begins, ends = _day(account.plan, at)
    return posts[bisect_left(posts, begins) : bisect_left(posts, ends)]


def _is_near(posts: Sequence[datetime], at: datetime, within: timedelta) -> bool:
    """Whether there is a post less than that before or after."""
    return bisect_left(posts, at + within) > bisect_right(posts, at - within)


def _on_the_day_of(account: Account, at: datetime) -> int:
    begins, ends = _day(account.plan, at)
    return bisect_left(account.posts, ends) - bisect_left(account.posts, begins)


def _day(plan: Plan, at: datetime) -> tuple[datetime, datetime]:
    """When the local day of a moment begins and ends: 23 to 25 hours."""
    day = at.astimezone(plan.zone).date()
    return _utc(plan.zone, day, time()), _utc(plan.zone, day + timedelta(days=1), time())


def _utc(zone: tzinfo, day: date, at: time) -> datetime:
    moment, _note = instant(zone, Key(datetime.combine(day, at), 0), "shift")
    assert moment is not None  # noqa: S101  # whatever is shifted is somewhere
    return moment.astimezone(UTC)
