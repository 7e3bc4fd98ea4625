"""`make zones`: other time zone data for the local stack or a deployed one, without a change of code."""

import argparse
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from infra.local import zones as local
from infra.local.children import ROOT
from infra.local.rezoning import rezoned
from infra.tools import zone_layer
from infra.tools.zone_changes import Change, changes, gone
from infra.tools.zone_stack import Deployed

DIRECTORY = ROOT / ".local"


def main(arguments: Sequence[str] | None = None) -> None:
    """Say what would change, use it, and move what has not been sent yet."""
    wanted = _wanted(arguments)
    with TemporaryDirectory() as folder:
        new = zone_layer.fetched(wanted.wheel or wanted.version, Path(folder, "new"))
        scratch = Path(folder, "old")
        if wanted.publish:
            _publish(Deployed(wanted.publish), new, wanted.since, scratch)
        else:
            _bring(new, wanted.since, scratch)


def _wanted(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="zones", description=__doc__)
    source = parser.add_mutually_exclusive_group()
    source.add_argument("--version", default="", help="a release, 2026a or 2026.1; the newest unless given")
    source.add_argument("--from", dest="wheel", default="", help="a wheel of the tzdata package, on disk")
    parser.add_argument("--publish", metavar="STACK", help="the deployed stack instead of the local one")
    parser.add_argument(
        "--since", default="", help="a release, or a wheel, to compare with instead of the one in use"
    )
    return parser.parse_args(arguments)


def _publish(stack: Deployed, new: Path, since: str, scratch: Path) -> None:
    """Killed anywhere, the next run goes on: a layer that is there is taken, and of one that is in use its
    own description says what it took the place of."""
    release, stands = zone_layer.release(new), stack.release()
    before = since or (stack.former() if stands == release else stands)
    if before is None:
        print(f"{stack.stack} has {release} already")
        return
    old = zone_layer.fetched(before, scratch)
    found = _told(old, new)
    if stands != release:
        stack.use(stack.published(zone_layer.zipped(new), release, zone_layer.release(old)))
        print(f"{stack.stack}: every function has {release}; waiting for what began before")
        stack.settle()
    _moved(stack.rezone([change.zone for change in found], release) if found else {})


def _bring(new: Path, since: str, scratch: Path) -> None:
    release, link = zone_layer.release(new), local.link(DIRECTORY)
    found = _told(zone_layer.fetched(since, scratch) if since else link.resolve(), new)
    if zone_layer.release(link) != release:
        kept = DIRECTORY / "zones" / release
        zone_layer.laid_out(new, kept)
        local.point(DIRECTORY, kept)
    _moved(rezoned([change.zone for change in found], link) if found else {})


def _told(old: Path, new: Path) -> list[Change]:
    """Print what differs; refuse data that lack a name which rules may use."""
    lost = gone(old, new)
    if lost:
        sys.exit(f"{zone_layer.release(new)} has no {', '.join(lost)}: recurring posts may use them")
    found = changes(old, new, datetime.now(UTC))
    print(
        f"{zone_layer.release(old)} -> {zone_layer.release(new)}: {len(found)} zones change within ten years"
    )
    for change in found:
        print(f"  {change.zone:34}from {change.since:%Y-%m-%d %H:%M} UTC")
    return found


def _moved(counts: Mapping[str, int]) -> None:
    words = ", ".join(f"{count} {name}" for name, count in counts.items()) or "none to move"
    print(f"recurring posts: {words}")
    if counts.get("failed"):
        sys.exit("Some failed, its log says why: run this again with --since and the former release")


if __name__ == "__main__":
    main()
