"""What a recurring post is allowed to do and may yet surprise its owner with."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from lamplighter.domain import recurrence
from lamplighter.domain.networks import NETWORKS
from lamplighter.domain.recurrence import Key, Rule
from lamplighter.domain.recurrence.clock import GAP, Change, changes, local_of, utc_of

_EVERY_MONTH_HAS = 28
_FIFTH = 5
_RRULE_DAYS = re.compile(r"BYMONTHDAY=([-+\d,]+)", re.IGNORECASE)
_CRON_DAYS = re.compile(r"\d+(,\d+)*")


@dataclass(frozen=True, slots=True)
class Notice:
    """A code for programs and a sentence for people."""

    code: str
    message: str


def of_schedule(schedule_type: str, config: Mapping[str, Any], rule: Rule, now: datetime) -> list[Notice]:
    """About the schedule itself: short months, and local times that the next changes of the clocks touch."""
    return [*_short_months(schedule_type, config), *_clock_changes(rule, now)]


def of_pool(
    contents: int, minimum_gap: timedelta, rule: Rule, platforms: Collection[str], now: datetime
) -> list[Notice]:
    """About `contents` texts in turns on these networks: the same again, or none left to choose."""
    return [*_identical(contents, platforms), *_too_few(contents, minimum_gap, rule, now)]


def _short_months(schedule_type: str, config: Mapping[str, Any]) -> Iterator[Notice]:
    days = [day for day in _days(schedule_type, config) if abs(day) > _EVERY_MONTH_HAS]
    if days:
        told = ", ".join(str(day) for day in days)
        message = f"Not every month has the day {told}: a month without it is left out."
        yield Notice("short_months", message)
    nth = config.get("nth")
    if schedule_type == "monthly" and nth is not None and nth["week"] == _FIFTH:
        yield Notice("short_months", "Not every month has a fifth one of this weekday: it is left out there.")


def _days(schedule_type: str, config: Mapping[str, Any]) -> Sequence[int]:
    """The days of the month by which the schedule leaves months out."""
    if schedule_type == "monthly" and config.get("missing_day", "skip") == "skip":
        return config.get("days") or ()
    if schedule_type == "rrule":
        return [int(day) for day in _numbers(_RRULE_DAYS.search(config["rrule"]))]
    if schedule_type == "cron":
        fields = config["expression"].split()
        is_list = len(fields) > 2 and _CRON_DAYS.fullmatch(fields[2])  # noqa: PLR2004  # the third field
        return [int(day) for day in fields[2].split(",")] if is_list else ()
    return ()


def _numbers(match: re.Match[str] | None) -> list[str]:
    return [] if match is None else [each for each in match[1].split(",") if each.strip("+-")]


def _clock_changes(rule: Rule, now: datetime) -> Iterator[Notice]:
    """The next time of each kind that a change of the clocks touches."""
    told = set()
    ahead = [each for year in (now.year, now.year + 1) for each in changes(rule.zone, year)]
    for change in (each for each in ahead if utc_of(each.at) > now):
        found = _touched(rule, change)
        if found is not None and found.code not in told:
            told.add(found.code)
            yield found


def _touched(rule: Rule, change: Change) -> Notice | None:
    """The first occurrence whose local time the clocks leave out, or have twice, at this change."""
    begins, ends = (local_of(change.at + minutes) for minutes in sorted((change.before, change.after)))
    before = Key(begins - timedelta(minutes=1), 0)
    first = next(recurrence.occurrences(rule, before), None)
    if first is None or first[1].note is None or not begins <= first[1].key.local < ends:
        return None
    occurrence = first[1]
    local = occurrence.at.astimezone(rule.zone)
    day, hour = occurrence.key.local.strftime("%Y-%m-%d %H:%M").split()
    if occurrence.note == GAP:
        message = f"On {day} the clocks leave {hour} out: it goes out at {local:%H:%M} that day."
        return Notice("shifted_by_clock_change", message)
    message = f"On {day} the clocks have {hour} twice: it goes out at {occurrence.at:%H:%M} UTC."
    return Notice("hour_comes_twice", message)


def _identical(contents: int, platforms: Collection[str]) -> Iterator[Notice]:
    names = [NETWORKS[each].name for each in sorted(platforms) if NETWORKS[each].refuses_duplicates]
    if contents == 1 and names:
        message = f"{' and '.join(names)} may refuse the same text again: add variations or other contents."
        yield Notice("identical_text", message)


def _too_few(contents: int, minimum_gap: timedelta, rule: Rule, now: datetime) -> Iterator[Notice]:
    if not minimum_gap:
        return
    times = [each.at for _, each in islice(recurrence.upcoming(rule, now), contents + 1)]
    if len(times) > contents and times[-1] - times[0] < minimum_gap:
        message = (
            f"It goes out {contents + 1} times within {minimum_gap.days} days and has {contents} to choose"
            " from: an occurrence for which none is left fails."
        )
        yield Notice("pool_too_small", message)
