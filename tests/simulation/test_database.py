"""What the simulated world adds to the real database: an order in which those who wait for a lock go on."""

import os
from collections.abc import Iterator
from random import Random

import psycopg
import pytest

from tests.cluster import Server
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
