"""What becomes of a recurring post's occurrences whose time has passed before they could go out."""

from collections.abc import Iterable
from datetime import datetime, timedelta

MISFIRED = "misfired"
SUPERSEDED = "superseded"

SPACING = timedelta(minutes=5)
"""What goes out late goes out no closer together than this: a network must not be flooded."""
_BUSY = timedelta(days=1)
"""For so long a late post looks for a moment apart from those that are on time."""


def code_of(
    policy: str, grace: timedelta, due_at: datetime, later: datetime | None, now: datetime
) -> str | None:
    """Why an occurrence is skipped that has not gone out by now, if its policy skips it. `later`: when the
    next one of its rule is, or was, due.

    `catch_up` skips none; `skip` whatever lies further back than the grace; `run_once` the same, except for
    the latest one that is due.
    """
    if policy == "catch_up" or now - due_at <= grace:
        return None
    if policy == "skip":
        return MISFIRED
    return SUPERSEDED if later is not None and later <= now else None


def moment(due_at: datetime, now: datetime, last: datetime | None, ahead: Iterable[datetime]) -> datetime:
    """When it goes out: at its time; or if that has passed, SPACING after the `last` late one of its rule,
    and as far from those `ahead` that are on time, unless they leave no such room for a day."""
    if due_at > now:
        return due_at
    first = found = now if last is None else max(now, last + SPACING)
    for each in sorted(ahead):
        if each - SPACING >= found:
            break
        found = max(found, each + SPACING)
    return found if found <= first + _BUSY else first
