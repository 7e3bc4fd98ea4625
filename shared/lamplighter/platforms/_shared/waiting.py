"""How long a network asks to wait, and how long it keeps what it was given."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from math import isnan

from lamplighter.platforms.base import Json

_LONGEST = 86_400.0
_EPOCH_FROM = 1_000_000_000


def seconds_to_wait(headers: Mapping[str, str], now: datetime | None = None) -> float | None:
    """Seconds from now, at most a day; None where no header says.

    Retry-After (seconds or a date), else ratelimit-reset and x-ratelimit-reset (seconds, seconds since 1970,
    or an ISO time as Mastodon sends it).
    """
    now = now or datetime.now(UTC)
    for name in ("retry-after", "ratelimit-reset", "x-ratelimit-reset"):
        wait = _wait(headers.get(name, "").strip(), now)
        if wait is not None:
            return min(max(wait, 0.0), _LONGEST)
    return None


def has_expired(prepared: Json, kept: timedelta) -> bool:
    """Whether the images of what was prepared have waited longer than the network surely keeps them."""
    uploaded_at = prepared.get("uploaded_at")
    return uploaded_at is None or datetime.now(UTC) - datetime.fromisoformat(uploaded_at) > kept


def _wait(text: str, now: datetime) -> float | None:
    try:
        number = float(text)
    except ValueError:
        moment = _moment(text)
        return None if moment is None else (moment - now).total_seconds()
    if isnan(number):
        return None
    return number - now.timestamp() if number >= _EPOCH_FROM else number


def _moment(text: str) -> datetime | None:
    for parsed in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parsed(text)
        except (ValueError, OverflowError):  # the latter for a year or an offset of twenty digits
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None
