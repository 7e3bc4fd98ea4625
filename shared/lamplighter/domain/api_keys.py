"""The shape of an API key: lmp_<mode>_<30 random base62 characters><6 of CRC32>."""

import re
from zlib import crc32

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
RANDOM_LENGTH = 30
CHECKSUM_LENGTH = 6
SHOWN_LENGTH = len("lmp_live_") + 6
_SHAPE = re.compile(rf"lmp_(live|test)_([0-9A-Za-z]{{{RANDOM_LENGTH}}})([0-9A-Za-z]{{{CHECKSUM_LENGTH}}})")


def _checksum(text: str) -> str:
    number, digits = crc32(text.encode()), ""
    for _ in range(CHECKSUM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits = ALPHABET[digit] + digits
    return digits


def spelled(mode: str, random_part: str) -> str:
    """The whole key for `mode` (live, test) out of 30 random base62 characters."""
    body = f"lmp_{mode}_{random_part}"
    return body + _checksum(body)


def is_well_formed(key: str) -> bool:
    """Whether the checksum holds: a mistyped or made-up key is refused without asking the database."""
    return _SHAPE.fullmatch(key) is not None and _checksum(key[:-CHECKSUM_LENGTH]) == key[-CHECKSUM_LENGTH:]


def shown_prefix(key: str) -> str:
    """What lists show of a key, so that its owner recognises it: the mode and six characters."""
    return key[:SHOWN_LENGTH]
