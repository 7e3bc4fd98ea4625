"""A rule as a calendar file says it: RRULE where RFC 5545 has the words, else its times one by one."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice

from lamplighter.domain.calendar import in_turn
from lamplighter.domain.ical import writing
from lamplighter.domain.recurrence import Key, Occurrence, Rule, key_at, occurrences
from lamplighter.domain.recurrence.clock import changes, in_utc, local_of, utc_of
from lamplighter.domain.recurrence.days import Days, Period, bits

MOST_TIMES = 500
"""How many times are written out one by one."""
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQ = {Period.DAY: "DAILY", Period.WEEK: "WEEKLY", Period.MONTH: "MONTHLY", Period.YEAR: "YEARLY"}
_NEVER_MISSING = 28
"""Every month has this day."""


def has_rrule(rule: Rule) -> bool:
    """Whether RFC 5545 can say the rule: not where hours are counted by elapsed time, which is UTC's alone,
    nor cron's "either day", nor a month's last day in place of one that it lacks, nor times of day that are
    no product of hours and minutes."""
    clamps = rule.days.clamped and (
        rule.days.month_days >> (_NEVER_MISSING + 1) or rule.days.last_month_days >> (_NEVER_MISSING + 1)
    )
    hours, minutes = _hours_and_minutes(rule.times)
    return not (rule.step or rule.days.either or clamps) and len(hours) * len(minutes) == len(rule.times)


def first_of(rule: Rule, since: Key) -> tuple[int, Key] | None:
    """The first time of the rule after a key, EXDATEs counted, and how many there were with it: DTSTART,
    which is always an instance (RFC 5545, 3.8.5.3). None: there is none."""
    whole = replace(rule, exdates=frozenset())
    found = next(occurrences(whole, since), None)
    return None if found is None else (found[0], found[1].key)


def rrule(rule: Rule, number: int, *, is_regular: bool) -> str:
    """The RRULE of a rule that has one, begun by its instance of this number. `is_regular`: no clock change
    leaves any of them out."""
    parts = [f"FREQ={_FREQ[rule.every.period]}"]
    if rule.every.interval > 1:
        parts.append(f"INTERVAL={rule.every.interval}")
    parts += _by_days(rule.days)
    hours, minutes = _hours_and_minutes(rule.times)
    parts += [f"BYHOUR={_list(hours)}", f"BYMINUTE={_list(minutes)}", "BYSECOND=0"]
    if rule.positions:
        parts.append(f"BYSETPOS={_list(rule.positions)}")
    if rule.every.period is Period.WEEK or rule.days.weeks or rule.days.last_weeks:
        parts.append(f"WKST={_WEEKDAYS[rule.days.week_start]}")
    return ";".join([*parts, *_end(rule, number, is_regular=is_regular)])


def left_out(rule: Rule, since: datetime, until: datetime) -> tuple[list[datetime], bool]:
    """(local times that an RRULE has and the rule has not, because a clock change leaves them out, within
    [since, until]; whether that holds of any). Its EXDATEs stand for themselves.

    What a change puts onto another of the rule's instants is no extra one, and not to be left out either: of
    equal instances a reader has one (3.8.5.2), and leaving out the one would leave out the other.
    """
    clockless = replace(rule, zone=UTC, until=None, count=None, exdates=frozenset())
    found: list[datetime] = []
    is_regular = True
    for start, end in _gaps(rule, since, until):
        before = Key(start - timedelta(minutes=1), 0)
        kept = {each.at for each in _between(replace(rule, count=None), before, Key(end + (end - start), 0))}
        keys = {each.key for each in _between(replace(rule, count=None), before, Key(end, 0))}
        said = [each.key for each in _between(clockless, before, Key(end, 0))]
        is_regular = is_regular and all(key in keys for key in said)
        found += [key.local for key in said if in_utc(rule.zone, key.local)[0] not in kept]
    return found, is_regular


def times(rule: Rule, since: datetime, until: datetime) -> Sequence[Occurrence]:
    """The rule's times in [since, until], the first MOST_TIMES, for a rule that has no RRULE."""
    found = in_turn((each for _, each in occurrences(rule, key_at(rule, since))), since, until)
    return list(islice(found, MOST_TIMES))


def _gaps(rule: Rule, since: datetime, until: datetime) -> Iterator[tuple[datetime, datetime]]:
    """(first local time that clocks leave out, the one that they go on with) of each such change."""
    for year in range(since.year, until.year + 1):
        for change in changes(rule.zone, year):
            if change.after > change.before and since <= utc_of(change.at) <= until:
                yield local_of(change.at + change.before), local_of(change.at + change.after)


def _between(rule: Rule, before: Key, end: Key) -> Iterator[Occurrence]:
    for _, each in occurrences(rule, before, 0):
        if each.key >= end:
            return
        yield each


def _by_days(days: Days) -> Iterator[str]:
    if days.months:
        yield f"BYMONTH={_list(bits(days.months))}"
    for name, ahead, behind in (
        ("BYWEEKNO", days.weeks, days.last_weeks),
        ("BYYEARDAY", days.year_days, days.last_year_days),
        ("BYMONTHDAY", days.month_days, days.last_month_days),
    ):
        if ahead or behind:
            yield f"{name}={_list([*bits(ahead), *(-day for day in bits(behind))])}"
    weekdays = [_WEEKDAYS[day] for day in bits(days.weekdays)]
    weekdays += [f"{ordinal}{_WEEKDAYS[day]}" for ordinal, day in days.nth]
    if weekdays:
        yield f"BYDAY={_list(weekdays)}"


def _end(rule: Rule, number: int, *, is_regular: bool) -> Iterator[str]:
    """COUNT goes on from the instance that the file begins with; where clock changes take some out, which it
    does not count, the last one's time says the same."""
    if rule.count is not None and is_regular:
        yield f"COUNT={rule.count - number + 1}"
    elif rule.count is not None:
        *_, (_, last) = occurrences(rule, None)
        yield f"UNTIL={writing.utc(last.at)}"
    elif rule.until is not None:
        yield f"UNTIL={writing.utc(rule.until)}"
    elif rule.last is not None:
        yield f"UNTIL={writing.utc(in_utc(rule.zone, local_of(rule.last))[0])}"


def _hours_and_minutes(times: Sequence[int]) -> tuple[list[int], list[int]]:
    return sorted({time // 60 for time in times}), sorted({time % 60 for time in times})


def _list(items: "Iterator[int] | Sequence[int] | Sequence[str]") -> str:
    return ",".join(map(str, items))
