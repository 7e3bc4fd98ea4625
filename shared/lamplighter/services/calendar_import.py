"""A calendar file into the workspace: single events are scheduled, repeating ones become recurring posts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.access import Caller
from lamplighter.domain.ical import reading
from lamplighter.domain.ical.reading import Component, UnreadableError
from lamplighter.ids import new_id
from lamplighter.postgres.models import ImportedEvent
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Kind, invalid
from lamplighter.schemas.calendar import CalendarImport
from lamplighter.services import audit, imported_events, recurring_pools, zones
from lamplighter.services.imported_events import Clock, Made
from lamplighter.services.wakeups import Wake

_LONGEST_UID = 200


@dataclass(slots=True)
class _Seen:
    """What became of an event."""

    event: Component
    outcome: str
    made: Made = field(default_factory=Made)
    code: str | None = None
    detail: str | None = None

    def shown(self, *, with_ids: bool) -> dict[str, Any]:
        """The fields of an ImportedEventRead."""
        made = self.made if with_ids else Made()
        return {
            "line": self.event.line,
            "uid": self.event.text("UID")[:_LONGEST_UID] or None,
            "outcome": self.outcome,
            "content_id": made.content_id,
            "publication_id": made.publication_id,
            "recurring_post_id": made.recurring_post_id,
            "code": self.code,
            "detail": self.detail,
        }


class _KnownError(Exception):
    """Somebody else imported the event meanwhile."""


def imported(tx: Transaction, by: Caller, body: CalendarImport) -> tuple[dict[str, Any], list[Wake]]:
    """The fields of a CalendarImported. Each event is taken, or refused, by itself; a dry run does the same
    and takes it back. Send the returned wake-ups after the commit."""
    if not by.may("content:write"):
        detail = "What is imported becomes content: this needs the permission content:write."
        raise DomainError(Kind.FORBIDDEN, "permission_missing", detail)
    zones.zone(body.timezone, "/timezone")
    recurring_pools.connections(tx, by, body.connection_ids)
    try:
        found = reading.components(body.ics)
    except UnreadableError as error:
        raise invalid("/ics", error.code, f"Line {error.line}: {error.detail}") from error
    clock = Clock(body.timezone, body.all_day_at, _places(found))
    whole = tx.session.begin_nested()
    seen = list(_each(tx, by, body, found, clock))
    if body.dry_run:
        whole.rollback()
    else:
        whole.commit()
        counts = {word: sum(each.outcome == word for each in seen) for word in ("imported", "refused")}
        target = ("workspace", by.workspace_id)
        audit.record(tx, by, "calendar.imported", target, after=counts)
    wakes = [] if body.dry_run else [wake for each in seen for wake in each.made.wakes]
    outcomes = [each.outcome for each in seen]
    return {
        **{word: outcomes.count(word) for word in ("imported", "known", "refused")},
        "events": [each.shown(with_ids=not body.dry_run) for each in seen],
    }, wakes


def _each(
    tx: Transaction, by: Caller, body: CalendarImport, found: Sequence[Component], clock: Clock
) -> Iterator[_Seen]:
    """The events in their order, those that change one time of another directly behind it."""
    events = [each for each in found if each.name == "VEVENT"]
    series = {each.text("UID") for each in events if each.first("RECURRENCE-ID") is None}
    changes: dict[str, list[Component]] = {}
    alone: list[Component] = []
    for each in events:
        uid = each.text("UID")
        is_change = each.first("RECURRENCE-ID") is not None and uid in series
        changes.setdefault(uid, []).append(each) if is_change else alone.append(each)
    known = dict(_known(tx, by, [_key(each) for each in alone]))
    for each in alone:
        further = changes.pop(each.text("UID"), [])
        before = known.get(_key(each))
        if before is not None:
            yield from (_Seen(one, "known", before) for one in (each, *further))
            continue
        seen = _taken(tx, by, body, each, clock)
        if seen.outcome != "refused":
            known[_key(each)] = seen.made
        yield seen
        yield from _changed(tx, by, seen, further, clock)
    for each in found:
        if each.name not in ("VEVENT", "VTIMEZONE"):
            yield _Seen(each, "refused", code="not_an_event", detail=f"A {each.name} is no event.")


def _taken(tx: Transaction, by: Caller, body: CalendarImport, event: Component, clock: Clock) -> _Seen:
    try:
        with tx.session.begin_nested():
            made = imported_events.made(tx, by, event, body.connection_ids, clock)
            _write_down(tx, by, event, made)
    except _KnownError:
        return _Seen(event, "known", _known(tx, by, [_key(event)])[_key(event)])
    except UnreadableError as error:
        return _Seen(event, "refused", code=error.code, detail=error.detail)
    except DomainError as error:
        return _refused(event, error)
    return _Seen(event, "imported", made)


def _changed(
    tx: Transaction, by: Caller, seen: _Seen, changes: Sequence[Component], clock: Clock
) -> Iterator[_Seen]:
    """Single times of a repeating event: what is said of them is said of the recurring post's occurrences."""
    for each in changes:
        if seen.outcome != "imported":
            yield _Seen(each, seen.outcome, seen.made, seen.code, "What it changes was not imported.")
            continue
        try:
            with tx.session.begin_nested():
                wakes = imported_events.changed(tx, by, (seen.event, each), seen.made, clock)
            yield _Seen(each, "imported", Made(recurring_post_id=seen.made.recurring_post_id, wakes=wakes))
        except UnreadableError as error:
            yield _Seen(each, "refused", code=error.code, detail=error.detail)
        except DomainError as error:
            yield _refused(each, error)


def _refused(event: Component, error: DomainError) -> _Seen:
    fault = next(iter(error.errors), None)
    if fault is None:
        return _Seen(event, "refused", code=error.code, detail=error.detail)
    return _Seen(event, "refused", code=fault.code, detail=fault.detail)


def _write_down(tx: Transaction, by: Caller, event: Component, made: Made) -> None:
    statement = (
        insert(ImportedEvent)
        .values(
            id=new_id(),
            workspace_id=by.workspace_id,
            mode=by.mode,
            uid=_key(event),
            publication_id=made.publication_id,
            recurring_post_id=made.recurring_post_id,
            created_by=by.person_id,
            created_at=tx.now,
        )
        .on_conflict_do_nothing(constraint="imported_events_uid_key")
        .returning(ImportedEvent.id)
    )
    if tx.session.scalars(statement).one_or_none() is None:
        raise _KnownError


def _known(tx: Transaction, by: Caller, uids: Sequence[str]) -> Mapping[str, Made]:
    statement = select(
        ImportedEvent.uid, ImportedEvent.publication_id, ImportedEvent.recurring_post_id
    ).where(
        ImportedEvent.workspace_id == by.workspace_id,
        ImportedEvent.mode == by.mode,
        ImportedEvent.uid.in_(set(uids)),
    )
    found: dict[str, Made] = {}
    for uid, publication_id, recurring_post_id in tx.session.execute(statement):
        found[uid] = Made(publication_id=publication_id, recurring_post_id=recurring_post_id)
    return found


def _key(event: Component) -> str:
    """By what an event is known again: its UID, and the time of a series that it alone stands for."""
    uid, instance = event.text("UID"), event.first("RECURRENCE-ID")
    key = uid if instance is None else f"{uid} {instance.value}"
    is_short = len(key) <= _LONGEST_UID and key.isprintable()
    return key if is_short else f"sha256:{sha256(key.encode(errors='replace')).hexdigest()}"


def _places(found: Sequence[Component]) -> Mapping[str, str]:
    """Where the file says that its zones are."""
    return {each.text("TZID"): each.text("X-LIC-LOCATION") for each in found if each.name == "VTIMEZONE"}
