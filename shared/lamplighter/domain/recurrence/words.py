"""A schedule in plain English."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from lamplighter.domain.recurrence import fields
from lamplighter.domain.recurrence.clock import local_of

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def described(schedule_type: str, config: Mapping[str, Any], anchor: datetime | None = None) -> str:
    """Such as "every 2 weeks on Tuesday at 09:00, Europe/Berlin", of a config that `rule_of` accepts; `anchor`
    as there."""
    return ""
