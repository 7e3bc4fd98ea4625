# ruff: noqa: DTZ001  # local times have no zone
"""What others make of a schedule: dateutil's rrule and cronsim over local times without a zone, and a mapping
to UTC that tries every offset in question. Nothing of the engine is used here."""

import calendar
import datetime as datetimes
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.util import find_spec, module_from_spec
from itertools import pairwise, takewhile
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim

from tests.unit.domain.recurrence.by_the_letter import day_matches, literal_times
from tests.unit.domain.recurrence.random_rules import DAYS, Case

_spec = find_spec("dateutil.rrule")
assert _spec is not None
assert _spec.loader is not None
dateutil: Any = module_from_spec(_spec)
_spec.loader.exec_module(dateutil)
dateutil.datetime = SimpleNamespace(**vars(datetimes))
"""A copy of the module with a `datetime` of its own: dateutil looks for what never comes until MAXYEAR,
whatever `until` says, which takes minutes. Others in this process read calendars by the real one."""

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
FAR = timedelta(hours=50)

type Found = tuple[datetime, datetime, int]
"""(UTC, local time of the key, fold)"""


def expected(case: Case, *, literally: bool = False) -> list[Found]:
    """The occurrences until `case.until`, EXDATEs aside; `literally`: by the plain reading of RFC 5545
    instead of dateutil's."""
    zone = ZoneInfo(case.config["timezone"])
    if case.schedule_type == "cron":
        found = _of_cron(case, zone)
    elif case.parts["FREQ"] in ("HOURLY", "MINUTELY"):
        found = list(_elapsed(case, zone))
    else:
        found = _by_the_clock(literal_times(case) if literally else _locals(case), case, zone)
    if "ends_at" in case.config and case.parts["FREQ"] in ("HOURLY", "MINUTELY"):
        end = _shifted(datetime.fromisoformat(case.config["ends_at"]), zone)
        found = [each for each in found if each[0] <= end]
    return found[: case.config.get("count")]


# From local time to UTC


def _utc(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The instants at which the clocks of the zone show that time: none, one or two."""
    around = (local.replace(tzinfo=UTC) + far for far in (-FAR, FAR))
    offsets = {moment.astimezone(zone).utcoffset() for moment in around}
    tried = sorted(local.replace(tzinfo=UTC) - offset for offset in offsets if offset is not None)
    return [at for at in tried if at.astimezone(zone).replace(tzinfo=None) == local]


def _shifted(local: datetime, zone: ZoneInfo) -> datetime:
    """The first of its instants; of none, by the offset before the gap (RFC 5545, 3.3.5)."""
    found = _utc(local, zone)
    if found:
        return found[0]
    for change, before, _ in _changes(zone, local.year - 1, local.year + 1):
        at = local.replace(tzinfo=UTC) - before
        if change <= at < change + timedelta(hours=25) and at.astimezone(zone).replace(tzinfo=None) != local:
            return at
    raise AssertionError(local, zone)


@cache
def _changes(zone: ZoneInfo, first: int, last: int) -> list[tuple[datetime, timedelta, timedelta]]:
    """(UTC, offset before, offset after), by looking at each hour and then at each minute."""
    found = []
    at, end = datetime(first, 1, 1, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    while at < end:
        step = timedelta(days=1)
        if _offset(at, zone) != _offset(at + step, zone):
            while _offset(at, zone) == _offset(at + MINUTE, zone):
                at += MINUTE
            found.append((at + MINUTE, _offset(at, zone), _offset(at + MINUTE, zone)))
            step = MINUTE
        at += step
    return found


def _offset(at: datetime, zone: ZoneInfo) -> timedelta:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset


# By the clock


def _by_the_clock(locals_: Iterable[datetime], case: Case, zone: ZoneInfo) -> list[Found]:
    last = datetime.fromisoformat(case.config.get("ends_at", "9999-01-01"))
    listed = list(takewhile(lambda local: local <= last, locals_))
    instants = {local: _utc(local, zone) for local in listed}
    have = {at[0] for at in instants.values() if at}
    found = []
    for local, shown in instants.items():
        at = shown[0] if shown else _shifted(local, zone)
        if shown or (case.config["on_gap"] == "shift" and at not in have):
            found.append((at, local, 0))
    return found


def _locals(case: Case) -> Iterator[datetime]:
    """The local times by dateutil."""
    parts, times = dict(case.parts), case.parts.get("times")
    if case.parts.get("clamped"):
        yield from _clamped(case)
        return
    if times is None:
        yield from dateutil_rule(parts, case.starts, case.until)
        return
    midnight = case.starts.replace(hour=0, minute=0)
    for day in dateutil_rule(parts, midnight, case.until):
        for time in times:
            if case.starts <= (local := day + time * MINUTE) <= case.until:
                yield local


def dateutil_rule(parts: dict[str, Any], starts: datetime, until: datetime) -> Iterable[datetime]:
    """What dateutil makes of the parts."""
    by = {name.lower(): value for name, value in parts.items() if name.startswith("BY") and name != "BYDAY"}
    if "BYDAY" in parts:
        by["byweekday"] = [
            dateutil.weekday(DAYS.index(day), n) if n else dateutil.weekday(DAYS.index(day))
            for n, day in parts["BYDAY"]
        ]
    dateutil.datetime.MAXYEAR = until.year + 1
    freq = getattr(dateutil, parts["FREQ"])
    week_start = DAYS.index(parts.get("WKST", "MO"))
    return dateutil.rrule(
        freq, dtstart=starts, interval=parts["INTERVAL"], wkst=week_start, until=until, **by
    )


def _clamped(case: Case) -> Iterator[datetime]:
    """Days of the month that are the last one where they are missing."""
    month = case.starts.year * 12 + case.starts.month - 1
    while (year := month // 12) <= case.until.year:
        length = calendar.monthrange(year, month % 12 + 1)[1]
        days = {min(day, length) if day > 0 else length + 1 + day for day in case.parts["BYMONTHDAY"]}
        for day in sorted(each for each in days if each > 0):
            for time in case.parts["times"]:
                local = datetime(year, month % 12 + 1, day) + time * MINUTE
                if case.starts <= local <= case.until:
                    yield local
        month += case.parts["INTERVAL"]


# By elapsed time


def _elapsed(case: Case, zone: ZoneInfo) -> Iterator[Found]:
    """While an offset lasts local time runs evenly, so dateutil is asked for each such stretch by itself, its
    start moved to that offset; where the minutes of the hours are moved with it, each minute is looked at."""
    first, last = _shifted(case.starts, zone), case.until.replace(tzinfo=UTC)
    changes = _changes(zone, first.year - 1, last.year + 1)
    cuts = [first, *(at for at, _, _ in changes if first < at < last), last]
    parts = dict(case.parts)
    if parts["FREQ"] == "HOURLY":
        parts.setdefault("BYMINUTE", [case.starts.minute])
    for begin, end in pairwise(cuts):
        offset = _offset(begin, zone)
        moved = (first + offset).replace(tzinfo=None)
        if parts["FREQ"] == "HOURLY" and moved.minute != case.starts.minute:
            listed = _each_minute(parts, case, first, begin, end, offset)
        else:
            try:
                rule = list(dateutil_rule(parts, moved, (end + offset - MINUTE).replace(tzinfo=None)))
            except ValueError:  # dateutil says that the interval never meets BYHOUR or BYMINUTE
                rule = []
            listed = rule[bisect_left(rule, (begin + offset).replace(tzinfo=None)) :]
        for local in listed:
            at = (local - offset).replace(tzinfo=UTC)
            yield at, local, _utc(local, zone).index(at)


def _each_minute(  # noqa: PLR0917
    parts: dict[str, Any], case: Case, first: datetime, begin: datetime, end: datetime, offset: timedelta
) -> list[datetime]:
    hour = first - timedelta(minutes=case.starts.minute)
    minutes = sorted(parts["BYMINUTE"])
    places = parts.get("BYSETPOS")
    if places:
        picked = {place - 1 if place > 0 else len(minutes) + place for place in places}
        minutes = [minute for place, minute in enumerate(minutes) if place in picked]
    found = []
    at = begin
    while at < end:
        local = (at + offset).replace(tzinfo=None)
        if (
            (at - hour) // HOUR % parts["INTERVAL"] == 0
            and local.minute in minutes
            and local.hour in parts.get("BYHOUR", range(24))
            and day_matches(local.date(), parts, case.starts)
        ):
            found.append(local)
        at += MINUTE
    return found


# cron


def _of_cron(case: Case, zone: ZoneInfo) -> list[Found]:
    """By cronsim over local times; those that begin with * go by what the clocks show."""
    expression = case.config["expression"]
    simulated = CronSim(expression, case.starts - MINUTE)
    locals_ = list(takewhile(lambda local: local <= case.until, simulated))
    if not any(field.startswith("*") for field in expression.split()[:2]):
        return _by_the_clock(locals_, case, zone)
    shown = [(at, local, fold) for local in locals_ for fold, at in enumerate(_utc(local, zone))]
    first = _shifted(case.starts, zone)
    return sorted(each for each in shown if each[0] >= first)
