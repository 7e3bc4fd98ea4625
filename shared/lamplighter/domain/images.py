"""What an image is, read from its first bytes: type, width, height, and whether it moves."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

_MOST_STEPS = 50_000
"""Blocks walked through at most: bytes made to cost time cost some milliseconds."""


@dataclass(frozen=True, slots=True)
class Image:
    """`width` and `height` are pixels as stored, before a rotation that EXIF may ask for.

    They are 0 for AVIF and HEIC, which are recognised and not measured.
    """

    mime: str
    width: int
    height: int
    animated: bool = False
    """More than one frame, as far as the given bytes show."""


def described(data: bytes) -> Image | None:
    """The image that these bytes are or begin with; None for anything else. Never raises."""
    try:
        for begins, read in _READERS:
            if begins(data):
                return read(data)
    except (struct.error, IndexError):  # the bytes end before the sizes do
        return None
    return None


def _png(data: bytes) -> Image | None:
    """https://www.w3.org/TR/png-3/: IHDR comes first; acTL, before the pixels, makes it an animation."""
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    at, animated = 8, False
    for _ in range(_MOST_STEPS):
        kind = data[at + 4 : at + 8]
        if kind in (b"acTL", b"IDAT", b"") or len(kind) < 4:  # noqa: PLR2004  # cut here
            animated = kind == b"acTL"
            break
        at += 12 + int.from_bytes(data[at : at + 4])
    return _sized("image/png", width, height, animated=animated)


_FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF; those three are tables
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})  # TEM, RSTn, SOI: no length follows
_SCAN_OR_END = frozenset({0xDA, 0xD9})


def _jpeg(data: bytes) -> Image | None:
    """ITU T.81 annex B: the sizes stand in the frame header, before the first scan."""
    at = 2
    for _ in range(_MOST_STEPS):
        if data[at] != 0xFF:  # noqa: PLR2004  # every marker begins so
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # noqa: PLR2004  # padding
            at += 1
        elif marker in _FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return _sized("image/jpeg", width, height)
        elif marker in _SCAN_OR_END:
            return None
        elif marker in _BARE_MARKERS:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def _gif(data: bytes) -> Image | None:
    """https://www.w3.org/Graphics/GIF/spec-gif89a.txt"""
    width, height = struct.unpack_from("<HH", data, 6)
    return _sized("image/gif", width, height, animated=_gif_frames(data) > 1)


def _gif_frames(data: bytes) -> int:
    """Frames that begin in these bytes; 2 stands for any more than one."""
    frames, at, in_chain = 0, 13 + _table_bytes(data[10]), False
    for _ in range(_MOST_STEPS):
        if at >= len(data) or frames > 1:
            break
        byte = data[at]
        if in_chain:  # of sub-blocks, each behind its length, the last one empty
            at += 1 + byte
            in_chain = byte > 0
        elif byte == 0x21:  # noqa: PLR2004  # extension
            at, in_chain = at + 2, True
        elif byte == 0x2C:  # noqa: PLR2004  # image descriptor
            frames += 1
            at, in_chain = at + 11 + _table_bytes(data[at + 9] if at + 9 < len(data) else 0), True
        else:
            break
    return frames


def _table_bytes(flags: int) -> int:
    """The size of the colour table that a flags byte announces."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _webp(data: bytes) -> Image | None:
    """RFC 9649: the first chunk is one of three kinds."""
    kind = data[12:16]
    if kind == b"VP8X":  # extended: flags, then the canvas less one in 24 bits each
        flags, width, width_high, height, height_high = struct.unpack_from("<B3xHBHB", data, 20)
        size = width + (width_high << 16) + 1, height + (height_high << 16) + 1
        return _sized("image/webp", *size, animated=bool(flags & 0x02))
    if kind == b"VP8L" and data[20] == 0x2F:  # noqa: PLR2004  # lossless: its signature, 14 bits each less one
        (bits,) = struct.unpack_from("<I", data, 21)
        return _sized("image/webp", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":  # lossy: the key frame's start code
        width, height = struct.unpack_from("<HH", data, 26)
        return _sized("image/webp", width & 0x3FFF, height & 0x3FFF)
    return None


_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"heic": "image/heic",
    b"heix": "image/heic",
    b"hevc": "image/heic",
    b"hevx": "image/heic",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
}


def _iso(data: bytes) -> Image | None:
    """ISO/IEC 23008-12: the major brand tells."""
    mime = _BRANDS.get(data[8:12])
    return Image(mime, 0, 0, animated=data[8:12] in (b"avis", b"hevc", b"hevx", b"msf1")) if mime else None


def _sized(mime: str, width: int, height: int, *, animated: bool = False) -> Image | None:
    return Image(mime, width, height, animated) if width and height else None


_READERS: tuple[tuple[Callable[[bytes], bool], Callable[[bytes], Image | None]], ...] = (
    (lambda data: data.startswith(b"\x89PNG\r\n\x1a\n"), _png),
    (lambda data: data.startswith(b"\xff\xd8\xff"), _jpeg),
    (lambda data: data.startswith((b"GIF87a", b"GIF89a")), _gif),
    (lambda data: data[:4] == b"RIFF" and data[8:12] == b"WEBP", _webp),
    (lambda data: data[4:8] == b"ftyp", _iso),
)
