"""What differs between two folders of compiled time zones, and from when on: pure but for reading them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

YEARS = 10
_STEP = timedelta(days=1)
"""No zone changes its clocks twice within this time."""
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Change:
    """A zone whose clocks will differ; `since`: the first instant at which they do."""

    zone: str
    since: datetime


def changes(before: Path, after: Path, now: datetime) -> list[Change]:
    """The zones and links of both folders that differ within ten years from `now`, by name."""
    now = now.replace(microsecond=0)
    until = now + timedelta(days=366 * YEARS)
    found = []
    for name in sorted(zone_names(before) & zone_names(after)):
        if (before / name).read_bytes() != (after / name).read_bytes():
            since = first_difference(_read(before, name), _read(after, name), now, until)
            if since is not None:
                found.append(Change(name, since))
    return found


def gone(before: Path, after: Path) -> list[str]:
    """Names that rules may use and that would mean nothing any more."""
    return sorted(zone_names(before) - zone_names(after))


def zone_names(folder: Path) -> set[str]:
    """The zones and links of a folder: of its files those that are compiled zones."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix() for path in files if path.read_bytes()[:4] == b"TZif"}


def first_difference(before: tzinfo, after: tzinfo, since: datetime, until: datetime) -> datetime | None:
    """The first instant from `since` on at which one clock shows something else than the other."""
    moments = {since, *_transitions(before, since, until), *_transitions(after, since, until)}
    differing = (each for each in sorted(moments) if _offset(before, each) != _offset(after, each))
    return next(differing, None)


def _transitions(zone: tzinfo, since: datetime, until: datetime) -> Iterator[datetime]:
    """To the second, the instants at which its offset changes."""
    left = since
    while left < until:
        right = min(left + _STEP, until)
        if _offset(zone, left) != _offset(zone, right):
            yield _change_between(zone, left, right)
        left = right


def _change_between(zone: tzinfo, left: datetime, right: datetime) -> datetime:
    before = _offset(zone, left)
    low, high = 0, int((right - left) / _SECOND) + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, left + middle * _SECOND) == before else (low, middle)
    return min(left + high * _SECOND, right)


def _offset(zone: tzinfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()


def _read(folder: Path, name: str) -> ZoneInfo:
    with (folder / name).open("rb") as file:
        return ZoneInfo.from_file(file, key=name)
