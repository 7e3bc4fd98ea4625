"""One simulated world: the real services in it, all around them simulated, and everything from a seed."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from random import Random
from types import ModuleType, SimpleNamespace
from typing import Any
from uuid import UUID

import psycopg

from functions.publish_due import handler as publish_due
from functions.publish_post import handler as publish_post
from lamplighter import ids
from lamplighter.clients import keys, objects, queues
from lamplighter.domain import networks
from lamplighter.platforms import registry
from lamplighter.postgres import session
from lamplighter.settings import settings
from tests.simulation import connectors, database
from tests.simulation import networks as simulated
from tests.simulation.observing import Observer, Recorder
from tests.simulation.people import People
from tests.simulation.remotes import Remote
from tests.simulation.sqs import Sqs
from tests.simulation.steps import Offset, Steps, Task, Time, replaced
from tests.simulation.tenants import PICTURE, Tenant, tenants
from tests.simulation.truth import Truth
from tests.simulation.weather import Climate, Faults

QUEUE, SLOW_QUEUE, DEAD = "https://sqs/publish", "https://sqs/publish-slow", "https://sqs/dead"
TICKER = "lamplighter_publish_due"
TICK_SECONDS = 60.0
OP_SECONDS = 8.0
"""On average, between two operations."""
LONGEST_SECONDS = 7 * 86_400.0
"""A healed world that has not come to rest by then never will."""
ENGINES: dict[Any, Any] = {}
"""Kept from world to world with the statements that they have compiled; their connections are not."""
ENVIRONMENT = {
    "PUBLISH_QUEUE_URL": QUEUE,
    "PUBLISH_SLOW_QUEUE_URL": SLOW_QUEUE,
    "DEAD_LETTERS_URL": DEAD,
    "MEDIA_BUCKET": "media",
    "KMS_KEY_ID": "key",
}


@dataclass(eq=False)
class World:
    """Everything of one run."""

    seed: int
    ops: int
    steps: Steps = field(default_factory=Steps)
    disasters: int = 0
    poisons: int = 0

    def __post_init__(self) -> None:
        self.script = Random(f"{self.seed}/script")
        self.faults = Faults(self.steps, Random(f"{self.seed}/faults"), Climate.drawn(self.script))
        self.remote = Remote(self.steps, self.faults)
        self.truth = Truth(self.steps)
        self.remote.on_accepted = self.truth.accepted
        self.sqs = Sqs(self.steps, self.faults, self._work)
        self.observer = Observer(self.steps, self.truth)
        self.recorder = Recorder(self.steps)
        self.tenants: list[Tenant] = []
        self.healed_at = 0.0
        self.ticks = 0

    def run(self, url: str, superuser_url: str) -> None:
        """All of it, in an empty migrated database."""
        with psycopg.connect(superuser_url, autocommit=True) as monitor, self._patched(url):
            self.database = database.Database(self.steps, monitor, self.faults)
            self.faults.database = self.database
            self.observer.monitor = monitor
            self.tenants = tenants(self.remote, self.script)
            self._meet(TICKER)
            with replaced((database.Connection, "world", self.database)):
                try:
                    self._live()
                    self._heal()
                    self._rest()
                finally:
                    self.steps.end()
            _hang_up()

    def _meet(self, login: str) -> None:
        """SQLAlchemy asks a database a few things before its first statement: not in the midst of a world."""
        self.steps.current = Task("meets the database", lambda: None, login)
        with session.transaction(role=publish_due.DISPATCHER):
            self.steps.current = None

    # The course of things

    def _live(self) -> None:
        self.people = People(self.steps, Random(f"{self.seed}/people"), self.truth, self.remote, self.tenants)
        self.people.monitor = self.observer.monitor
        self.steps.after(1.0, self._operation)
        self.steps.after(self.script.uniform(0, TICK_SECONDS), self._tick)
        while self.operations < self.ops:
            self.steps.step()

    @property
    def operations(self) -> int:
        """What was asked of the services so far, and what befell them: requests of people, messages
        delivered, ticks, disasters."""
        return self.people.deeds + self.sqs.delivered + self.ticks + self.disasters

    def _operation(self) -> None:
        if self.faults.calm:
            return
        self.steps.after(self.script.expovariate(1 / OP_SECONDS), self._operation)
        if self.faults.struck(self.faults.climate.disaster):
            self._disaster()
        else:
            self.people.act()

    def _disaster(self) -> None:
        draw = self.script
        what = draw.choice(("outage", "outage", "queue", "clock", "poison", "redrive", "revoked"))
        self.disasters += 1
        self.faults.tally[f"disaster: {what}"] += 1
        self.steps.note(f"disaster: {what}")
        match what:
            case "outage":
                mode = draw.choice(("unreachable", "error before", "error after", "limited", "slow"))
                until = self.steps.now + draw.uniform(60, 1800)
                self.faults.outages[draw.choice(list(simulated.NETWORKS))] = (mode, until)
            case "queue":
                self.sqs.down_until = self.steps.now + 1800
            case "clock":
                self.steps.set_clock(draw.uniform(-300, 300))
            case "poison":
                body = draw.choice(('{"nonsense": true}', "[]", '{"workspace_id": "x"}', "{"))
                self.poisons += 1
                self.sqs.put(QUEUE, body, 0.1, poison=True)
            case "redrive":
                self.sqs.redrive()
            case "revoked":
                self.remote.holders[draw.choice(list(self.remote.holders))].revoked = True

    def _heal(self) -> None:
        self.steps.note("the world is healed")
        self.healed_at = self.steps.now
        self.faults.calm = True
        self.faults.outages.clear()
        self.sqs.down_until = 0.0
        self.steps.set_clock(0.0)

    def _rest(self) -> None:
        while self.steps.now < self.healed_at + LONGEST_SECONDS:
            if self._is_quiet():
                self._find_the_poison()
                return
            self.steps.step()
        self.truth.violated("the healed world does not come to rest")

    def _find_the_poison(self) -> None:
        dead = sum(copy.poison for copy in self.sqs.dead)
        if dead != self.poisons:
            self.truth.violated(f"{self.poisons} poisoned messages, {dead} of them among the dead letters")

    def _is_quiet(self) -> bool:
        if self.steps.tasks or not self.sqs.idle or any(self.remote.on_the_way.values()):
            return False
        row = self.observer.monitor.execute("SELECT count(*) FROM dispatches").fetchone()
        return row is not None and row[0] == 0

    # Ticks and workers

    def _tick(self) -> None:
        self.ticks += 1
        if self.faults.struck(self.faults.climate.missed_tick):
            self.faults.tally["tick missed"] += 1
        else:
            context = SimpleNamespace(get_remaining_time_in_millis=lambda: 50_000)
            task = Task(f"tick {self.ticks}", lambda: publish_due.handler({}, context), TICKER)
            task.done = database.raise_defect
            self.steps.spawn(task)
        self.steps.after(TICK_SECONDS, self._tick)

    def _work(self, event: dict[str, Any]) -> Any:
        return publish_post.handler(event, SimpleNamespace())

    # What stands in for the outside

    @contextmanager
    def _patched(self, url: str) -> Iterator[None]:
        changes: list[tuple[Any, str, Any]] = [
            (os.environ, name, value) for name, value in {**ENVIRONMENT, "DATABASE_URL": url}.items()
        ]
        before = {name: os.environ.get(name) for _, name, _ in changes}
        os.environ.update({name: value for _, name, value in changes})
        settings.cache_clear()
        try:
            with replaced(*self._replacements()):
                yield
        finally:
            _hang_up()
            for name, value in before.items():
                os.environ.pop(name) if value is None else os.environ.update({name: value})
            settings.cache_clear()

    def _replacements(self) -> list[tuple[Any, str, Any]]:
        made = connectors.connectors(self.remote)
        chance = Random(f"{self.seed}/chance")
        return [
            (session, "_engines", ENGINES),
            (session, "_clock_offset", Offset(self.steps)),
            (session, "_OPTIONS", "-c timezone=UTC"),
            (session, "settings", self._settings),
            (psycopg, "connect", database.Connection.connect),
            (ids, "uuid7", self._uuid7(Random(f"{self.seed}/ids"))),
            (queues, "send", self.sqs.send),
            (queues, "depth", self.sqs.depth),
            (objects, "read", lambda *_place: PICTURE),
            (keys, "unwrap", lambda _wrapped, _workspace_id: b"k" * 32),
            *((networks.NETWORKS, key, network) for key, network in simulated.NETWORKS.items()),
            *((registry.PLATFORMS, key, f"simulated {key}") for key in made),
            *((sys.modules, f"simulated {key}", each) for key, each in made.items()),
            *_in_modules("time", Time(self.steps)),
            *_in_modules("random", chance),
            *_in_modules("logger", lambda: self.recorder),
            *_in_modules("measure", lambda *_measures: None),
            *self.observer.replacements(),
        ]

    def _settings(self) -> Any:
        task = self.steps.current
        found = settings()
        if task is None or task.login is None:
            return found
        return replace(found, database_url=found.database_url.replace("lamplighter_app", task.login))

    def _uuid7(self, random: Random) -> Any:
        def uuid7() -> UUID:
            milliseconds = int(self.steps.clock.timestamp() * 1000)
            bits = (
                milliseconds << 80 | 7 << 76 | random.getrandbits(12) << 64 | 2 << 62 | random.getrandbits(62)
            )
            return UUID(int=bits)

        return uuid7


def _in_modules(name: str, value: Any) -> list[tuple[Any, str, Any]]:
    """That name, wherever a module of the application or a handler has it."""
    found = []
    for module in list(sys.modules.values()):
        if not isinstance(module, ModuleType) or not module.__name__.startswith(
            ("lamplighter.", "functions.publish")
        ):
            continue
        held = getattr(module, name, None)
        is_it = name in {"logger", "measure"} or isinstance(held, ModuleType)
        if held is not None and is_it:
            found.append((module, name, value))
    return found


def _hang_up() -> None:
    for engine in ENGINES.values():
        engine.dispose()
    while database.Connection.made:
        database.Connection.made.pop().close()
