"""Record keys of the AT Protocol (https://atproto.com/specs/tid), the same for every attempt at a post."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import UUID

_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_LENGTH = 13
_CLOCK_BITS = 10
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def tid(intent_at: datetime, intent_id: UUID) -> str:
    """13 sortable characters: 53 bits of microseconds since 1970, then 10 bits of the intent's hash."""
    micros = (intent_at - _EPOCH) // timedelta(microseconds=1)
    clock = int.from_bytes(sha256(intent_id.bytes).digest()[:2]) % (1 << _CLOCK_BITS)
    number = micros << _CLOCK_BITS | clock
    return "".join(_ALPHABET[number >> 5 * place & 31] for place in reversed(range(_LENGTH)))
