"""How many occurrences a rule has come to: what COUNT is compared with."""

from datetime import date
from itertools import islice, takewhile

from lamplighter.domain.recurrence.clock import (
    DAY,
    Key,
    changes,
    in_utc,
    local_of,
    stretch,
    utc_minute,
)
from lamplighter.domain.recurrence.days import ones
from lamplighter.domain.recurrence.patterns import elapsed_minutes, first_minute, local_minutes, stays
from lamplighter.domain.recurrence.rule import Rule, reach

_MOST_LOST = 1000
"""More than clock changes can take from a rule within the years of its COUNT."""


def index_after(rule: Rule, key: Key) -> int:
    """How many occurrences a rule with a COUNT has come to up to a key and with it, EXDATEs included; 0 for a
    rule without one, as nothing is compared with it.

    By the clock the bits of each year's days are counted; only BYSETPOS and elapsed time need enumerating,
    and that ends with the COUNT.
    """
    if rule.count is None:
        return 0
    if rule.step:
        return min(rule.count, _elapsed(rule, key))
    last = reach(rule, key)
    if last < rule.starts:
        return 0
    if rule.positions:
        listed = islice(local_minutes(rule, rule.starts), rule.count + _MOST_LOST)
        found = sum(1 for _ in takewhile(lambda minute: minute <= last, listed))
    else:
        found = _counted(rule, last + 1) - _counted(rule, rule.starts)
    return min(rule.count, found - _lost(rule, last))


def _counted(rule: Rule, minute: int) -> int:
    """How many local times of the rule lie before a minute and not before the first of its first year."""
    day, time = divmod(minute, DAY)
    until = date.fromordinal(day).year
    begin = date.fromordinal(rule.starts // DAY).year
    days = sum(rule.year(year)[1].bit_count() for year in range(begin, until))
    first, mask = rule.year(until)
    days += (mask & ones(day - first)).bit_count()
    on_the_day = sum(1 for each in rule.times if each < time) if mask >> (day - first) & 1 else 0
    return days * len(rule.times) + on_the_day


def _lost(rule: Rule, last: int) -> int:
    """How many of the local times up to `last` do not exist and so are none of the rule's."""
    lost = 0
    begin, until = date.fromordinal(rule.starts // DAY).year, date.fromordinal(last // DAY).year
    for year in range(begin - 1, until + 2):  # of UTC: a local year reaches into its neighbours
        for change in changes(rule.zone, year):
            gap = max(change.at + change.before, rule.starts)
            end = min(change.at + change.after, last + 1)
            for minute in local_minutes(rule, gap) if gap < end else ():
                if minute >= end:
                    break
                lost += not stays(rule, in_utc(rule.zone, local_of(minute))[0])
    return lost


def _elapsed(rule: Rule, key: Key) -> int:
    """How many instants of a rule by elapsed time lie up to a key; at least COUNT where there are as many."""
    moment, last = first_minute(rule), utc_minute(in_utc(rule.zone, key.local, key.fold)[0])
    found, most = 0, rule.count or 0
    while moment <= last and found < most:
        offset, end = stretch(rule.zone, moment)
        listed = elapsed_minutes(rule, moment + offset, min(end, last + 1) + offset, offset)
        found += sum(1 for _ in islice(listed, most))
        moment = end
    return found
