"""schedule_config made into a rule, and what no rule may do."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from itertools import islice, pairwise
from typing import Any

from lamplighter.domain.recurrence import crontab, fields, presets, recurs, rrules
from lamplighter.domain.recurrence.clock import DAY, local_key, minute_of
from lamplighter.domain.recurrence.days import bits
from lamplighter.domain.recurrence.faults import RuleError
from lamplighter.domain.recurrence.pattern import Pattern
from lamplighter.domain.recurrence.rule import SEARCH_YEARS, Rule
from lamplighter.domain.recurrence.walking import occurrences

CLOSEST = timedelta(minutes=5)
"""Occurrences nearer to each other than this are a flood."""
_LOOKED_AT = 200

_TYPES = {
    "daily": presets.daily,
    "weekly": presets.weekly,
    "monthly": presets.monthly,
    "cron": crontab.cron,
}
_FIELD = {"cron": "expression", "rrule": "rrule"}


def rule_of(schedule_type: str, config: Mapping[str, Any], zone: tzinfo, anchor: datetime) -> Rule:
    """The rule of a schedule that somebody writes: RuleError says what is wrong with it, too_dense and
    never_fires included. `anchor` is the local time it starts at where starts_at is absent."""
    rule = stored_rule(schedule_type, config, zone, anchor)
    field = _FIELD.get(schedule_type, "times")
    closest = densest_gap(rule)
    if closest < CLOSEST:
        minutes = CLOSEST // timedelta(minutes=1)
        raise RuleError("too_dense", field, f"Two of its times are less than {minutes} minutes apart.")
    if next(occurrences(rule, None), None) is None:
        raise RuleError(
            "never_fires",
            _FIELD.get(schedule_type, ""),
            f"It comes to no time within {SEARCH_YEARS} years of its start, or ends before its first.",
        )
    return rule


def stored_rule(schedule_type: str, config: Mapping[str, Any], zone: tzinfo, anchor: datetime) -> Rule:
    """The same for a schedule that was checked when it was stored: parsed as strictly, but neither how dense
    it is nor whether it ever fires is looked at again."""
    start = fields.starts(config, anchor)
    shape, count, last, until = parsed(schedule_type, config, start)
    if until is not None and not shape.step:
        last = minute_of(local_key(zone, until).local) + DAY  # a gap may move an earlier one past it
    return Rule(
        zone=zone,
        starts=start,
        count=count,
        last=last,
        until=until,
        exdates=fields.exdates(config),
        on_gap=fields.on_gap(config),
        **shape._asdict(),
    )


def parsed(
    schedule_type: str, config: Mapping[str, Any], start: int
) -> tuple[Pattern, int | None, int | None, datetime | None]:
    """(pattern, COUNT, last local minute, UNTIL in UTC); at most one of the three ends."""
    count, last = fields.ends(config, start)
    if schedule_type == "rrule":
        fields.only(config, {"rrule"})
        recur = rrules.parsed(fields.needed(config, "rrule"))
        ends = (recur.count, recur.last, recur.until)
        if (count or last) and any(end is not None for end in ends):
            field = "count" if count else "ends_at"
            raise RuleError("invalid", field, f"The rrule says when it ends: {field} cannot say it again.")
        return recurs.pattern(recur, start), count or recur.count, last or recur.last, recur.until
    if schedule_type not in _TYPES:
        raise RuleError("unsupported", "schedule_type", f"There is no schedule type {schedule_type!r}.")
    return _TYPES[schedule_type](config, start), count, last, None


def densest_gap(rule: Rule) -> timedelta:
    """No two occurrences are nearer to each other, but for the hour in which a clock changes. By the rule's
    fields; where these would allow a flood, by its first 200 occurrences."""
    minutes = tuple(bits(rule.minutes)) if rule.step else rule.times
    nearest = min((b - a for a, b in pairwise((*minutes, minutes[0] + DAY))), default=DAY) if minutes else DAY
    if rule.step and rule.unit == 1:
        nearest = max(nearest, rule.step)
    bound = timedelta(minutes=nearest)
    if bound >= CLOSEST:
        return bound
    listed = (found.at for _, found in islice(occurrences(rule, None), _LOOKED_AT))
    return min((b - a for a, b in pairwise(listed)), default=timedelta.max)
