"""VTIMEZONE: a zone's clock changes, for programs that do not know its name (RFC 5545, 3.6.5)."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from lamplighter.domain.ical import writing
from lamplighter.domain.recurrence.clock import changes, local_of, utc_of

type _Kind = tuple[bool, timedelta, timedelta, str]
"""Whether it is summer time, the offsets before and after, and the name of the latter."""


@lru_cache(maxsize=256)
def vtimezone(zone: ZoneInfo, first: int, last: int) -> tuple[str, ...]:
    """The component's lines, right from the beginning of the year `first` to the end of the year `last`."""
    start = datetime(first, 1, 1, tzinfo=UTC)
    offset = _offset(zone, start)
    begins = (start + offset).replace(tzinfo=None)
    kinds: dict[_Kind, list[datetime]] = {
        (bool(start.astimezone(zone).dst()), offset, offset, _name(zone, start)): [begins]
    }
    for year in range(first, last + 1):
        for change in changes(zone, year):
            at = utc_of(change.at)
            before, after = timedelta(minutes=change.before), timedelta(minutes=change.after)
            kind = (bool(at.astimezone(zone).dst()), before, after, _name(zone, at))
            kinds.setdefault(kind, []).append(local_of(change.at + change.before))
    body = (line for kind, times in kinds.items() for line in _observance(kind, times))
    return ("BEGIN:VTIMEZONE", f"TZID:{zone.key}", *body, "END:VTIMEZONE")


def _observance(kind: _Kind, times: list[datetime]) -> Iterator[str]:
    is_summer, before, after, name = kind
    component = "DAYLIGHT" if is_summer else "STANDARD"
    yield f"BEGIN:{component}"
    yield f"DTSTART:{writing.local(times[0])}"
    for time in times[1:]:
        yield f"RDATE:{writing.local(time)}"
    yield f"TZOFFSETFROM:{_written(before)}"
    yield f"TZOFFSETTO:{_written(after)}"
    yield f"TZNAME:{writing.text(name)}"
    yield f"END:{component}"


def _offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None  # noqa: S101  # it has a zone
    return offset


def _name(zone: ZoneInfo, moment: datetime) -> str:
    return moment.astimezone(zone).tzname() or zone.key


def _written(offset: timedelta) -> str:
    minutes = abs(offset) // timedelta(minutes=1)
    return f"{'-' if offset < timedelta() else '+'}{minutes // 60:02}{minutes % 60:02}"
