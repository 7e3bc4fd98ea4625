"""An HTTP/1.1 answer out of the bytes that come in (RFC 9112): its head, then the frame of its body.

Strict where two readers could see two answers in the same bytes, bounded everywhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from lamplighter.egress.steps import Steps
from lamplighter.egress.wire import TooMuch, Wire

_LONGEST_HEAD = 65_536
_LONGEST_LINE = 8_192
_MOST_LINES = 100
_FIRST_FINAL_STATUS, _CONTINUE = 200, 100
_BODILESS = (204, 304)
_END_OF_HEAD = re.compile(rb"\r?\n\r?\n")
_END_OF_LINE = re.compile(rb"\r?\n")
_STATUS_LINE = re.compile(r"HTTP/1\.([01]) +([1-9][0-9]{2})(?: .*)?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;.*)?")


class Unreadable(Exception):  # noqa: N818  # never leaves this package
    """Not an answer by the rules."""


class CutShort(Exception):  # noqa: N818  # never leaves this package
    """The stream ended before the answer did."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status and headers: names in lower case, what came several times joined by ", "."""

    status: int
    headers: Mapping[str, str]
    is_kept: bool
    """Whether the connection outlasts the answer, if the body's frame allows."""


class Incoming:
    """What has come in on a wire and has not been read yet."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._buffer = bytearray()

    @property
    def is_empty(self) -> bool:
        """Whether nothing has come in beyond what was read."""
        return not self._buffer

    def head(self) -> Steps[Head]:
        """The head of the final answer, whatever says "continue" before it."""
        yield from self._wire.answered()
        while True:
            found = _parsed(bytes((yield from self._until(_END_OF_HEAD, _LONGEST_HEAD))))
            if found.status >= _FIRST_FINAL_STATUS:
                return found
            if found.status != _CONTINUE:
                raise Unreadable

    def body(self, method: str, head: Head, limit: int) -> Steps[tuple[bytes, bool]]:
        """At most `limit` + 1 bytes of the body, and whether the connection can carry another request."""
        coding = head.headers.get("transfer-encoding", "identity").lower()
        if method == "HEAD" or head.status in _BODILESS:
            return b"", head.is_kept
        if coding == "chunked":
            return (yield from self._chunks(limit)), head.is_kept and "content-length" not in head.headers
        if coding != "identity":
            raise Unreadable
        if "content-length" not in head.headers:
            return (yield from self._to_the_end(limit)), False
        length = _length(head.headers["content-length"])
        return (yield from self._exactly(min(length, limit + 1))), head.is_kept and length <= limit

    def _chunks(self, limit: int) -> Steps[bytes]:
        body = bytearray()
        while True:
            line = yield from self._line()
            match = _CHUNK_SIZE.fullmatch(line)
            if match is None:
                raise Unreadable
            size = int(match[1], 16)
            if size == 0:
                break
            body += yield from self._exactly(min(size, limit + 1 - len(body)))
            if len(body) > limit:
                return bytes(body)
            if (yield from self._line()):
                raise Unreadable
        while (yield from self._line()):  # trailers
            pass
        return bytes(body)

    def _to_the_end(self, limit: int) -> Steps[bytes]:
        while len(self._buffer) <= limit and (data := (yield from self._wire.receive())):
            self._buffer += data
        return self._taken(min(len(self._buffer), limit + 1))

    def _exactly(self, count: int) -> Steps[bytes]:
        while len(self._buffer) < count:
            yield from self._more()
        return self._taken(count)

    def _line(self) -> Steps[bytes]:
        """One line without its end."""
        return (yield from self._until(_END_OF_LINE, _LONGEST_LINE))

    def _until(self, end: re.Pattern[bytes], longest: int) -> Steps[bytes]:
        """What stands before the end, which is taken off as well."""
        looked = 0
        while (match := end.search(self._buffer, looked)) is None:
            looked = max(0, len(self._buffer) - 3)  # an end may have begun
            if len(self._buffer) > longest:
                raise Unreadable
            yield from self._more()
        if match.start() > longest:
            raise Unreadable
        return self._taken(match.end())[: match.start()]

    def _more(self) -> Steps[None]:
        data = yield from self._wire.receive()
        if not data:
            raise CutShort
        self._buffer += data

    def _taken(self, count: int) -> bytes:
        text = bytes(self._buffer[:count])
        del self._buffer[:count]
        return text


def _parsed(head: bytes) -> Head:
    first, *lines = head.decode("latin-1").replace("\r\n", "\n").split("\n")
    match = _STATUS_LINE.fullmatch(first)
    if match is None or len(lines) > _MOST_LINES:
        raise Unreadable
    headers: dict[str, str] = {}
    name = ""
    for line in lines:
        if line[:1] in (" ", "\t") and name:  # folded, as was once allowed
            headers[name] += " " + line.strip()
            continue
        key, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(key):  # nobody's, and not worth losing the answer for
            name = ""
            continue
        name, value = key.lower(), value.strip(" \t")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    is_kept = match[1] == "1" and "close" not in headers.get("connection", "").lower()
    return Head(int(match[2]), headers, is_kept)


def _length(text: str) -> int:
    """Several that say the same are one; anything else has no length that two readers agree on."""
    found = {each.strip() for each in text.split(",")}
    value = found.pop()
    if found or not (value.isascii() and value.isdigit()):
        raise Unreadable
    if len(value) > 15:  # noqa: PLR2004  # a petabyte
        raise TooMuch
    return int(value)
