"""What new zone data change, and from when on."""

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from infra.tools.zone_changes import Change, changes, first_difference, gone
from tests.zone_data import AFTER, BEFORE

BERLIN = ZoneInfo("Europe/Berlin")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc]  # at least three parts are given


def test_each_changed_zone_is_told_with_its_first_changed_instant():
    """By what was in the papers: Lebanon put off 26 March 2023 and came back; Mexico ended summer time in
    October 2022; Egypt began it on 28 April 2023; Kazakhstan moved on 1 March 2024, Paraguay stayed in
    October 2024, which its winter of 2025 was the first to show."""
    assert changes(BEFORE, AFTER, utc(2023, 1, 1)) == [
        Change("Africa/Cairo", utc(2023, 4, 27, 22)),
        Change("America/Asuncion", utc(2025, 3, 23, 3)),
        Change("America/Mexico_City", utc(2023, 4, 2, 8)),
        Change("Asia/Almaty", utc(2024, 2, 29, 18)),
        Change("Asia/Beirut", utc(2023, 3, 25, 22)),
    ]


def test_what_differed_in_the_past_alone_is_no_change():
    names = [change.zone for change in changes(BEFORE, AFTER, utc(2026, 11, 22))]
    assert "Asia/Beirut" not in names
    assert "America/Asuncion" in names


def test_what_differs_already_is_told_as_of_now():
    now = utc(2026, 11, 22, 9, 30)
    assert Change("Asia/Almaty", now) in changes(BEFORE, AFTER, now)


def test_beyond_ten_years_nobody_looks():
    assert changes(BEFORE, AFTER, utc(2012, 1, 1)) == []


def test_the_same_data_change_nothing():
    assert changes(AFTER, AFTER, utc(2023, 1, 1)) == []


@pytest.mark.parametrize("minutes", [0, 15, 60])
def test_an_offset_of_its_own_differs_from_the_first_second(minutes: int):
    since = utc(2026, 1, 1)
    other = timezone(
        timedelta(hours=1, minutes=minutes)
    )  # Berlin's in winter, and a quarter, and an hour more
    expected = since if minutes else utc(2026, 3, 29, 1)
    assert first_difference(BERLIN, other, since, utc(2027, 1, 1)) == expected


def test_names_that_would_mean_nothing_any_more_are_told(tmp_path):
    for name in ("Asia/Almaty", "Europe/Berlin"):
        copy = tmp_path / name
        copy.parent.mkdir(exist_ok=True)
        copy.write_bytes((AFTER / name).read_bytes())
    (tmp_path / "zone.tab").write_text("no zone")
    assert gone(AFTER, tmp_path) == ["Africa/Cairo", "America/Asuncion", "America/Mexico_City", "Asia/Beirut"]
    assert gone(tmp_path, AFTER) == []
