"""A track to race on."""

import os
import random

import pytest

from tests.integration.people.conftest import office
from tests.integration.promises.conftest import network
from tests.integration.promises.networks import Network
from tests.integration.publishing.conftest import Desk, desk
from tests.integration.races.duels import Racetrack

__all__ = ["desk", "network", "office"]


@pytest.fixture
def races() -> int:
    """How many races are run."""
    return int(os.environ.get("RACES", "50"))


@pytest.fixture
def track(desk: Desk, network: Network) -> Racetrack:
    seed = int(os.environ.get("RACE_SEED", "1"))
    return Racetrack(desk, network, random.Random(seed), desk.connection())  # noqa: S311  # no secret
