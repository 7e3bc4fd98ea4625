"""Images of every kind, built byte by byte."""

import struct
import time
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamplighter.domain.images import Image, described


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(width: int, height: int, *before_pixels: bytes) -> bytes:
    header = _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    pixels = _chunk(b"IDAT", zlib.compress(b"\x00" * (1 + width * 3) * height))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before_pixels) + pixels + _chunk(b"IEND", b"")


def _segment(marker: int, data: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(data) + 2) + data


def _jpeg(width: int, height: int, *, frame: int = 0xC0, between: bytes = b"") -> bytes:
    app = _segment(0xE0, b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00")
    sof = _segment(frame, struct.pack(">BHHB", 8, height, width, 1) + b"\x01\x11\x00")
    return b"\xff\xd8" + app + between + sof + _segment(0xDA, b"\x01\x01\x00\x00\x3f\x00") + b"\x00\xff\xd9"


_FRAME = b"\x2c" + struct.pack("<HHHHB", 0, 0, 3, 2, 0) + b"\x02" + b"\x02\x4c\x01" + b"\x00"
_LOOP = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
_PAUSE = b"\x21\xf9\x04\x00\x0a\x00\x00\x00"


def _gif(width: int, height: int, *blocks: bytes, table: bytes = b"\x00" * 6) -> bytes:
    flags = 0x80 if table else 0
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + table + b"".join(blocks) + b"\x3b"


def _webp(kind: bytes, data: bytes) -> bytes:
    chunk = kind + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", 4 + len(chunk)) + b"WEBP" + chunk


def _vp8x(width: int, height: int, flags: int) -> bytes:
    canvas = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _webp(b"VP8X", bytes([flags, 0, 0, 0]) + canvas)


def _vp8l(width: int, height: int) -> bytes:
    return _webp(b"VP8L", b"\x2f" + struct.pack("<I", (width - 1) | (height - 1) << 14))


def _vp8(width: int, height: int) -> bytes:
    return _webp(b"VP8 ", b"\x10\x02\x00\x9d\x01\x2a" + struct.pack("<HH", width, height | 1 << 14))


def _iso(brand: bytes) -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + b"\x00\x00\x00\x00" + b"mif1miaf"


IMAGES = {
    "png": (_png(640, 480), Image("image/png", 640, 480)),
    "png, a text before its pixels": (_png(1, 2, _chunk(b"tEXt", b"a\x00b")), Image("image/png", 1, 2)),
    "apng": (
        _png(4, 3, _chunk(b"gAMA", b"\x00\x00\xb1\x8f"), _chunk(b"acTL", b"\x00" * 8)),
        Image("image/png", 4, 3, animated=True),
    ),
    "jpeg": (_jpeg(4000, 3000), Image("image/jpeg", 4000, 3000)),
    "jpeg, progressive": (_jpeg(300, 200, frame=0xC2), Image("image/jpeg", 300, 200)),
    "jpeg, arithmetic": (_jpeg(300, 200, frame=0xC9), Image("image/jpeg", 300, 200)),
    "jpeg, a thumbnail in its EXIF": (
        _jpeg(300, 200, between=_segment(0xE1, b"Exif\x00\x00" + _jpeg(16, 12))),
        Image("image/jpeg", 300, 200),
    ),
    "jpeg, padded and with tables": (
        _jpeg(300, 200, between=b"\xff\xff\xff" + _segment(0xC4, b"\x00" * 20)[1:] + b"\xff\xd0"),
        Image("image/jpeg", 300, 200),
    ),
    "gif": (_gif(3, 2, _FRAME), Image("image/gif", 3, 2)),
    "gif, a pause and one frame": (_gif(3, 2, _LOOP, _PAUSE, _FRAME), Image("image/gif", 3, 2)),
    "gif, moving": (
        _gif(3, 2, _LOOP, _PAUSE, _FRAME, _PAUSE, _FRAME),
        Image("image/gif", 3, 2, animated=True),
    ),
    "gif, tables of its own": (
        _gif(3, 2, _FRAME[:9] + b"\x80" + b"\x2c" * 6 + _FRAME[10:], _FRAME, table=b""),
        Image("image/gif", 3, 2, animated=True),
    ),
    "gif 87a": (b"GIF87a" + _gif(9, 8, _FRAME)[6:], Image("image/gif", 9, 8)),
    "webp, lossy": (_vp8(640, 480), Image("image/webp", 640, 480)),
    "webp, lossless": (_vp8l(16384, 1), Image("image/webp", 16384, 1)),
    "webp, lossless and high": (_vp8l(1, 16384), Image("image/webp", 1, 16384)),
    "webp, extended": (_vp8x(100_000, 70_000, 0x10), Image("image/webp", 100_000, 70_000)),
    "webp, moving": (_vp8x(640, 480, 0x12), Image("image/webp", 640, 480, animated=True)),
    "avif": (_iso(b"avif"), Image("image/avif", 0, 0)),
    "avif, moving": (_iso(b"avis"), Image("image/avif", 0, 0, animated=True)),
    "heic": (_iso(b"heic"), Image("image/heic", 0, 0)),
}

NO_IMAGES = {
    "nothing": b"",
    "text": b"hello, world, this is no image at all",
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>",
    "pdf": b"%PDF-1.7\n" + b"\x00" * 100,
    "mp4": _iso(b"isom"),
    "wav": b"RIFF\x00\x00\x00\x00WAVEfmt " + b"\x00" * 40,
    "png of no width": _png(0, 5),
    "png without a header": b"\x89PNG\r\n\x1a\n" + _chunk(b"IDAT", b"\x00" * 30),
    "jpeg that only ends": b"\xff\xd8\xff\xd9" + b"\x00" * 50,
    "jpeg without a frame header": b"\xff\xd8" + _segment(0xE0, b"\x00" * 14) + _segment(0xDA, b"\x00" * 6),
    "jpeg whose height comes later": _jpeg(300, 0),
    "jpeg of padding": b"\xff\xd8" + b"\xff" * 100_000,
    "jpeg, then garbage": b"\xff\xd8\xff\xe0\x00\x02garbage",
    "gif of no height": _gif(3, 0, _FRAME),
    "webp of another kind": _webp(b"JUNK", b"\x00" * 40),
    "webp with a broken start code": _webp(b"VP8 ", b"\x00" * 20),
    "webp with a broken signature": _webp(b"VP8L", b"\x00" * 20),
}


@pytest.mark.parametrize(("data", "image"), IMAGES.values(), ids=IMAGES)
def test_an_image_is_described(data: bytes, image: Image) -> None:
    assert described(data) == image


@pytest.mark.parametrize("data", NO_IMAGES.values(), ids=NO_IMAGES)
def test_anything_else_is_none(data: bytes) -> None:
    assert described(data) is None


@pytest.mark.parametrize(("data", "image"), IMAGES.values(), ids=IMAGES)
def test_a_beginning_is_described_truly_or_not_at_all(data: bytes, image: Image) -> None:
    for length in range(len(data)):
        found = described(data[:length])
        assert found is None or (found.mime, found.width, found.height) == (
            image.mime,
            image.width,
            image.height,
        )
        assert found is None or found.animated <= image.animated


@given(st.one_of(st.binary(max_size=300), st.tuples(st.sampled_from(sorted(IMAGES)), st.binary(max_size=60))))
def test_garbage_is_none_or_an_image_with_sizes(data: bytes | tuple[str, bytes]) -> None:
    begun = data if isinstance(data, bytes) else IMAGES[data[0]][0][: len(data[1])] + data[1]
    found = described(begun)
    assert (
        found is None
        or found.mime in ("image/avif", "image/heic", "image/heif")
        or found.width * found.height
    )


@given(st.sampled_from(sorted(IMAGES)), st.data())
def test_a_damaged_image_never_raises(name: str, drawn: st.DataObject) -> None:
    data = bytearray(IMAGES[name][0])
    for _ in range(drawn.draw(st.integers(1, 4))):
        data[drawn.draw(st.integers(0, len(data) - 1))] = drawn.draw(st.integers(0, 255))
    described(bytes(data))


@pytest.mark.parametrize(
    "data",
    [
        _gif(3, 2, b"\x21\xfe" + b"\x01x" * 5_000_000),
        _gif(3, 2, (b"\x21\xfe" + b"\x01x" * 40_000 + b"\x00") * 100),
        _gif(3, 2, b"\x21\xfe\x00" * 3_000_000),
        b"\xff\xd8" + b"\xff\xe0\x00\x02" * 2_500_000,
        b"\xff\xd8" + b"\xff" * 10_000_000,
        _png(1, 1, _chunk(b"tEXt", b"") * 800_000),
    ],
    ids=[
        "gif, sub-blocks",
        "gif, chains",
        "gif, extensions",
        "jpeg, segments",
        "jpeg, padding",
        "png, chunks",
    ],
)
def test_ten_megabytes_made_to_cost_time_cost_little(data: bytes) -> None:
    began = time.process_time()
    described(data)
    assert time.process_time() - began < 0.5
