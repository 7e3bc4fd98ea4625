"""One thread at a time: tasks that hand a baton on, and the simulated time that passes in between."""

import heapq
import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

EPOCH = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
REMEMBERED = 80


class Crash(BaseException):  # no `except Exception` of the code under test may survive it
    """The process is gone: raised inside a task where it dies."""


def _taken() -> Any:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(eq=False)
class Task:
    """One process of the simulated world: a worker, a tick, somebody's request."""

    name: str
    run: Callable[[], Any]
    login: str | None = None
    done: Callable[["Task"], None] | None = None
    baton: Any = field(default_factory=_taken)
    doomed: bool = False
    frozen: bool = False
    alive: bool = True
    started: bool = False
    blocked_by: Any = None
    """The connection whose statement waits for a lock."""
    ticket: int = 0
    result: Any = None
    error: BaseException | None = None
    began: float = 0.0
    commits: int = 0
    calls: int = 0
    last_seq: int = 0
    latest: datetime = EPOCH
    """The latest that its transactions have read from the database's clock."""
    writes: int = 0
    on_commit: list[Callable[[int], None]] = field(default_factory=list)
    connection: Any = None
    notes: dict[str, Any] = field(default_factory=dict)


class Steps:
    """The order of everything. `now` is true time in seconds; the database's clock may be `skew` off it."""

    def __init__(self) -> None:
        self.now = 0.0
        self.skew = 0.0
        self.put_back_at = self.jumped_at = -math.inf
        self.current: Task | None = None
        self.count = 0
        self.recent: deque[str] = deque(maxlen=REMEMBERED)
        self.watch: Callable[[str], None] | None = None
        self._hash = sha256()
        self._events: list[tuple[float, int, Task | Callable[[], None]]] = []
        self._numbers = 0
        self._main = _taken()
        self.tasks: list[Task] = []

    # What happens when

    def at(self, when: float, action: Task | Callable[[], None]) -> None:
        """Do this then; of what is due at one moment, the first asked for comes first."""
        self._numbers += 1
        heapq.heappush(self._events, (max(when, self.now), self._numbers, action))

    def after(self, seconds: float, action: Task | Callable[[], None]) -> None:
        """Do this in so many seconds."""
        self.at(self.now + seconds, action)

    def spawn(self, task: Task, after: float = 0.0) -> Task:
        """A task that begins in so many seconds."""
        self.tasks.append(task)
        self.after(after, lambda: self._start(task))
        return task

    @property
    def next_at(self) -> float | None:
        """When something happens again."""
        return self._events[0][0] if self._events else None

    def step(self) -> None:
        """The next thing that happens."""
        when, _, action = heapq.heappop(self._events)
        self.now = max(self.now, when)
        if isinstance(action, Task):
            self._resume(action)
        else:
            action()

    # Inside a task

    def pause(self, seconds: float) -> None:
        """Let so much time pass, and whoever else is due in it go first."""
        task = self.current
        if task is None:
            return
        if self._events and self._events[0][0] <= self.now + seconds:
            self.after(seconds, task)
            self._yield(task)
        else:
            self.now += seconds
        if task.doomed:
            raise Crash

    def wait_for(self, task: Task) -> None:
        """Give the baton away until somebody resumes the task."""
        self._yield(task)
        if task.doomed:
            raise Crash

    def note(self, text: str) -> None:
        """A line of the trace: what the hash is made of."""
        name = self.current.name if self.current else "-"
        line = f"{self.now:.3f} {name} {text}"
        self.count += 1
        self._hash.update(line.encode())
        self.recent.append(line)
        if self.watch is not None:
            self.watch(line)

    @property
    def trace(self) -> str:
        """The hash of every step so far."""
        return self._hash.hexdigest()[:16]

    # The database's clock, and the machine's

    @property
    def clock(self) -> datetime:
        """What the database takes for the time."""
        return EPOCH + timedelta(seconds=round(self.now + self.skew, 6))

    def set_clock(self, skew: float) -> None:
        """The database's clock is so far off from now on."""
        self.jumped_at = self.now
        if skew < self.skew:
            self.put_back_at = self.now
        self.skew = skew

    @property
    def machine(self) -> datetime:
        """What a worker's machine and the networks take for it."""
        return EPOCH + timedelta(seconds=round(self.now, 6))

    def end(self) -> None:
        """Whoever is still under way goes no further: a world that broke off leaves no thread behind."""
        for task in [each for each in self.tasks if each.started]:
            task.doomed, task.done = True, None
            while task.alive:
                self._resume(task)

    def _start(self, task: Task) -> None:
        task.began, task.started = self.now, True
        thread = threading.Thread(target=self._body, args=(task,), daemon=True, name=task.name)
        thread.start()
        self._resume(task)

    def _body(self, task: Task) -> None:
        task.baton.acquire()
        try:
            if not task.doomed:
                task.result = task.run()
        except BaseException as error:  # a crash is how a task may end
            task.error = error
        finally:
            task.alive = False
            self._main.release()

    def _resume(self, task: Task) -> None:
        self.current = task
        task.baton.release()
        self._main.acquire()
        self.current = None
        if not task.alive:
            self.tasks.remove(task)
            if task.done is not None:
                task.done(task)

    def _yield(self, task: Task) -> None:
        self._main.release()
        task.baton.acquire()


class Offset:
    """What `session._clock_offset` becomes: added to any time, it is the simulated one."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps

    def __radd__(self, _real: datetime) -> datetime:
        task, now = self.steps.current, self.steps.clock
        if task is not None:
            task.latest = max(task.latest, now)
        return now


class Time:
    """What the module `time` becomes in the code under test."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps

    def monotonic(self) -> float:
        """Seconds of true time: no clock's jump moves it."""
        return self.steps.now

    perf_counter = monotonic

    def time(self) -> float:
        """The machine's clock."""
        return self.steps.machine.timestamp()

    def sleep(self, seconds: float) -> None:
        """Others go on meanwhile."""
        self.steps.pause(max(0.0, seconds))


@contextmanager
def replaced(*changes: tuple[Any, str, Any]) -> Iterator[None]:
    """Attributes and keys replaced inside, put back afterwards."""
    missing = object()
    before = []
    for owner, name, value in changes:
        if isinstance(owner, dict):
            before.append((owner, name, owner.get(name, missing)))
            owner[name] = value
        else:
            before.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)
    try:
        yield
    finally:
        for owner, name, value in reversed(before):
            if not isinstance(owner, dict):
                setattr(owner, name, value)
            elif value is missing:
                del owner[name]
            else:
                owner[name] = value
