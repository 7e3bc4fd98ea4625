"""Compiled zones of two times (README.md), and a way to be in either."""

import zipfile
import zoneinfo
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.tools.zone_layer import package_version
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


def wheel(zones_of: Path, into: Path) -> Path:
    """A wheel of the tzdata package with the zones of one folder, numbered as its release is."""
    release = (zones_of / "tzdata.zi").read_text().split()[2]
    version = package_version(release)
    path, about = into / f"tzdata-{version}-py2.py3-none-any.whl", f"tzdata-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tzdata/__init__.py", f'IANA_VERSION = "{release}"\n')
        archive.writestr("tzdata/zoneinfo/__init__.py", "")
        for each in sorted(file for file in zones_of.rglob("*") if file.is_file()):
            archive.write(each, f"tzdata/zoneinfo/{each.relative_to(zones_of)}")
        archive.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: tzdata\nVersion: {version}\n")
        archive.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{about}/RECORD", "")
    return path
