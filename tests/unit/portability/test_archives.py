"""An archive is a whole zip, whatever its size; its parts are bounded, and nothing leaves before it may."""

import io
import json
import os
import tracemalloc
from datetime import UTC, date, datetime
from hashlib import sha256
from uuid import UUID
from zipfile import ZipFile

import pytest

from lamplighter.services.archives import PART_BYTES, Archive

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class Parts:
    """A destination that keeps what it is sent."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def send(self, part: bytes) -> None:
        self.parts.append(part)

    def opened(self) -> ZipFile:
        return ZipFile(io.BytesIO(b"".join(self.parts)))


class Counted:
    """A destination that forgets what it is sent."""

    def __init__(self) -> None:
        self.size = 0

    def send(self, part: bytes) -> None:
        self.size += len(part)


@pytest.fixture
def parts() -> Parts:
    return Parts()


def test_what_was_written_before_and_after_shipping_is_one_zip(parts: Parts):
    archive = Archive(NOW)
    archive.rows("content", [{"id": 1}, {"id": 2}])
    assert parts.parts == []
    archive.ship(parts)
    with archive.file("media/a", compress=False) as file:
        file.write(b"bytes")
    archive.close("Read me.", {"format_version": 1})
    with parts.opened() as found:
        assert found.testzip() is None
        assert found.namelist() == ["content.jsonl", "media/a", "README.txt", "manifest.json"]
        assert found.read("content.jsonl") == b'{"id":1}\n{"id":2}\n'
        assert found.read("media/a") == b"bytes"
        assert found.getinfo("media/a").date_time == (2026, 11, 22, 9, 30, 0)
    assert archive.byte_size == sum(map(len, parts.parts))


def test_the_manifest_tells_counts_sizes_and_digests_of_every_other_file(parts: Parts):
    archive = Archive(NOW)
    archive.rows("content", [{"id": 1}])
    archive.rows("media", [])
    archive.ship(parts)
    archive.close("Read me.", {"format_version": 1})
    with parts.opened() as found:
        manifest = json.loads(found.read("manifest.json"))
        assert manifest["format_version"] == 1
        assert {file["name"]: file.get("rows") for file in manifest["files"]} == {
            "content.jsonl": 1,
            "media.jsonl": 0,
            "README.txt": None,
        }
        for file in manifest["files"]:
            data = found.read(file["name"])
            assert (file["byte_size"], file["sha256"]) == (len(data), sha256(data).hexdigest())


def test_parts_hold_what_s3_asks_for_and_the_last_one_fewer(parts: Parts):
    archive = Archive(NOW)
    noise = os.urandom(PART_BYTES + 5)
    with archive.file("before", compress=False) as file:
        file.write(noise)
    archive.ship(parts)
    with archive.file("after", compress=False) as file:
        file.write(noise)
    archive.close("", {})
    assert [len(part) for part in parts.parts[:-1]] == [PART_BYTES, PART_BYTES]
    assert 0 < len(parts.parts[-1]) < PART_BYTES
    with parts.opened() as found:
        assert found.read("before") == found.read("after") == noise


def test_memory_does_not_grow_with_the_archive():
    archive, destination, piece = Archive(NOW), Counted(), os.urandom(1024 * 1024)
    tracemalloc.start()
    try:
        with archive.file("before", compress=False) as file:
            for _ in range(64):
                file.write(piece)
        archive.ship(destination)
        with archive.file("after", compress=False) as file:
            for _ in range(64):
                file.write(piece)
        archive.close("", {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert destination.size > 128 * len(piece)
    assert peak < 4 * PART_BYTES


def test_values_are_spelled_as_the_api_spells_them(parts: Parts):
    archive = Archive(NOW)
    row = {"at": NOW, "day": date(2026, 1, 2), "id": UUID(int=1), "bytes": b"\x01\xff", "none": None}
    archive.rows("rows", [row])
    archive.ship(parts)
    archive.close("", {})
    with parts.opened() as found:
        assert json.loads(found.read("rows.jsonl")) == {
            "at": "2026-11-22T09:30:00+00:00",
            "day": "2026-01-02",
            "id": "00000000-0000-0000-0000-000000000001",
            "bytes": "01ff",
            "none": None,
        }


@pytest.mark.parametrize("shipped", [False, True])
def test_a_discarded_archive_sends_nothing_more(parts: Parts, shipped: bool):
    archive = Archive(NOW)
    archive.rows("content", [{"id": 1}])
    if shipped:
        archive.ship(parts)
    archive.discard()
    assert parts.parts == []


def test_a_file_that_fails_can_be_discarded(parts: Parts):
    archive = Archive(NOW)
    with pytest.raises(ZeroDivisionError):
        archive.rows("media", ({"id": 1 // n} for n in (1, 0)))
    archive.discard()
    assert parts.parts == []
