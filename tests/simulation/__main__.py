"""`python -m tests.simulation`: one seed told step by step, or many over several processes, resumable."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from tests.cluster import Server
from tests.simulation import report
from tests.simulation.runs import run
from tests.simulation.server import own_server
from tests.simulation.world import World

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / ".local/simulation"
GLANCE_SECONDS = 2.0
TERMINATED = 143
SERVER = "SIMULATION_SERVER"
"""The variable by which a shard is told of the server."""


def main() -> int:
    """The command; 1 where a promise was broken."""
    given = _arguments()
    FOLDER.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))  # what was started is ended then, too
    if given.results:
        return _work(given)
    if given.seed is not None:
        return _replay(given)
    return _conduct(given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one again")
    parser.add_argument("--seeds", type=int, default=20, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--ops", type=int, default=1000, help="operations of each")
    parser.add_argument("--shards", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    parser.add_argument("--steps", action="store_true", help="with --seed: print every step")
    parser.add_argument("--results", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--shard", type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def _replay(given: argparse.Namespace) -> int:
    world = World(given.seed, given.ops)
    if given.steps:
        world.steps.watch = print
    with own_server(FOLDER) as server:
        result = run(given.seed, given.ops, server, "replay", world)
    print(report.of_one(result))
    return int(result.failed)


def _conduct(given: argparse.Namespace) -> int:
    """Start the shards, show how far they are, tell what they found."""
    name = f"{given.ops}-{_code()}"
    given.results = FOLDER / f"results-{name}.jsonl"
    wanted = set(range(given.first, given.first + given.seeds))
    with own_server(FOLDER) as server:
        shards = [_shard(given, server, number) for number in range(given.shards)]
        try:
            _show(given, wanted, shards)
        finally:
            for shard in shards:
                shard.terminate()
                shard.wait()
            found = [result for result in _read(given.results) if result["seed"] in wanted]
            text, picture = report.of_many(found, given.ops)
            (FOLDER / f"report-{name}.md").write_text(text)
            (FOLDER / f"lateness-{name}.svg").write_text(picture)
            print(text)
    return int(len(found) < len(wanted) or any(result["broken"] for result in found))


def _code() -> str:
    """What the results are results of: other code begins anew."""
    digest = sha256()
    for folder in ("shared/lamplighter", "functions", "tests/simulation"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:8]


def _shard(given: argparse.Namespace, server: Server, number: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.simulation", "--results", str(given.results)]
    command += ["--shard", str(number), "--shards", str(given.shards), "--ops", str(given.ops)]
    command += ["--first", str(given.first), "--seeds", str(given.seeds)]
    return subprocess.Popen(command, env={**os.environ, SERVER: json.dumps(asdict(server))})


def _work(given: argparse.Namespace) -> int:
    """One shard: every so-many-th seed that has no result yet."""
    os.nice(10)
    # At once, and without a verdict: its database goes with the server.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(TERMINATED))
    server = Server(**json.loads(os.environ[SERVER]))
    done = {result["seed"] for result in _read(given.results)}
    for seed in range(given.first + given.shard, given.first + given.seeds, given.shards):
        if seed not in done:
            result = run(seed, given.ops, server, f"shard_{given.shard}")
            with given.results.open("a") as file:
                file.write(json.dumps(result.as_json()) + "\n")
    return 0


def _show(given: argparse.Namespace, wanted: set[int], shards: list[subprocess.Popen[bytes]]) -> None:
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True), speed_estimate_period=3600) as progress:
        before = sum(result["seed"] in wanted for result in _read(given.results))
        bar, began, told = (
            progress.add_task("", total=len(wanted), completed=before),
            time.monotonic(),
            set[int](),
        )
        while True:
            over = all(shard.poll() is not None for shard in shards)
            found = [result for result in _read(given.results) if result["seed"] in wanted]
            rate = (len(found) - before) * 3600 / max(1.0, time.monotonic() - began)
            broken = [result for result in found if result["broken"]]
            words = f"{rate:.0f} seeds/h, {len(broken)} broken"
            progress.update(bar, completed=len(found), description=words)
            for result in broken:
                if result["seed"] not in told:
                    told.add(result["seed"])
                    progress.console.print(report.of_failure(result), markup=False, highlight=False)
            if over:
                return
            time.sleep(GLANCE_SECONDS)


def _read(results: Path) -> list[dict[str, Any]]:
    """All but a line that a shard is just writing."""
    if not results.exists():
        return []
    lines = results.read_text().splitlines(keepends=True)
    return [json.loads(line) for line in lines if line.endswith("\n")]


if __name__ == "__main__":
    sys.exit(main())
