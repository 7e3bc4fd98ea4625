"""The oracle can say no: with one protection removed, the simulation finds what it protected from."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from lamplighter.domain import history
from lamplighter.postgres.queries import dispatches
from lamplighter.services import due, ledger, publishing
from tests.cluster import Server
from tests.simulation import world
from tests.simulation.runs import run
from tests.simulation.weather import Climate

STORMY = Climate(
    crash=0.05,
    freeze=0.03,
    switch=0.1,
    kill=0.001,
    lost_answer=0.01,
    call=0.4,
    queue_loss=0.1,
    queue_copies=0.5,
    queue_delay=0.2,
    missed_tick=0.2,
    disaster=0.0,
)


def always(answer: Any) -> Callable[..., Any]:
    return lambda *_arguments, **_more: answer


REMOVED = {
    "an unknown outcome is looked into": (history, "may_have_posted", always(False), "DUPLICATE|has failed"),
    "sending is committed before the call": (
        ledger,
        "mark_sending",
        always(None),
        "DUPLICATE|on the network|when it was armed",
    ),
    "the fence is asked for": (dispatches, "is_held", always(True), "stale|fence|DUPLICATE"),
    "it is asked again whether it may go": (publishing, "_obstacle", always(None), "without an approval"),
    "a tick brings back what was lost": (due, "claim", always([]), "come to rest"),
}
"""A protection: where it is, what it becomes, and what must be found then."""


@pytest.mark.parametrize("protection", REMOVED)
def test_without_a_protection_the_simulation_finds_what_breaks(
    server: Server, monkeypatch: pytest.MonkeyPatch, protection: str
):
    owner, name, instead, found = REMOVED[protection]
    monkeypatch.setattr(owner, name, instead)
    monkeypatch.setattr(Climate, "drawn", classmethod(lambda cls, _random: STORMY))
    monkeypatch.setattr(world, "LONGEST_SECONDS", 12 * 3600.0)
    database = f"simulation_{os.environ.get('PYTEST_XDIST_WORKER', 'main')}"
    broken: list[str] = []
    for seed in range(1, 6):
        broken += run(seed, 120, server, database).broken
        if any(word in what for what in broken for word in found.split("|")):
            return
    pytest.fail(f"nothing was found but {broken}")
