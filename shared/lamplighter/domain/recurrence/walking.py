"""A rule's occurrences, one after the other."""

from collections.abc import Iterator
from datetime import datetime

from lamplighter.domain.recurrence.clock import (
    DAY,
    GAP,
    Key,
    Occurrence,
    in_utc,
    local_key,
    local_of,
    stretch,
    utc_minute,
    utc_of,
)
from lamplighter.domain.recurrence.counting import index_after
from lamplighter.domain.recurrence.patterns import (
    days_from,
    elapsed_minutes,
    first_minute,
    local_minutes,
    stays,
)
from lamplighter.domain.recurrence.rule import SEARCH_YEARS, Rule, key_at, reach

_SEARCH = SEARCH_YEARS * 366 * DAY


def occurrences(rule: Rule, after: Key | None, index: int | None = None) -> Iterator[tuple[int, Occurrence]]:
    """The occurrences strictly after a key (None: from the start), lazily: by the clock in the order of
    their keys, by elapsed time in the order of their instants.

    Each comes with how many the rule had come to with it: EXDATEs count, as for COUNT, though they are not
    yielded. `index` is that number at `after`; None: worked out where the rule has a COUNT, else 0. It ends
    by COUNT, UNTIL or ends_at, or where SEARCH_YEARS hold nothing.
    """
    if index is None:
        index = index_after(rule, after) if after is not None and rule.count is not None else 0
    for minute, found in _set(rule, after):
        index += 1
        if rule.count is not None and index > rule.count:
            return
        if found.key.fold or minute not in rule.exdates:
            yield index, found


def upcoming(rule: Rule, moment: datetime, index: int | None = None) -> Iterator[tuple[int, Occurrence]]:
    """The occurrences whose instant is after `moment`, as `occurrences` gives them."""
    for at, found in occurrences(rule, key_at(rule, moment), index):
        if found.at > moment:
            yield at, found


def _set(rule: Rule, after: Key | None) -> Iterator[tuple[int, Occurrence]]:
    """The recurrence set after a key, but for COUNT and EXDATE, each with its local minute."""
    return _by_elapsed_time(rule, after) if rule.step else _by_the_clock(rule, after)


def _by_the_clock(rule: Rule, after: Key | None) -> Iterator[tuple[int, Occurrence]]:
    start = rule.starts if after is None else max(rule.starts, reach(rule, after) + 1)
    for minute in local_minutes(rule, start):
        if rule.last is not None and minute > rule.last:
            return
        local = local_of(minute)
        at, note = in_utc(rule.zone, local)
        if note == GAP and not stays(rule, at):
            continue
        if rule.until is None or at <= rule.until:
            yield minute, Occurrence(Key(local, 0), at, note)


def _by_elapsed_time(rule: Rule, after: Key | None) -> Iterator[tuple[int, Occurrence]]:
    first = first_minute(rule)
    last = None if rule.last is None else utc_minute(in_utc(rule.zone, local_of(rule.last))[0])
    if rule.until is not None:
        last = utc_minute(rule.until)
    moment = first
    if after is not None:
        moment = max(first, utc_minute(in_utc(rule.zone, after.local, after.fold)[0]) + 1)
    limit = moment + _SEARCH
    while (worth := _worth(rule, moment)) is not None and worth <= limit and (last is None or worth <= last):
        offset, end = stretch(rule.zone, worth)
        for minute in elapsed_minutes(rule, worth + offset, end + offset, offset):
            if last is not None and minute - offset > last:
                return
            limit = minute + _SEARCH
            at = utc_of(minute - offset)
            local = local_key(rule.zone, at)
            yield minute, Occurrence(local, at, in_utc(rule.zone, local.local)[1])
        moment = end


def _worth(rule: Rule, moment: int) -> int | None:
    """The minute of UTC to go on from: a little before the next of the rule's days, wherever on earth."""
    day = next(days_from(rule, moment // DAY - 1), None)
    return None if day is None else max(moment, (day - 1) * DAY)
