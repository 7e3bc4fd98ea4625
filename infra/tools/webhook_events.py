"""docs/webhooks.md's table of events, out of domain.events; `--check` fails where they differ."""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from lamplighter.domain.events import CATALOGUE, GONE, RESOURCES, SNAPSHOTS

PAGE = Path(__file__).parents[2] / "docs" / "webhooks.md"
BEGIN, END = "<!-- events: make webhook-events -->", "<!-- events end -->"


def main() -> int:
    """0 when the page says what the catalogue says, or was made to."""
    parser = argparse.ArgumentParser(prog="python -m infra.tools.webhook_events", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    wanted = updated(page := PAGE.read_text())
    if wanted == page:
        return 0
    if check:
        print("docs/webhooks.md is out of date: make webhook-events", file=sys.stderr)
        return 1
    PAGE.write_text(wanted)
    return 0


def updated(page: str) -> str:
    """The page with its table as it should be; everything else stays."""
    head, rest = page.split(BEGIN)
    return "\n".join((f"{head}{BEGIN}", *table(), f"{END}{rest.split(END)[1]}"))


def table() -> Iterator[str]:
    """A row a type: what it tells, and what stands in its data."""
    yield "| type | when | in `data` | version |"
    yield "|---|---|---|---|"
    for name, kind in CATALOGUE.items():
        snapshot = [kind.kind] if kind.kind in SNAPSHOTS and name not in GONE else []
        fields = ", ".join(f"`{each}`" for each in (RESOURCES[kind.kind], *kind.fields, *snapshot))
        yield f"| `{name}` | {kind.description} | {fields} | {kind.version} |"


if __name__ == "__main__":
    sys.exit(main())
