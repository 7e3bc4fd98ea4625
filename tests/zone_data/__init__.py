"""Compiled zones of two times (README.md), and a way to be in either."""

import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lamplighter.services import zones

BEFORE, AFTER = (Path(__file__).parent / name for name in ("before", "after"))


@contextmanager
def using(folder: Path) -> Iterator[None]:
    """This process has the zones of one folder, as a sandbox has those of its layer."""
    stood = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([str(folder)])
    zones.forget()
    try:
        yield
    finally:
        zoneinfo.reset_tzpath(stood)
        zones.forget()
