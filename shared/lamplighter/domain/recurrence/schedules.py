"""schedule_config made into a rule, and what no rule may do."""

from collections.abc import Mapping
from datetime import datetime, timedelta, tzinfo
from itertools import islice, pairwise
from typing import Any

from lamplighter.domain.recurrence import fields, presets
from lamplighter.domain.recurrence.clock import DAY
from lamplighter.domain.recurrence.days import bits
from lamplighter.domain.recurrence.faults import RuleError
from lamplighter.domain.recurrence.rule import SEARCH_YEARS, Rule
from lamplighter.domain.recurrence.walking import occurrences

CLOSEST = timedelta(minutes=5)
"""Occurrences nearer to each other than this are a flood."""
_LOOKED_AT = 200

_PRESETS = {"daily": presets.daily, "weekly": presets.weekly, "monthly": presets.monthly}
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
    if schedule_type not in _PRESETS:
        raise RuleError("unsupported", "schedule_type", f"There is no schedule type {schedule_type!r}.")
    days, every, times = _PRESETS[schedule_type](config, start)
    count, last = fields.ends(config, start)
    return Rule(
        zone=zone,
        starts=start,
        days=days,
        every=every,
        times=times,
        count=count,
        last=last,
        exdates=fields.exdates(config),
        on_gap=fields.on_gap(config),
    )


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
