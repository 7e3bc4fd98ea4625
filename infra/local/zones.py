"""The local stack's time zones: what `make zones` brought, until then those of the locked tzdata package."""

from importlib import resources
from pathlib import Path

PACKAGE = Path(str(resources.files("tzdata"))) / "zoneinfo"


def link(directory: Path) -> Path:
    """`.local/zoneinfo`, a link to the folder of compiled zones in use; made where it is missing."""
    found = directory / "zoneinfo"
    if not found.exists():
        point(directory, PACKAGE)
    return found


def point(directory: Path, folder: Path) -> None:
    """Use this folder from now on; at no moment there is none."""
    unfinished = directory / "zoneinfo.new"
    unfinished.unlink(missing_ok=True)
    unfinished.symlink_to(folder.absolute(), target_is_directory=True)
    unfinished.replace(directory / "zoneinfo")
