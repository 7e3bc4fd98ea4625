"""What a cold start imports: each function's handler in a fresh interpreter, and what else it could cost.

`eager`: boto3, stripe and clickhouse_connect imported beside the handler. `no .pyc`: all of it compiled anew,
as where the build forgot to. Python's imports only: Lambda adds its sandbox and the layer's download.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local import template as templates
from tests.benchmarks._harness import ROOT, console, progress, report, table

ROUNDS = 5
SLOW_ROUNDS = 3
COMPARED = "content"
HEAVY = ("stripe", "clickhouse_connect", "boto3")
SHOWN_PACKAGES = 8
_PROGRAM = """
import sys, time
began = time.perf_counter()
for name in sys.argv[1:]:
    __import__(name)
took = time.perf_counter() - began
import json
print(json.dumps([took * 1000, len(sys.modules), sorted({name.partition(".")[0] for name in sys.modules})]))
"""


@dataclass(frozen=True, slots=True)
class Start:
    """One fresh interpreter's imports."""

    milliseconds: float
    modules: int
    packages: frozenset[str]


def main() -> None:
    functions = templates.load(ROOT / "template.yaml").functions()
    http = {function.name for function in functions if function.routes}
    names = sorted(function.name for function in functions)
    plans: dict[str, list[str]] = {name: [f"functions.{name}.handler"] for name in names}
    plans["eager"] = [*HEAVY, f"functions.{COMPARED}.handler"]
    starts: dict[str, list[Start]] = {name: [] for name in plans}
    with tempfile.TemporaryDirectory() as compiled, tempfile.TemporaryDirectory() as empty:
        # Folders of their own: whether the checkout has .pyc files, or may have any, plays no part.
        lean = {"PYTHONPYCACHEPREFIX": compiled, "PYTHONDONTWRITEBYTECODE": ""}
        uncompiled = {"PYTHONPYCACHEPREFIX": empty, "PYTHONDONTWRITEBYTECODE": "1"}
        for name in progress([*plans], "compiling"):
            _started(plans[name], lean)
        for name in progress([*plans] * ROUNDS, "fresh interpreters"):
            starts[name].append(_started(plans[name], lean))
        slow = [_started(plans[COMPARED], uncompiled) for _ in progress(range(SLOW_ROUNDS), "without .pyc")]
        spent = _by_package(COMPARED, lean)
    for name in http:
        assert not starts[name][0].packages.intersection(HEAVY), f"{name} loads one of {HEAVY}"
    median = {
        name: statistics.median(start.milliseconds for start in found) for name, found in starts.items()
    }
    median["no .pyc"] = statistics.median(start.milliseconds for start in slow)
    _show(median, starts, http, spent)


def _show(
    median: Mapping[str, float], starts: Mapping[str, list[Start]], http: set[str], spent: Mapping[str, float]
) -> None:
    lean = median[COMPARED]
    rows = []
    for name, took in median.items():
        first = starts.get(name, [None])[0]
        loads = ", ".join(heavy for heavy in HEAVY if first and heavy in first.packages)
        kind = "HTTP" if name in http else ""
        rows.append(
            (name, kind, f"{took:.0f}", f"{took / lean:.2f}", str(first.modules) if first else "", loads)
        )
    table("Imports of a cold start", ("", "", "ms", f"x {COMPARED}", "modules", "heavy"), rows)
    console.print(f"{COMPARED}, ms by package:", ", ".join(f"{name} {ms:.0f}" for name, ms in spent.items()))
    ratio = lean / median["eager"]
    console.print(f"lean / eager {ratio:.2f}")
    figures = {
        "milliseconds": dict(median),
        "lean_by_eager": ratio,
        "modules": {name: found[0].modules for name, found in starts.items()},
        "heavy": {name: sorted(found[0].packages.intersection(HEAVY)) for name, found in starts.items()},
        f"milliseconds_by_package_of_{COMPARED}": dict(spent),
    }
    report("imports", figures)


def _started(modules: list[str], more: Mapping[str, str]) -> Start:
    took, count, packages = json.loads(_python(["-c", _PROGRAM, *modules], more).stdout)
    return Start(took, count, frozenset(packages))


def _by_package(function: str, more: Mapping[str, str]) -> dict[str, float]:
    """Self time of the modules, summed by package, as `-X importtime` tells it (its own cost included)."""
    program = f"import functions.{function}.handler"
    lines = _python(["-X", "importtime", "-c", program], more).stderr.splitlines()
    spent: Counter[str] = Counter()
    for line in lines:
        own, _, name = (part.strip() for part in line.removeprefix("import time:").split("|"))
        if own.isdigit():
            package = name.partition(".")[0].lstrip("_")
            spent["standard library" if package in sys.stdlib_module_names else package] += int(own)
    return {name: micros / 1000 for name, micros in spent.most_common(SHOWN_PACKAGES)}


def _python(arguments: list[str], more: Mapping[str, str]) -> Any:
    path = os.pathsep.join((str(ROOT), str(ROOT / "shared")))
    env = {**os.environ, "PYTHONPATH": path, **more}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True)


if __name__ == "__main__":
    main()
