"""A schedule as it is stored, as the rule that it stands for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lamplighter.domain import recurrence
from lamplighter.services import zones


def rule_of(schedule_type: str, config: Mapping[str, Any], timezone: str, now: datetime) -> recurrence.Rule:
    """The rule; RuleError or invalid where it cannot be followed any more, as where new zone data leave out
    its zone. `now` stands in for a start that the schedule does not have."""
    zone = zones.zone(timezone)
    return recurrence.stored_rule(schedule_type, config, zone, now.astimezone(zone).replace(tzinfo=None))


def place_at(rule: recurrence.Rule, moment: datetime) -> tuple[recurrence.Key, int]:
    """From where the rule is walked along to find what comes after a moment: the key and how many it has come
    to by then. Where the clocks were just put forward, what came at or before the moment is passed by."""
    key = recurrence.key_at(rule, moment)
    index = 0 if rule.count is None else recurrence.index_after(rule, key)
    for number, each in recurrence.occurrences(rule, key, index):
        if each.at > moment:
            break
        key, index = each.key, number
    return key, index
