"""Promise 3: a worker that stands still past its lease, and then wakes: what it writes changes nothing."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from lamplighter.postgres.session import move_clock
from tests.integration.promises.following import ledger, message_of, outstanding, to_the_end
from tests.integration.promises.networks import CUT, Network
from tests.integration.promises.scenarios import ONE_ROUND, TO_THE_END
from tests.integration.promises.stage import Stage
from tests.integration.promises.victims import Victims
from tests.integration.publishing.conftest import Desk

IDLE_SECONDS = 1.5
"""After so long the database gives up a transaction that stands still (see play.py)."""
STEPS = ["commit", "Decrypt", "commit", "POST /sandbox/api/posts", "commit"]
"""What a worker does with a plain post, in order."""


@pytest.mark.parametrize("number", range(1, len(STEPS) + 1), ids=lambda n: f"before {n}, {STEPS[n - 1]}")
def test_who_wakes_after_the_lease_changes_nothing(  # noqa: PLR0917  # fixtures
    number: int, stage: Stage, desk: Desk, network: Network, victims: Victims, tmp_path: Path
):
    names = stage.drafted()
    made = desk.publication(names["connection"], content_id=names["content"]).json
    row = {"connection": names["connection"], "publication": made["id"]}
    order = stage.order(row, [TO_THE_END], (number, "stop")) | {"pid": str(tmp_path / "pid")}
    with ThreadPoolExecutor(1) as threads:
        playing = threads.submit(victims.play, order)
        sleeper = stopped(tmp_path / "pid")
        try:
            time.sleep(IDLE_SECONDS)
            others = to_the_end(desk)  # another worker, once the lease is over
            before = ledger(desk)
        finally:
            os.kill(sleeper, signal.SIGCONT)
        end: Any = playing.result()
    assert end.killed_by == 0
    move_clock(others)
    to_the_end(desk)
    assert len(network.accepted) == 1
    assert desk.read(made)["status"] == "published"
    assert ledger(desk) == before
    assert [status for status, _ in before].count("published") == 1


def test_who_wakes_while_another_looks_for_the_post_sends_nothing(
    stage: Stage, victims: Victims, tmp_path: Path, connectors_clock: None
):
    stage.platform = "linkedin"  # which would take it twice
    desk, network = stage.desk, stage.network
    names = stage.drafted()
    made = desk.publication(names["connection"], content_id=names["content"]).json
    row = {"connection": names["connection"], "publication": made["id"]}
    order = stage.order(row, [ONE_ROUND], (STEPS.index("Decrypt") + 1, "stop")) | {
        "pid": str(tmp_path / "pid")
    }
    with ThreadPoolExecutor(1) as threads:
        playing = threads.submit(victims.play, order)
        sleeper = stopped(tmp_path / "pid")
        try:
            network.losses.append(CUT)
            move_clock(timedelta(minutes=3))
            desk.work([message_of(row) for row in outstanding(desk)])
            assert ledger(desk)[-1] == ("unknown", False)
        finally:
            os.kill(sleeper, signal.SIGCONT)
        playing.result()
    assert len(network.accepted) == 1
    to_the_end(desk)
    assert len(network.accepted) == 1
    assert desk.read(made)["status"] == "published"


def stopped(pid_file: Path) -> int:
    """The process that wrote its number there, once it stands still."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        pid = pid_file.read_text() if pid_file.exists() else ""
        if pid and Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return int(pid)
        time.sleep(0.01)
    raise TimeoutError
