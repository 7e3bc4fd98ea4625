"""Schedules of recurring posts as rules: checked when they are given, read when they are needed."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from lamplighter.domain import recurrence
from lamplighter.domain.recurrence import Key, Occurrence, Rule, RuleError
from lamplighter.postgres.models import RecurringPost
from lamplighter.problems import DomainError, invalid, not_found
from lamplighter.services import schedules, zones

_KEY = re.compile(r"(\d{8}T\d{4})(-1)?", re.ASCII)
_SHAPE = "%Y%m%dT%H%M"
_AROUND = timedelta(hours=4)
"""More than any change of the clocks turns the order of local times about."""


def checked(schedule_type: str, given: dict[str, Any], now: datetime) -> tuple[dict[str, Any], Rule]:
    """The config, with the moment from which it counts, and its rule. Raises with a fault of the field where
    the zone is unknown, the rule is none, floods its networks or never comes (again)."""
    zone = zones.zone(given["timezone"], "/schedule_config/timezone")
    anchor = now.astimezone(zone).replace(tzinfo=None, second=0, microsecond=0)
    config = {**given, "starts_at": given.get("starts_at", anchor.isoformat(timespec="minutes"))}
    try:
        rule = recurrence.rule_of(schedule_type, config, zone, anchor)
    except RuleError as error:
        raise _fault(error) from error
    if next(ahead(rule, now), None) is None:
        detail = "Nothing of this schedule is still to come: see its start, end and count."
        raise invalid("/schedule_config", "nothing_ahead", detail)
    return config, rule


def rule_of(row: RecurringPost, now: datetime) -> Rule:
    """The rule of a recurring post."""
    return schedules.rule_of(row.schedule_type, row.schedule_config, row.timezone, now)


def ahead(rule: Rule, since: datetime) -> Iterator[Occurrence]:
    """The rule's occurrences after a UTC instant, lazily."""
    return (each for _, each in recurrence.upcoming(rule, since))


def occurrence_of(rule: Rule, key: Key) -> Occurrence | None:
    """The rule's occurrence of this key; None where it has none."""
    for _, each in recurrence.occurrences(rule, Key(key.local - _AROUND, 0)):
        if each.key == key:
            return each
        if each.key.local > key.local + _AROUND:
            return None
    return None


def key_of(written: str) -> Key:
    """The key that a path names; not_found for what is none."""
    match = _KEY.fullmatch(written)
    if match is None:
        raise not_found()
    try:
        return Key(datetime.strptime(match[1], _SHAPE), 1 if match[2] else 0)  # noqa: DTZ007
    except ValueError:
        raise not_found() from None


def written(key: Key) -> str:
    """The key as paths name it."""
    return key.local.strftime(_SHAPE) + ("-1" if key.fold else "")


def _fault(error: RuleError) -> DomainError:
    pointer = f"/schedule_config/{error.field}" if error.field else "/schedule_config"
    return invalid(pointer, error.code, error.message)
