"""A few worlds as part of every run of the tests; `make simulate` runs thousands."""

import os

import pytest

from tests.cluster import Server
from tests.simulation.runs import Result, run

OPS = 120
SEEDS = (1, 3)


def simulated(server: Server, seed: int, ops: int = OPS) -> Result:
    """The seed's world in a database that is this worker's alone."""
    return run(seed, ops, server, f"simulation_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}")


@pytest.mark.parametrize("seed", SEEDS)
def test_every_promise_holds_whatever_goes_wrong(server: Server, seed: int):
    result = simulated(server, seed)
    assert not result.failed, "\n".join([*result.broken, *result.last])
    assert result.counts["operations"] >= OPS
    assert result.identity["accepted"] == sum(
        count for name, count in result.identity.items() if name != "accepted"
    )
    assert result.statuses["published"] > 0


def test_a_seed_is_the_same_world_each_time(server: Server):
    first, second, other = (simulated(server, seed, 40) for seed in (4, 4, 5))
    assert first.trace == second.trace
    assert first.trace != other.trace
