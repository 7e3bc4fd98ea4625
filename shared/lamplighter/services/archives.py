"""An archive: a zip written from front to back, to a file at first and to the object store from then on."""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import IO, Any, Protocol
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import orjson

PART_BYTES = 8 * 1024 * 1024
"""How much is handed over at once, and so about what an archive holds in memory."""
_PIECE = 1024 * 1024
_FAST = 3
"""Of zlib's levels: a third of the time of the usual one, for a tenth more bytes."""


class Destination(Protocol):
    """Where an archive goes, a part at a time."""

    def send(self, part: bytes) -> None:
        """The next part: PART_BYTES of them, the last one fewer."""


@dataclass(slots=True)
class File:
    """A file of the archive, as the manifest describes it."""

    name: str
    rows: int | None
    byte_size: int = 0
    _into: IO[bytes] | None = field(default=None, repr=False)
    _digest: Any = field(default_factory=sha256, repr=False)

    def write(self, data: bytes) -> None:
        """The next bytes."""
        assert self._into is not None  # noqa: S101  # Archive.file opened it
        self._into.write(data)
        self._digest.update(data)
        self.byte_size += len(data)

    def described(self) -> dict[str, Any]:
        """Its name, size, digest, and the number of rows if it holds rows."""
        rows = {} if self.rows is None else {"rows": self.rows}
        return {"name": self.name, **rows, "byte_size": self.byte_size, "sha256": self._digest.hexdigest()}


class Archive:
    """Files one after the other. Until `ship` is called nothing leaves the machine, so that rows can be read
    in a transaction; from then on no more than a part of what is written waits in memory."""

    def __init__(self, made_at: datetime) -> None:
        self._out = _Out()
        self._zip = ZipFile(self._out, "w", ZIP_DEFLATED, compresslevel=_FAST)
        self._stamp = made_at.timetuple()[:6]
        self.files: list[File] = []

    @property
    def byte_size(self) -> int:
        """Of the archive as it is so far."""
        return self._out.size

    def ship(self, destination: Destination) -> None:
        """Send what was written and, as it comes, what will be."""
        self._out.ship(destination)

    @contextmanager
    def file(self, name: str, *, rows: int | None = None, compress: bool = True) -> Iterator[File]:
        """A file to write to."""
        info = ZipInfo(name, self._stamp)
        info.compress_type = ZIP_DEFLATED if compress else ZIP_STORED
        info.external_attr = 0o644 << 16
        written = File(name, rows)
        with self._zip.open(info, "w", force_zip64=True) as into:
            written._into = into
            yield written
        written._into = None
        self.files.append(written)

    def rows(self, name: str, rows: Iterable[Mapping[str, Any]]) -> File:
        """A file of JSON Lines, an object per row; ids and times as text, bytes as hexadecimal digits."""
        with self.file(f"{name}.jsonl", rows=0) as file:
            for number, row in enumerate(rows, 1):
                file.write(orjson.dumps(row, default=_spelled, option=orjson.OPT_APPEND_NEWLINE))
                file.rows = number
        return file

    def close(self, readme: str, facts: Mapping[str, Any]) -> None:
        """The last two files: README.txt, and manifest.json with `facts` and what every other file is."""
        with self.file("README.txt") as file:
            file.write(readme.encode())
        manifest = {**facts, "files": [file.described() for file in self.files]}
        with self.file("manifest.json") as file:
            file.write(json.dumps(manifest, indent=2).encode())
        self._zip.close()
        self._out.end()

    def discard(self) -> None:
        """Forget what was written, where the archive will not be finished."""
        self._out.forget()
        self._zip.close()


class _Out:
    """What ZipFile writes to. It cannot seek, which ZipFile takes for a pipe and asks nothing else of."""

    def __init__(self) -> None:
        self.size = 0
        self._forgotten = False
        self._spool: IO[bytes] | None = tempfile.TemporaryFile()  # noqa: SIM115  # ship or forget closes it
        self._waiting = bytearray()
        self._destination: Destination | None = None

    def write(self, data: bytes) -> int:
        self.size += len(data)
        if self._forgotten:
            return len(data)
        if self._spool is not None:
            self._spool.write(data)
        else:
            self._waiting += data
            self._send(PART_BYTES)
        return len(data)

    def flush(self) -> None:
        """ZipFile asks for it after each file."""

    def close(self) -> None:
        """See `end` and `forget`: whoever made this says which."""

    def ship(self, destination: Destination) -> None:
        assert self._spool is not None  # noqa: S101  # shipped once
        self._destination = destination
        with self._spool as spool:
            self._spool = None
            spool.seek(0)
            while piece := spool.read(_PIECE):
                self._waiting += piece
                self._send(PART_BYTES)

    def end(self) -> None:
        """Send the rest; not even an empty archive is without a part, as its directory is some bytes."""
        self._send(1)

    def forget(self) -> None:
        if self._spool is not None:
            self._spool.close()
        self._spool, self._waiting, self._forgotten = None, bytearray(), True

    def _send(self, least: int) -> None:
        while len(self._waiting) >= least:
            with memoryview(self._waiting) as waiting:
                part = bytes(waiting[:PART_BYTES])
            del self._waiting[:PART_BYTES]
            assert self._destination is not None  # noqa: S101  # nothing waits before it is shipped
            self._destination.send(part)


def _spelled(value: object) -> str:
    """What JSON has no word for."""
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return str(value)
