"""The encodings in which clickhouse_connect may send its inserts."""

import gzip

# clickhouse_connect brings both.
import lz4.frame  # type: ignore[import-untyped]  # has no types
from backports import zstd

_DECOMPRESS = {
    "identity": bytes,
    "gzip": gzip.decompress,
    "lz4": lz4.frame.decompress,
    "zstd": zstd.decompress,
}


def decompressed(body: bytes, encoding: str) -> bytes:
    """The body as it was before `encoding` (a Content-Encoding)."""
    if encoding not in _DECOMPRESS:
        message = f"the encoding {encoding} is not known"
        raise ValueError(message)
    return bytes(_DECOMPRESS[encoding](body))
