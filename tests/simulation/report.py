"""What the seeds came to, in words and in a picture."""

from collections import Counter
from collections.abc import Sequence
from html import escape
from typing import Any

from tests.simulation.runs import Result

BINS = (1, 2, 5, 10, 30, 60, 120, 300, 900, 3600)
BAR = 40


def of_one(result: Result) -> str:
    """A replayed seed."""
    head = f"seed {result.seed}, {result.ops} operations: trace {result.trace}, {result.steps} steps, "
    head += f"{result.simulated:.0f} simulated seconds in {result.seconds:.1f} s"
    words = [head, f"identity: {result.identity}", f"states: {result.statuses}", f"faults: {result.faults}"]
    if result.failed:
        words += ["", "BROKEN:", *result.broken, "", "last steps:", *result.last]
    else:
        words.append("every promise held")
    return "\n".join(words)


def of_failure(result: dict[str, Any]) -> str:
    """A failing seed, with the command that replays it."""
    lines = [f"seed {result['seed']} BROKEN: make simulate SEED={result['seed']} OPS={result['ops']}"]
    lines += [f"  {what}" for what in result["broken"]]
    lines += ["  last steps:", *(f"    {line}" for line in result["last"][-12:])]
    return "\n".join(lines)


def of_many(results: Sequence[dict[str, Any]], ops: int) -> tuple[str, str]:
    """Markdown, and an SVG of how late posts were."""
    broken = [result for result in results if result["broken"]]
    identity, counts = _sum(results, "identity"), _sum(results, "counts")
    late = sorted(seconds for result in results for seconds in result["lateness"])
    text = [
        f"# Simulation: {len(results)} seeds of {ops} operations",
        "",
        f"{len(broken)} of them broke a promise. {sum(r['seconds'] for r in results):.0f} s of work, "
        f"{sum(r['simulated'] for r in results) / 3600:.0f} simulated hours.",
        "",
        "## The identity",
        "",
        _equation(identity),
        "",
        *_table("How posts ended", _sum(results, "statuses")),
        *_table("Why", _sum(results, "codes")),
        *_table("What was counted", counts),
        *_table("What people did, and were answered", _sum(results, "told")),
        *_table("Faults", _sum(results, "faults")),
        "## How late posts were",
        "",
        "With every fault at work: outages, lost messages, dead workers. In seconds after they were due.",
        "",
        "```",
        *_histogram(late),
        "```",
    ]
    for result in broken:
        text += ["", f"## Seed {result['seed']}", "", "```", of_failure(result), "```"]
    return "\n".join(text) + "\n", _picture(late)


def _equation(identity: Counter[str]) -> str:
    names = ("published", "rejected", "unknown", "cancelled", "pending")
    right = " + ".join(f"{identity[name]} {name}" for name in names)
    same = identity["accepted"] == sum(identity[name] for name in names)
    return f"{identity['accepted']} accepted {'==' if same else '!='} {right}"


def _sum(results: Sequence[dict[str, Any]], name: str) -> Counter[str]:
    total: Counter[str] = Counter()
    for result in results:
        total.update(result[name])
    return total


def _table(title: str, counted: Counter[str]) -> list[str]:
    rows = [
        f"| {name} | {count} |" for name, count in sorted(counted.items(), key=lambda row: (-row[1], row[0]))
    ]
    return [f"## {title}", "", "| | |", "|---|---:|", *rows, ""]


def _binned(late: Sequence[float]) -> list[tuple[str, int]]:
    edges = [0, *BINS, float("inf")]
    names = [f"< {edge} s" for edge in BINS] + [f">= {BINS[-1]} s"]
    return [
        (name, sum(low <= seconds < high for seconds in late))
        for name, low, high in zip(names, edges, edges[1:], strict=False)
    ]


def _histogram(late: Sequence[float]) -> list[str]:
    binned = _binned(late)
    most = max((count for _, count in binned), default=0) or 1
    return [f"{name:>9} {count:8} {'#' * round(BAR * count / most)}" for name, count in binned]


def _picture(late: Sequence[float]) -> str:
    binned = _binned(late)
    most = max((count for _, count in binned), default=0) or 1
    bars = []
    for index, (name, count) in enumerate(binned):
        y, width = 20 + index * 24, round(420 * count / most)
        bars.append(
            f'<text x="78" y="{y + 13}" text-anchor="end">{escape(name)}</text>'
            f'<rect x="86" y="{y}" width="{width}" height="18" fill="#d9822b"/>'
            f'<text x="{92 + width}" y="{y + 13}">{count}</text>'
        )
    height = 30 + len(binned) * 24
    style = 'font-family="sans-serif" font-size="12"'
    space = "http://www.w3.org/2000/svg"
    return f'<svg xmlns="{space}" width="600" height="{height}" {style}>{"".join(bars)}</svg>\n'
