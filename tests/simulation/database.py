"""The real database as the simulated world reaches it: lock waits, lost connections, lost answers."""

import gc
import os
import select
import signal
from collections.abc import Callable
from contextlib import suppress
from typing import Any, ClassVar
from weakref import WeakSet

import psycopg
from sqlalchemy.exc import DBAPIError

from tests.simulation.steps import Crash, Steps, Task

MOMENT_MS = 12
"""A statement that takes longer is asked about: does it wait for somebody's lock?"""
LOCK_SECONDS = 5.0
"""Simulated: what session.LOCK_TIMEOUT is to the real database."""
IDLE_SECONDS = 30.0
"""Simulated: a transaction whose process stands still longer is ended by the server."""
MANY = 100
"""More connections than a world has in use: those beyond wait for the garbage collector."""


class Database:
    """What connections report to: it knows who waits, and draws what goes wrong."""

    def __init__(self, steps: Steps, monitor: psycopg.Connection[Any], faults: Any) -> None:
        self.steps, self.monitor, self.faults = steps, monitor, faults
        self.blocked: list[Task] = []
        self.seq = 0
        self.deadlocks: list[str] = []
        self.lock_waits = 0

    def waits(self, pid: int) -> list[int]:
        """The backends whose locks hold this one up."""
        row = self.monitor.execute("SELECT pg_blocking_pids(%s)", (pid,)).fetchone()
        return list(row[0]) if row else []

    def block(self, connection: "Connection", task: Task) -> None:
        """The task's statement waits for a lock: others go on until it is free, or five seconds are over."""
        self.lock_waits += 1
        self.steps.note("waits for a lock")
        task.blocked_by, task.ticket = connection, task.ticket + 1
        ticket, pid = task.ticket, connection.info.backend_pid
        self.blocked.append(task)
        _stop(pid)
        if self._in_a_circle(pid):
            self.deadlocks.append(self.steps.recent[-1])
            self.steps.note("deadlock")
            self.steps.after(0.0, lambda: self._give_up(task, ticket))
        else:
            self.steps.after(LOCK_SECONDS, lambda: self._give_up(task, ticket))
        try:
            self.steps.wait_for(task)
        finally:
            _go_on(pid)

    def released(self) -> None:
        """Somebody let go of locks: who waited for them goes on, one after the other."""
        for task in list(self.blocked):
            pid = task.blocked_by.info.backend_pid
            _go_on(pid)
            if self._still_waits(task):
                _stop(pid)
            else:
                self._free(task)

    def end_backend(self, connection: "Connection") -> None:
        """The server ends a connection, as an administrator or its own time limit does."""
        if connection.closed:
            return
        self.steps.note("the database ends a connection")
        pid = connection.info.backend_pid
        _go_on(pid)
        self.monitor.execute("SELECT pg_terminate_backend(%s, 5000)", (pid,))
        self.released()

    def _in_a_circle(self, pid: int) -> bool:
        seen: set[int] = set()
        ahead = self.waits(pid)
        while ahead:
            other = ahead.pop()
            if other == pid:
                return True
            if other not in seen:
                seen.add(other)
                ahead += self.waits(other)
        return False

    def _still_waits(self, task: Task) -> bool:
        connection = task.blocked_by
        while not connection.has_answer(1):
            if self.waits(connection.info.backend_pid):
                return True
        return False

    def _free(self, task: Task) -> None:
        self.blocked.remove(task)
        task.blocked_by = None
        self.steps.after(0.001, task)

    def _give_up(self, task: Task, ticket: int) -> None:
        if task.blocked_by is None or task.ticket != ticket:
            return
        pid = task.blocked_by.info.backend_pid
        _go_on(pid)
        if self._still_waits(task):  # whose lock came free since it was stopped is not cancelled any more
            self.steps.note(f"{task.name}'s statement is cancelled")
            self.monitor.execute("SELECT pg_cancel_backend(%s)", (pid,))
            while self._is_active(pid):
                pass
        self._free(task)

    def _is_active(self, pid: int) -> bool:
        """Whether the server is still at the statement: it tells of an error before it lets the locks go."""
        asked = "SELECT state = 'active' FROM pg_stat_activity WHERE pid = %s"
        row = self.monitor.execute(asked, (pid,)).fetchone()
        return row is not None and bool(row[0])


def _stop(pid: int) -> None:
    """The backend whose statement waits stands still until it is its turn: of two that wait for one row,
    PostgreSQL wakes both, and which is quicker would make two worlds of one seed."""
    _signal(pid, signal.SIGSTOP)


def _go_on(pid: int) -> None:
    _signal(pid, signal.SIGCONT)


def _signal(pid: int, number: int) -> None:
    with suppress(ProcessLookupError):  # the server may have ended it
        os.kill(pid, number)


class Cursor(psycopg.Cursor[Any]):
    """Counts what a transaction writes; between any two statements another task may go on."""

    def execute(self, query: Any, *args: Any, **kwargs: Any) -> Any:
        """As psycopg's own."""
        world = Connection.world
        if world is None or world.steps.current is None:
            return super().execute(query, *args, **kwargs)
        task = world.steps.current
        task.connection = self.connection
        world.faults.statement(task, self.connection)
        answer = super().execute(query, *args, **kwargs)
        if str(query)[:6].upper() in {"INSERT", "UPDATE", "DELETE"} and self.rowcount > 0:
            task.writes += self.rowcount
        return answer


class Connection(psycopg.Connection[Any]):
    """psycopg's own, watched."""

    world: "Database | None" = None
    made: ClassVar[WeakSet["Connection"]] = WeakSet()
    """All of a world that somebody holds: who was out of the pool when it was emptied is in none any more."""

    @classmethod
    def connect(cls, *args: Any, **kwargs: Any) -> Any:
        """With cursors that are watched too."""
        kwargs.pop("cursor_factory", None)
        if len(cls.made) > MANY:
            gc.collect()
        connection = super().connect(*args, cursor_factory=Cursor, **kwargs)
        cls.made.add(connection)
        return connection

    def __del__(self) -> None:
        """Nobody holds it any more: it ends, and psycopg need not warn of it."""
        self.pgconn.finish()

    def commit(self) -> None:
        """A step before, a step after, and an answer that may be lost."""
        world = self.world
        if world is None or world.steps.current is None:
            super().commit()
            return
        task = world.steps.current
        world.faults.before_commit(task, self)
        super().commit()
        world.seq += 1
        task.last_seq = world.seq
        task.commits += 1
        hooks, task.on_commit = task.on_commit, []
        for hook in hooks:
            hook(world.seq)
        world.released()
        world.faults.after_commit(task, self)

    def rollback(self) -> None:
        """Then whoever waited goes on."""
        try:
            super().rollback()
        finally:
            if self.world is not None:
                if self.world.steps.current is not None:
                    self.world.steps.current.on_commit = []
                self.world.released()

    def close(self) -> None:
        """Likewise."""
        super().close()
        if self.world is not None:
            self.world.released()

    def has_answer(self, milliseconds: int) -> bool:
        """Whether the server has said something."""
        poll = select.poll()
        poll.register(self.pgconn.socket, select.POLLIN)
        return bool(poll.poll(milliseconds))

    def wait(self, gen: Any, interval: float = 0.1, timeout: float | None = None) -> Any:
        """Drive one exchange with the server; where it waits for a lock, others go on."""
        world = self.world
        task = world.steps.current if world is not None else None
        if world is None or task is None:
            return super().wait(gen, interval, timeout)
        return self._driven(gen, world, task)

    def _driven(self, gen: Any, world: "Database", task: Task) -> Any:
        poll = select.poll()
        asked = 0
        try:
            state = next(gen)
            while True:
                asked = asked if asked == state else self._registered(poll, state)
                events = poll.poll(MOMENT_MS)
                if not events:
                    if state == psycopg.waiting.Wait.R and world.waits(self.info.backend_pid):
                        world.block(self, task)
                    continue
                state = gen.send(_ready(events[0][1], state))
        except StopIteration as end:
            return end.value

    def _registered(self, poll: Any, state: int) -> int:
        wanted = (select.POLLIN if state & 1 else 0) | (select.POLLOUT if state & 2 else 0)
        poll.register(self.pgconn.socket, wanted)
        return state


def _ready(events: int, state: int) -> int:
    ready = 0
    if state & 1 and events & ~select.POLLOUT:
        ready |= 1
    if state & 2 and events & ~select.POLLIN:
        ready |= 2
    return ready


def scheduled_end(world: Database, connection: Connection, seconds: float) -> None:
    """A transaction that stands still for `seconds`: the server ends it when its time is over."""
    if seconds > IDLE_SECONDS and connection is not None and not connection.closed:
        status = connection.info.transaction_status
        if status != psycopg.pq.TransactionStatus.IDLE:
            world.steps.after(IDLE_SECONDS, _end(world, connection))


def _end(world: Database, connection: Connection) -> Callable[[], None]:
    return lambda: world.end_backend(connection)


def is_expected(error: BaseException) -> bool:
    """Whether it is one of the simulated accidents, and no defect."""
    if isinstance(error, Crash):
        return True
    if isinstance(error, DBAPIError):
        error = error.orig or error
    return isinstance(error, psycopg.OperationalError)


def raise_defect(task: Task) -> None:
    """For the end of a task: what no simulated accident explains ends the world."""
    if task.error is not None and not is_expected(task.error):
        raise task.error
