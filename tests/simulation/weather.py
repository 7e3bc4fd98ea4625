"""What goes wrong, drawn from the seed: how much of each kind this world has, and when it strikes."""

from collections import Counter
from dataclasses import dataclass
from random import Random
from typing import Any

import psycopg

from tests.simulation import database
from tests.simulation.steps import Crash, Steps, Task

POSTING = {
    "limited": 3,
    "unreachable": 3,
    "error before": 2,
    "error after": 2,
    "timeout before": 2,
    "timeout after": 2,
    "timeout late": 2,
    "reset before": 1,
    "reset after": 2,
    "cut body": 2,
    "garbage": 2,
    "token expires": 2,
    "refused": 1,
    "slow": 3,
}
"""Faults of a call that posts, and how often each is among them. `late`: accepted when nobody waits for
it."""
ASKING = {
    "limited": 3,
    "unreachable": 3,
    "error before": 4,
    "timeout before": 2,
    "token expires": 2,
    "slow": 2,
}
"""Faults of a call that posts nothing."""
API_SECONDS = 20.0
"""After how long a worker hangs up."""
LATEST_SECONDS = 30.0
"""How long after that a network may still accept."""


@dataclass(frozen=True, slots=True)
class Climate:
    """One world's share of each kind of fault; each a probability at every chance it has."""

    crash: float
    freeze: float
    switch: float
    kill: float
    lost_answer: float
    call: float
    queue_loss: float
    queue_copies: float
    queue_delay: float
    missed_tick: float
    disaster: float

    @classmethod
    def drawn(cls, random: Random) -> "Climate":
        """Some worlds are calm in some respect, some are stormy."""

        def share(most: float) -> float:
            return random.choice((0.0, 0.2, 0.5, 1.0)) * most

        return cls(
            crash=share(0.03),
            freeze=share(0.01),
            switch=share(0.15),
            kill=share(0.002),
            lost_answer=share(0.01),
            call=share(0.5),
            queue_loss=share(0.1),
            queue_copies=share(0.4),
            queue_delay=share(0.2),
            missed_tick=share(0.2),
            disaster=share(0.03),
        )


class Faults:
    """Strikes at the steps of tasks; `tally` counts what did."""

    def __init__(self, steps: Steps, random: Random, climate: Climate) -> None:
        self.steps, self.random, self.climate = steps, random, climate
        self.calm = False
        self.tally: Counter[str] = Counter()
        self.database: database.Database | None = None
        self.outages: dict[str, tuple[str, float]] = {}

    def struck(self, probability: float) -> bool:
        """Whether this is one of those times."""
        return not self.calm and probability > 0 and self.random.random() < probability

    # Steps of a task

    def statement(self, task: Task, connection: Any) -> None:
        """Before each SQL statement."""
        if self.struck(self.climate.switch):
            self.steps.pause(self.random.uniform(0.0005, 0.03))
        if self.struck(self.climate.kill):
            self._kill(task, connection)

    def before_commit(self, task: Task, connection: Any) -> None:
        """The transaction's work is done and not yet kept."""
        self.step(task, f"before commit {task.commits + 1}", connection)
        if self.struck(self.climate.kill):
            self._kill(task, connection)

    def after_commit(self, task: Task, connection: Any) -> None:
        """It is kept, and the process may not live to know."""
        if self.struck(self.climate.lost_answer):
            self.tally["commit's answer lost"] += 1
            self.steps.note("the commit's answer is lost")
            connection.close()
            message = "server closed the connection unexpectedly"
            raise psycopg.OperationalError(message)
        self.step(task, f"after commit {task.commits}", None)

    def step(self, task: Task, where: str, connection: Any = None, *, stands_still: bool = True) -> None:
        """A numbered step: the process may end here, or stand still, or others may go on."""
        kind = task.name.split(" ")[0]
        if self.struck(self.climate.crash):
            self.tally[f"crash: {kind} {where}"] += 1
            self.steps.note(f"crashes {where}")
            raise Crash
        if kind == "worker" and stands_still and self.struck(self.climate.freeze):
            self._freeze(task, where, connection)
        else:
            self.steps.pause(self.random.uniform(0.0005, 0.02))

    def _freeze(self, task: Task, where: str, connection: Any) -> None:
        seconds = self.random.uniform(95, 400)
        self.tally[f"stopped past its lease: {where}"] += 1
        self.steps.note(f"stands still {where} for {seconds:.0f} s")
        task.frozen = True
        if connection is not None and self.database is not None:
            database.scheduled_end(self.database, connection, seconds)
        self.steps.pause(seconds)

    def _kill(self, task: Task, connection: Any) -> None:
        if self.database is not None:
            self.tally["database connection ended"] += 1
            self.database.end_backend(connection)

    # Calls to networks

    def of_call(self, network: str, *, posts: bool) -> str | None:
        """What happens to this call."""
        if self.calm:
            return None
        mode, until = self.outages.get(network, ("", 0.0))
        if self.steps.now < until:
            self.tally[f"outage: {mode}"] += 1
            return mode
        if not self.struck(self.climate.call):
            return None
        kinds = POSTING if posts else ASKING
        fault = self.random.choices(list(kinds), list(kinds.values()))[0]
        self.tally[f"{'post' if posts else 'other call'}: {fault}"] += 1
        return fault
