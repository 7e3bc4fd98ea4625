"""What the simulated world adds to the real database: an order in which those who wait for a lock go on."""

import os
from collections.abc import Iterator
from random import Random
from time import sleep
from typing import Any

import psycopg
import pytest

from tests.cluster import Server
from tests.simulation import database
from tests.simulation.database import Connection, Database
from tests.simulation.steps import Steps, Task, replaced
from tests.simulation.weather import Climate, Faults

CALM = Climate(**dict.fromkeys(Climate.__slots__, 0.0))
WAITERS = 4
ROUNDS = 25


@pytest.fixture
def url(server: Server) -> Iterator[str]:
    name = f"simulation_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    server.drop(name)
    server.create(name)
    yield server.url(name)
    server.drop(name)


def test_those_who_wait_for_one_row_go_on_in_the_order_in_which_they_came(url: str):
    steps = Steps()
    with psycopg.connect(url, autocommit=True) as monitor:
        world = Database(steps, monitor, Faults(steps, Random(1), CALM))
        monitor.execute("CREATE TABLE lamps (id int PRIMARY KEY, lit int)")
        monitor.execute("INSERT INTO lamps VALUES (1, 0)")
        with replaced((Connection, "world", world)):
            connections = [Connection.connect(url) for _ in range(WAITERS + 1)]
            orders = [order_of(steps, connections) for _ in range(ROUNDS)]
            for connection in connections:
                connection.close()
    assert world.lock_waits >= ROUNDS * WAITERS
    assert orders == [list(range(WAITERS + 1))] * ROUNDS


def order_of(steps: Steps, connections: list[Connection]) -> list[int]:
    """Who changed the row, one after the other, where the first keeps the others waiting."""
    order: list[int] = []

    def changes(number: int, connection: Connection) -> None:
        connection.execute("UPDATE lamps SET lit = lit + 1 WHERE id = 1")
        order.append(number)
        steps.pause(1.0)
        connection.commit()

    for number, connection in enumerate(connections):
        run = lambda number=number, connection=connection: changes(number, connection)  # noqa: E731
        steps.spawn(Task(f"task {number}", run), after=0.01 * number)
    while steps.tasks:
        steps.step()
    return order


def test_whose_lock_comes_free_in_the_moment_of_giving_up_gets_it(url: str):
    """Where the one who is waited for gives up just before: which of the two signals is quicker decides
    nothing."""
    steps = Steps()
    with psycopg.connect(url, autocommit=True) as monitor:
        world = Database(steps, monitor, Faults(steps, Random(1), CALM))
        monitor.execute("CREATE TABLE lamps (id int PRIMARY KEY, lit int)")
        monitor.execute("INSERT INTO lamps VALUES (1, 0), (2, 0)")
        with replaced((Connection, "world", world)):
            connections = [Connection.connect(url) for _ in range(3)]
            ends = [ends_of(steps, connections) for _ in range(ROUNDS)]
            for connection in connections:
                connection.close()
    assert ends == [{"holds": True, "waits": False, "waits for it": True}] * ROUNDS


def ends_of(steps: Steps, connections: list[Connection]) -> dict[str, bool]:
    """Who got what they wanted."""
    ends: dict[str, bool] = {}

    def changes(name: str, connection: Connection, *lamps: int) -> None:
        try:
            for lamp in lamps:
                connection.execute("UPDATE lamps SET lit = lit + 1 WHERE id = %s", [lamp])
            ends[name] = True
            steps.pause(10.0)
            connection.commit()
        except psycopg.errors.QueryCanceled:
            ends[name] = False
            connection.rollback()

    plans = {"holds": (1,), "waits": (2, 1), "waits for it": (2,)}
    for number, (name, lamps) in enumerate(plans.items()):
        run = lambda name=name, number=number, lamps=lamps: changes(name, connections[number], *lamps)  # noqa: E731
        steps.spawn(Task(name, run), after=0.0005 * number)
    while steps.tasks:
        steps.step()
    return ends


def test_what_nobody_holds_any_more_is_ended(url: str, monkeypatch: pytest.MonkeyPatch):
    """As of a pool that was replaced while they were out: the server has room for so many."""
    monkeypatch.setattr(database, "MANY", 3)
    with psycopg.connect(url, autocommit=True) as monitor:
        for _ in range(8):
            pool: dict[str, Any] = {"connection": Connection.connect(url)}
            pool["itself"] = pool
        pool["connection"].execute("SELECT 1")
        for _ in range(100):  # a process of the server's ends a moment after its connection
            if len(backends(monitor)) <= 4:
                break
            sleep(0.05)
        assert pool["connection"].info.backend_pid in backends(monitor)
        assert len(backends(monitor)) <= 4
        pool["connection"].close()


def backends(monitor: psycopg.Connection[Any]) -> set[int]:
    found = monitor.execute(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    return {pid for (pid,) in found}
