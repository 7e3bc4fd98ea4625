"""Which content of a pool goes out next: the one that has rested longest."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Entry:
    """A content of a pool. `variation_of`: what it says in other words, so that both count as one.
    `last_used_at`: when the latest publication made of it goes, or went, out."""

    content_id: UUID
    position: int
    variation_of: UUID | None = None
    last_used_at: datetime | None = None


def chosen(pool: Iterable[Entry], at: datetime, minimum_gap: timedelta) -> UUID | None:
    """The content that goes out at that time: of what has not been said within the gap, before or after, the
    least recently used, then the first by position. Of what can be said in several words, the words that were
    used least recently. None where all of it would repeat too soon."""
    sayings: dict[UUID, list[Entry]] = defaultdict(list)
    for entry in pool:
        sayings[entry.variation_of or entry.content_id].append(entry)
    rested = [entries for entries in sayings.values() if _has_rested(entries, at, minimum_gap)]
    if not rested:
        return None
    saying = min(rested, key=lambda entries: (max(map(_used, entries)), min(e.position for e in entries)))
    return min(saying, key=lambda entry: (_used(entry), entry.position)).content_id


def _used(entry: Entry) -> datetime:
    return entry.last_used_at or _NEVER


def _has_rested(entries: Iterable[Entry], at: datetime, minimum_gap: timedelta) -> bool:
    used = [entry.last_used_at for entry in entries if entry.last_used_at is not None]
    return all(abs(at - each) >= minimum_gap for each in used)
