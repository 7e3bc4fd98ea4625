"""The local stack's time zones: the locked package's until others are brought, noticed while it runs."""

from pathlib import Path

from infra.local import zones
from infra.local.code import fingerprint
from tests.zone_data import AFTER, BEFORE


def test_until_others_are_brought_they_are_those_of_the_locked_package(tmp_path: Path):
    assert zones.link(tmp_path).resolve() == zones.PACKAGE.resolve()
    assert (zones.link(tmp_path) / "Europe" / "Berlin").is_file()


def test_others_take_their_place_and_a_running_stack_notices(tmp_path: Path):
    link = zones.link(tmp_path)
    seen = []
    for folder in (BEFORE, AFTER, AFTER):
        zones.point(tmp_path, folder)
        seen.append(fingerprint([link]))
        assert zones.link(tmp_path) == link
        assert link.resolve() == folder
    assert seen[0] != seen[1] == seen[2]


def test_a_package_that_has_gone_is_looked_for_anew(tmp_path: Path):
    zones.point(tmp_path, tmp_path / "gone")
    assert zones.link(tmp_path).resolve() == zones.PACKAGE.resolve()
