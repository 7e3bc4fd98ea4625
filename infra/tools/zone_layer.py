"""A release of the time zone data as a layer: fetched, laid out, zipped."""

import io
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from infra.tools.requirements import UV

INDEX = "tzdata.zi"
"""Names the release and every zone; lamplighter.services.zones reads it."""
FOLDER = "zoneinfo"
"""The layer's, which PYTHONTZPATH names: /opt/zoneinfo."""
_IANA = re.compile(r"(\d{4})([a-z])")


def fetched(wanted: str, into: Path) -> Path:
    """The compiled zones of a `tzdata` wheel, laid out in `into`: `wanted` is a wheel's path, a release
    (2026a or 2026.1), or empty for the newest one of the package index that uv is set up for."""
    given = (
        wanted if wanted.endswith(".whl") else f"tzdata=={package_version(wanted)}" if wanted else "tzdata"
    )
    with tempfile.TemporaryDirectory() as folder:
        command = [str(UV), "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
        command += ["--refresh-package", "tzdata", "--python", sys.executable, "--target", folder, given]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"Cannot get {given}:\n{done.stderr}")
        laid_out(Path(folder, "tzdata", "zoneinfo"), into)
    return into


def laid_out(source: Path, target: Path) -> None:
    """The compiled zones and their index, without what surrounds them in the package."""
    shutil.rmtree(target, ignore_errors=True)
    for path in sorted(source.rglob("*")):
        if path.is_file() and (path.name == INDEX or path.read_bytes()[:4] == b"TZif"):
            copy = target / path.relative_to(source)
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, copy)


def zipped(folder: Path) -> bytes:
    """The layer; the same folder gives the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(each for each in folder.rglob("*") if each.is_file()):
            entry = zipfile.ZipInfo(f"{FOLDER}/{path.relative_to(folder).as_posix()}")
            entry.external_attr = 0o644 << 16
            entry.create_system = 3  # Unix, whatever machine this is
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def release(folder: Path) -> str:
    """As IANA calls it: 2026a."""
    return (folder / INDEX).read_text().split(maxsplit=3)[2]


def package_version(name: str) -> str:
    """2026.1 for 2026a, as the package numbers its releases; what is no such name is left as it is."""
    found = _IANA.fullmatch(name)
    return f"{found[1]}.{ord(found[2]) - ord('a') + 1}" if found else name
