"""`python -m tests.simulation`: one seed told step by step, or many over several processes, resumable."""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

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

FOLDER = Path(__file__).resolve().parents[2] / ".local/simulation"
GLANCE_SECONDS = 0.5


def main() -> int:
    """The command; 1 where a promise was broken."""
    given = _arguments()
    FOLDER.mkdir(parents=True, exist_ok=True)
    if given.worker:
        return _work(given)
    if given.seed is not None:
        return _replay(given)
    return _conduct(given)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this one and tell its steps")
    parser.add_argument("--seeds", type=int, default=20, help="how many, from --first on")
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--ops", type=int, default=1000, help="operations of each")
    parser.add_argument("--shards", type=int, default=max(1, (os.cpu_count() or 2) // 2))
    parser.add_argument("--steps", action="store_true", help="with --seed: print every step")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
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
    results = FOLDER / f"results-{given.ops}.jsonl"
    wanted = set(range(given.first, given.first + given.seeds))
    with own_server(FOLDER) as server:
        shards = [_shard(given, server, number, results) for number in range(given.shards)]
        try:
            _show(given, wanted, results, shards)
        finally:
            for shard in shards:
                shard.terminate()
                shard.wait()
    found = [result for result in _read(results) if result["seed"] in wanted]
    text, picture = report.of_many(found, given.ops)
    (FOLDER / f"report-{given.ops}.md").write_text(text)
    (FOLDER / f"lateness-{given.ops}.svg").write_text(picture)
    print(text)
    crashed = any(shard.returncode not in (0, -15) for shard in shards)
    return int(crashed or len(found) < len(wanted) or any(result["broken"] for result in found))


def _shard(given: argparse.Namespace, server: Server, number: int, results: Path) -> subprocess.Popen[bytes]:
    command = [
        sys.executable,
        "-m",
        "tests.simulation",
        "--worker",
        json.dumps([server.port, server.superuser_password]),
    ]
    command += ["--shard", str(number), "--shards", str(given.shards), "--ops", str(given.ops)]
    command += ["--first", str(given.first), "--seeds", str(given.seeds)]
    return subprocess.Popen(command)


def _work(given: argparse.Namespace) -> int:
    """One shard: every so-many-th seed that has no result yet."""
    os.nice(10)
    server = Server(*json.loads(given.worker))
    results = FOLDER / f"results-{given.ops}.jsonl"
    done = {result["seed"] for result in _read(results)}
    for seed in range(given.first + given.shard, given.first + given.seeds, given.shards):
        if seed not in done:
            result = run(seed, given.ops, server, f"shard_{given.shard}")
            with results.open("a") as file:
                file.write(json.dumps(result.as_json()) + "\n")
    return 0


def _show(given: argparse.Namespace, wanted: set[int], results: Path, shards: list[Any]) -> None:
    columns = (
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as progress:
        before = len(wanted & {result["seed"] for result in _read(results)})
        bar, began, told = (
            progress.add_task("", total=len(wanted), completed=before),
            time.monotonic(),
            set[int](),
        )
        while any(shard.poll() is None for shard in shards):
            found = [result for result in _read(results) if result["seed"] in wanted]
            rate = (len(found) - before) * 3600 / max(1.0, time.monotonic() - began)
            broken = [result for result in found if result["broken"]]
            progress.update(
                bar, completed=len(found), description=f"{rate:.0f} seeds/h, {len(broken)} broken"
            )
            for result in broken:
                if result["seed"] not in told:
                    told.add(result["seed"])
                    progress.console.print(report.of_failure(result), markup=False, highlight=False)
            time.sleep(GLANCE_SECONDS * 4)


def _read(results: Path) -> Iterator[dict[str, Any]]:
    if results.exists():
        with _whole_lines(results) as lines:
            for line in lines:
                yield json.loads(line)


@contextmanager
def _whole_lines(path: Path) -> Iterator[Iterator[str]]:
    """A shard may be writing the last one."""
    file: IO[str]
    with path.open() as file:
        yield (line for line in file if line.endswith("\n"))


if __name__ == "__main__":
    sys.exit(main())
