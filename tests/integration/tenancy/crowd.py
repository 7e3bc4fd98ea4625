"""Many tenants in turn on few connections: what one process asks for them, as a sandbox in Lambda does."""

import os
import random
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import text

from lamplighter.postgres.session import transaction
from lamplighter.settings import settings
from tests.dates import NEXT_SPRING
from tests.integration.http import Answer, Http
from tests.integration.tenancy.lines import without_filters
from tests.integration.tenancy.tenants import Tenant

_MARK = re.compile(r"mark[0-9a-f]{32}")
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Seat:
    """One tenant as another process can be given it. `known` are ids of its rows."""

    mark: str
    callers: tuple[Http, ...]
    known: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Share:
    """What one process has to do. `unfiltered`: without the application's filters."""

    seed: int
    requests: int
    seats: Sequence[Seat]
    environment: Mapping[str, str]
    unfiltered: bool = False


@dataclass(slots=True)
class Report:
    """What it saw: answers that held another tenant's, answers that nobody expects, its connections."""

    leaks: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Turn:
    """Whose turn it is, and somebody whose ids are asked for in vain."""

    chance: random.Random
    seat: Seat
    other: Seat

    @property
    def http(self) -> Http:
        return self.chance.choice(self.seat.callers)

    def get(self, path: str) -> Answer:
        return self.http.get(path)


def seat_of(tenant: Tenant) -> Seat:
    """The tenant with something of everything."""
    names = ("workspace_id", "organization_id", "content_id", "connection_id", "publication_id", "api_key_id")
    callers = (tenant.key, tenant.caller("access_token"))
    return Seat(tenant.mark, callers, {name: tenant.make(name) for name in names})


def served(share: Share) -> Report:
    """Ask, each time for another tenant, and look through every answer."""
    os.environ.update(share.environment)
    settings.cache_clear()
    report, chance = Report(), random.Random(share.seed)  # noqa: S311  # which tenant is next is no secret
    others = {id_: seat.mark for seat in share.seats for id_ in seat.known.values()}
    with without_filters() if share.unfiltered else nullcontext():
        for _ in range(share.requests):
            seat, other = chance.sample(share.seats, 2)
            ask, expected = chance.choice(ASKS)
            answer = ask(Turn(chance, seat, other))
            _look_through(report, seat, others, answer)
            report.statuses.append(answer.status)
            if answer.status not in expected:
                report.odd.append(f"{answer.status} {answer.body[:300]!r}")
    with transaction() as tx:
        report.connections.add(tx.session.execute(text("SELECT pg_backend_pid()")).scalar_one())
    return report


def _look_through(report: Report, seat: Seat, others: Mapping[str, str], answer: Answer) -> None:
    told = answer.body.decode() if answer.status < 300 else ""  # a problem names the path that was asked for
    marks = set(_MARK.findall(told)) | {others[id_] for id_ in _UUID.findall(told) if id_ in others}
    if marks - {seat.mark}:
        report.leaks.append(f"{seat.mark} was shown {sorted(marks - {seat.mark})}: {told[:300]}")


def _write(turn: Turn) -> Answer:
    return turn.http.post("/content", {"text": f"Good evening {turn.seat.mark}"})


def _write_once(turn: Turn) -> Answer:
    """The same key for all tenants and nearly the same words: each gets an answer of its own."""
    key = f"again-{turn.chance.randrange(20)}"
    return turn.seat.callers[0].post("/content", {"text": turn.seat.mark}, **{"idempotency-key": key})


def _schedule(turn: Turn) -> Answer:
    return turn.http.post("/publications", _publication(turn.seat.known["content_id"], turn.seat))


def _schedule_anothers(turn: Turn) -> Answer:
    return turn.http.post("/publications", _publication(turn.other.known["content_id"], turn.seat))


def _publication(content_id: str, seat: Seat) -> dict[str, Any]:
    connections = [seat.known["connection_id"]]
    when = {"scheduled_at": NEXT_SPRING, "force": True}
    return {"content_id": content_id, "connection_ids": connections, **when}


def _rename(turn: Turn) -> Answer:
    """Several processes may be at it at once: whoever comes second has read an older version."""
    path = f"/v1/workspaces/{turn.seat.known['workspace_id']}"
    version = turn.get(path).headers.get("etag", '"0"')
    name = f"Workspace {turn.seat.mark}"
    return turn.seat.callers[0].call("PATCH", path, {"name": name}, headers={"if-match": version})


def _list(path: str) -> Callable[[Turn], Answer]:
    return lambda turn: turn.get(f"{path}?limit={turn.chance.randint(1, 20)}")


def _read(path: str, name: str) -> Callable[[Turn], Answer]:
    return lambda turn: turn.get(f"{path}/{turn.seat.known[name]}")


def _read_anothers(path: str, name: str) -> Callable[[Turn], Answer]:
    return lambda turn: turn.get(f"{path}/{turn.other.known[name]}")


ASKS: Sequence[tuple[Callable[[Turn], Answer], frozenset[int]]] = [
    *((_list(path), frozenset({200})) for path in ("/content", "/connections", "/publications", "/api-keys")),
    *((_list(path), frozenset({200})) for path in ("/audit-log", "/members", "/v1/workspaces")),
    (_read("/content", "content_id"), frozenset({200})),
    (_read("/publications", "publication_id"), frozenset({200})),
    (_read("/v1/organizations", "organization_id"), frozenset({200, 403})),  # it is open to people only
    (_read_anothers("/content", "content_id"), frozenset({404})),
    (_read_anothers("/publications", "publication_id"), frozenset({404})),
    (_read_anothers("/v1/workspaces", "workspace_id"), frozenset({404})),
    (_write, frozenset({201})),
    (_write, frozenset({201})),
    (_write_once, frozenset({201, 409})),
    (_schedule, frozenset({201})),
    (_schedule_anothers, frozenset({422})),
    (_rename, frozenset({200, 412})),
]
"""What is asked, and how it may be answered."""
