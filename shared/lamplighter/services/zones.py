"""Time zones by their IANA names, out of the data that is updated without the code."""

import re
import zoneinfo
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

from lamplighter.problems import invalid

_INDEX = "tzdata.zi"
"""The data's own source, which lies beside the compiled zones: its release, and every zone and link."""
_NAMES = re.compile(r"^(?:Z|L \S+) (\S+)", re.MULTILINE)
_RELEASE = re.compile(r"# version (\S+)")
_NO_PLACE = frozenset({"Factory"})
"""What the data has for machines on which nobody has chosen a zone."""


def zone(name: str, pointer: str = "/timezone") -> ZoneInfo:
    """The zone or link of exactly this name in the data in use; else invalid, at `pointer`.

    Names are compared with the data's list, so that none leads to another file of the machine: 'localtime',
    'posix/UTC' and paths are unknown. A sandbox keeps a zone that it has read for as long as it lives; new
    data come as a new layer, and that starts new sandboxes.
    """
    if name not in names():
        detail = "There is no such time zone: give an IANA name such as Europe/Berlin, in its exact spelling."
        raise invalid(pointer, "unknown_timezone", detail)
    return ZoneInfo(name)


def version() -> str:
    """The release of the data in use, such as 2026a."""
    found = _RELEASE.match(_index())
    return found[1] if found else "unknown"


@cache
def names() -> frozenset[str]:
    """Every zone and link of the data in use."""
    return frozenset(_NAMES.findall(_index())) - _NO_PLACE


def forget() -> None:
    """Read the data anew when they are needed next (tests)."""
    names.cache_clear()
    _index.cache_clear()
    ZoneInfo.clear_cache()


@cache
def _index() -> str:
    """Out of the first folder that has one, where zoneinfo looks for zones first: PYTHONTZPATH, then the
    system's, and last the tzdata package."""
    for folder in zoneinfo.TZPATH:  # looked up each time: it may have been set anew
        path = Path(folder, _INDEX)
        if path.is_file():
            return path.read_text()
    return resources.files("tzdata").joinpath("zoneinfo", _INDEX).read_text()
