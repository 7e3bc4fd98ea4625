"""Lines of a calendar file: escaped, folded, put together (RFC 5545, 3.1 and 3.3.11)."""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

_LONGEST = 75
"""Octets of a line."""
_SPECIAL = re.compile(r"[\\;,]")
_BREAK = re.compile(r"\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")


def text(value: str) -> str:
    """A value of type TEXT: whatever stands in it, it stays one value."""
    escaped = _SPECIAL.sub(lambda match: "\\" + match[0], value)
    return _CONTROL.sub("", _BREAK.sub(r"\\n", escaped))


def utc(moment: datetime) -> str:
    """A DATE-TIME in UTC."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def local(moment: datetime) -> str:
    """A DATE-TIME of a zone that its property names."""
    return moment.strftime("%Y%m%dT%H%M%S")


def file_of(lines: Iterable[str]) -> str:
    """The lines as they are sent: folded after 75 octets, ended by CRLF."""
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _folded(line: str) -> Iterator[str]:
    """Its parts, each but the first begun by a space; never inside of a character."""
    if len(line) <= _LONGEST and line.isascii():
        yield line
        return
    part, room = "", _LONGEST
    for character in line:
        size = len(character.encode())
        if size > room:
            yield part
            part, room = " ", _LONGEST - 1
        part += character
        room -= size
    yield part
