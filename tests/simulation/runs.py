"""One seed, run and judged, in a database of its own."""

import time
import traceback
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

import psycopg

from tests.cluster import Server
from tests.simulation.oracle import Oracle
from tests.simulation.world import World


@dataclass
class Result:
    """What one seed came to: all that a report needs."""

    seed: int
    ops: int
    trace: str
    steps: int
    seconds: float
    simulated: float
    broken: list[str]
    last: list[str]
    identity: dict[str, int]
    statuses: dict[str, int]
    codes: dict[str, int]
    faults: dict[str, int]
    told: dict[str, int]
    counts: dict[str, int]
    lateness: list[float] = field(default_factory=list)

    @property
    def failed(self) -> bool:
        """Whether a promise was broken."""
        return bool(self.broken)

    def as_json(self) -> dict[str, Any]:
        """For the results file."""
        return asdict(self)


def run(seed: int, ops: int, server: Server, database: str, world: World | None = None) -> Result:
    """The seed's world from its beginning to its rest, and the verdict."""
    server.drop(database)
    server.create(database)
    began = time.perf_counter()
    world = world or World(seed, ops)
    try:
        defects: list[str] = []
        try:
            world.run(server.url(database, "lamplighter_app"), server.url(database))
        except Exception as error:  # a defect, told like any other
            defects.append("".join(traceback.format_exception(error)))
            if not hasattr(world, "database"):
                raise
        with psycopg.connect(server.url(database), autocommit=True) as monitor:
            verdict = Oracle(monitor, world.truth, world.remote).judged()
    finally:
        server.drop(database)
    broken = [*verdict.broken, *world.recorder.defects, *defects]
    broken += [f"deadlock: {line}" for line in world.database.deadlocks]
    return Result(
        seed=seed,
        ops=ops,
        trace=world.steps.trace,
        steps=world.steps.count,
        seconds=round(time.perf_counter() - began, 3),
        simulated=round(world.steps.now, 1),
        broken=broken,
        last=list(world.steps.recent) if broken else [],
        identity=dict(verdict.identity),
        statuses=dict(verdict.statuses),
        codes=dict(+verdict.codes),
        faults=dict(world.faults.tally),
        told=dict(world.truth.told),
        counts=_counts(world),
        lateness=[round(seconds, 1) for seconds in world.truth.lateness],
    )


def _counts(world: World) -> dict[str, int]:
    return dict(
        Counter(
            operations=world.operations,
            deeds=world.people.deeds,
            posts=len(world.remote.posts),
            calls=world.remote.calls,
            commits=world.database.seq,
            lock_waits=world.database.lock_waits,
            stale=world.observer.stale,
            messages=world.sqs.sent,
            ticks=world.ticks,
            disasters=world.disasters,
        )
    )
