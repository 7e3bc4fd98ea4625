"""From when on a call may have posted, and when it surely has ended."""

from datetime import UTC, datetime, timedelta

from lamplighter.platforms.base import Json


def armed(kept: Json) -> Json:
    """The same, its call about to be made: `armed_at` is of the latest try, `since` of the first."""
    now = datetime.now(UTC).isoformat()
    return {**kept, "armed_at": now, "since": kept.get("since", now)}


def since(prepared: Json) -> datetime:
    """Before this nothing of it was posted."""
    return datetime.fromisoformat(prepared["since"])


def settles(prepared: Json, settle: timedelta) -> bool:
    """Whether the latest call may still be at work, or its post not be seen yet."""
    return datetime.now(UTC) - datetime.fromisoformat(prepared["armed_at"]) < settle
