"""VEVENTs: single posts, and recurring posts with what somebody said about one of their times."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from lamplighter.domain.ical import rules, writing
from lamplighter.domain.recurrence import Key, Rule, instant, key_at
from lamplighter.domain.recurrence.clock import local_of

_UTC = frozenset({"UTC", "Etc/UTC", "Zulu", "Etc/Zulu", "UCT", "Etc/UCT", "Universal", "Etc/Universal"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an event says beside its time. `stamp`: when it was last changed (DTSTAMP, 3.8.7.2: of a file
    without METHOD); `sequence` grows with each change."""

    uid: str
    stamp: datetime
    sequence: int
    summary: str
    description: str
    status: str
    """CONFIRMED, TENTATIVE or CANCELLED."""
    categories: Sequence[str] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A recurring post. `since`: its rule is as it is since then; `out`: keys that do not go out."""

    rule: Rule
    zone: ZoneInfo
    since: datetime
    out: Collection[Key]


def single(words: Words, at: datetime, instance: str | None = None) -> Iterator[str]:
    """A post at a time. `instance`: the RECURRENCE-ID of the time of a series that it stands for."""
    moment = f"DTSTART:{writing.utc(at)}"
    yield from _event(words, [moment, *([instance] if instance else [])])


def series(words: Words, post: Series, since: datetime, until: datetime) -> Iterator[str]:
    """A recurring post from its last change on; `since` and `until` bound what is written out. Nothing where
    nothing is left of it."""
    is_said = rules.has_rrule(post.rule)
    found = _by_rrule(post, until) if is_said else _by_times(post, max(since, post.since), until)
    if found:
        yield from _event(words, found)


def instance(post: Series, key: Key) -> str:
    """The RECURRENCE-ID of one of its times: whatever becomes of that time, its id stays."""
    return _when("RECURRENCE-ID", post, key)


def first_year(post: Series) -> int:
    """From when on the series needs its zone."""
    return post.since.year - 1


def _by_rrule(post: Series, until: datetime) -> list[str]:
    first = rules.first_of(post.rule, key_at(post.rule, post.since))
    if first is None:
        return []
    number, start = first
    missing, is_regular = rules.left_out(post.rule, post.since, until)
    out = {*(Key(each, 0) for each in missing), *post.out, *_exdates(post.rule)}
    return [
        _when("DTSTART", post, start),
        f"RRULE:{rules.rrule(post.rule, number, is_regular=is_regular)}",
        *(_when("EXDATE", post, key) for key in sorted(out) if key >= start),
    ]


def _by_times(post: Series, since: datetime, until: datetime) -> list[str]:
    found = [each.at for each in rules.times(post.rule, since, until) if each.key not in post.out]
    if not found:
        return []
    further = [f"RDATE:{','.join(map(writing.utc, found[1:]))}"] if found[1:] else []
    return [f"DTSTART:{writing.utc(found[0])}", *further]


def _exdates(rule: Rule) -> Iterator[Key]:
    return (Key(local_of(minute), 0) for minute in rule.exdates)


def _when(name: str, post: Series, key: Key) -> str:
    """A time of the series in the form of its DTSTART: in its zone, or in UTC where it has no RRULE."""
    if not rules.has_rrule(post.rule):
        at, _ = instant(post.rule, key, "shift")
        return f"{name}:{writing.utc(at or key.local)}"
    if post.zone.key in _UTC:
        return f"{name}:{writing.local(key.local)}Z"
    return f"{name};TZID={post.zone.key}:{writing.local(key.local)}"


def _event(words: Words, times: Sequence[str]) -> Iterator[str]:
    yield "BEGIN:VEVENT"
    yield f"UID:{words.uid}"
    yield f"DTSTAMP:{writing.utc(words.stamp)}"
    yield f"LAST-MODIFIED:{writing.utc(words.stamp)}"
    yield f"SEQUENCE:{words.sequence}"
    yield from times
    yield f"SUMMARY:{writing.text(words.summary)}"
    yield f"DESCRIPTION:{writing.text(words.description)}"
    yield f"STATUS:{words.status}"
    if words.categories:
        yield f"CATEGORIES:{','.join(map(writing.text, words.categories))}"
    if words.url is not None:
        yield f"URL:{words.url}"
    yield "TRANSP:TRANSPARENT"  # nobody is busy while a post goes out
    yield "END:VEVENT"
