"""Zones by name: what the data in use have, and nothing else of the machine."""

import json
import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lamplighter.problems import DomainError, Kind
from lamplighter.services import zones
from tests.zone_data import AFTER, BEFORE, using

ROOT = Path(__file__).resolve().parents[3]
TO_COME = datetime(2030, 1, 15, 12, tzinfo=UTC)


def test_a_zone_and_a_link_are_found_by_their_names():
    assert zones.zone("Europe/Berlin").key == "Europe/Berlin"
    assert zones.zone("US/Eastern").utcoffset(TO_COME) == zones.zone("America/New_York").utcoffset(TO_COME)


@pytest.mark.parametrize(
    "name",
    [
        *(
            "",
            "Nowhere/City",
            "europe/berlin",
            "EUROPE/BERLIN",
            "Europe/Berlin ",
            "Europe",
            "Europe/",
            "Factory",
        ),
        *("localtime", "posixrules", "posix/UTC", "right/UTC", "tzdata.zi", "zone.tab", "leapseconds"),
        *("/etc/localtime", "/usr/share/zoneinfo/UTC", "../zoneinfo/UTC", "Europe/../UTC", "./UTC", "UTC\0"),
        *("CET-1CEST", "UTC+1", "+01:00"),
    ],
)
def test_what_is_no_name_of_the_data_is_refused_at_the_callers_pointer(name: str):
    with pytest.raises(DomainError) as refused:
        zones.zone(name, "/schedule_config/timezone")
    assert refused.value.kind is Kind.INVALID
    faults = [(fault.pointer, fault.code) for fault in refused.value.errors]
    assert faults == [("/schedule_config/timezone", "unknown_timezone")]


def test_every_name_of_the_data_can_be_read():
    assert len(zones.names()) > 400
    for name in zones.names():
        assert zones.zone(name).key == name


@pytest.mark.parametrize(("folder", "release", "hours"), [(BEFORE, "2024b", 6), (AFTER, "2025a", 5)])
def test_names_version_and_clocks_are_those_of_the_folder_in_use(folder: Path, release: str, hours: int):
    with using(folder):
        assert zones.version() == release
        assert "Asia/Almaty" in zones.names()
        assert "Europe/Paris" not in zones.names()
        assert zones.zone("Asia/Almaty").utcoffset(TO_COME) == timedelta(hours=hours)


_SAYS = """
import json, sys, zoneinfo
from datetime import UTC, datetime
sys.path.insert(0, "shared")
from lamplighter.services import zones
at = datetime(2030, 1, 15, 12, tzinfo=UTC)
clocks = {name: str(at.astimezone(zones.zone(name)).utcoffset()) for name in ("Asia/Almaty",)}
import tzdata
print(json.dumps([clocks, zones.version(), tzdata.IANA_VERSION, zoneinfo.TZPATH]))
"""


@pytest.mark.parametrize(
    ("folder", "clock", "release"), [(BEFORE, "6:00:00", "2024b"), (AFTER, "5:00:00", "2025a")]
)
def test_the_layers_folder_wins_over_a_tzdata_package_and_over_the_system(
    tmp_path: Path, folder: Path, clock: str, release: str
):
    """In a process of its own, as Lambda starts one. The package there is a third release."""
    package = tmp_path / "tzdata"
    (package / "zoneinfo" / "Asia").mkdir(parents=True)
    (package / "__init__.py").write_text('IANA_VERSION = "1999z"')
    (package / "zoneinfo" / "__init__.py").touch()
    (package / "zoneinfo" / "Asia" / "__init__.py").touch()
    (package / "zoneinfo" / "Asia" / "Almaty").write_bytes((AFTER / "Europe" / "Berlin").read_bytes())
    environment = {"PYTHONTZPATH": str(folder), "PYTHONPATH": str(tmp_path), "PATH": "/usr/bin:/bin"}
    command = [sys.executable, "-c", _SAYS]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [{"Asia/Almaty": clock}, release, "1999z", [str(folder)]]


def test_without_any_folder_the_package_is_used():
    stood = zoneinfo.TZPATH
    zoneinfo.reset_tzpath([])
    zones.forget()
    try:
        assert zones.version()[:2] == "20"
        assert zones.zone("Asia/Almaty").utcoffset(TO_COME) == timedelta(hours=5)
    finally:
        zoneinfo.reset_tzpath(stood)
        zones.forget()
