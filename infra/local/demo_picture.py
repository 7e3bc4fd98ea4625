"""A small lamp as a PNG, drawn from arithmetic so that the demo ships no file."""

import struct
import zlib
from math import hypot

SIZE = 240
NIGHT, GLOW = (18, 24, 48), (255, 196, 92)


def lamp_png() -> bytes:
    """A warm light in a dark street, 240 x 240."""
    rows = b"".join(b"\0" + b"".join(bytes(_colour(x, y)) for x in range(SIZE)) for y in range(SIZE))
    header = struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0)
    chunks = _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows, 9)) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def _colour(x: int, y: int) -> list[int]:
    light = max(0.0, 1.0 - hypot(x - SIZE / 2, y - SIZE / 3) / (SIZE / 2)) ** 1.6
    post = 0.0 if abs(x - SIZE / 2) > SIZE / 60 or y < SIZE / 3 else 0.35
    share = min(1.0, light + post * (1 - light))
    return [round(dark + (bright - dark) * share) for dark, bright in zip(NIGHT, GLOW, strict=True)]


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
