"""AES-256-GCM as text: what is sealed under a key for one place opens under that key in that place alone."""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode

FORMAT = "lmp1"
KEY_BYTES = 32
_NONCE_BYTES = 12


class Unsealable(Exception):  # noqa: N818  # reads as what happened
    """A ciphertext that its key and place do not open: moved, cut, or its key destroyed."""


def seal(key: bytes, version: int, place: str, data: bytes) -> str:
    """`data` as "lmp1.<version>.<base64>"; `version` says which key it was, `place` is where it belongs."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415  # slow to import

    nonce = os.urandom(_NONCE_BYTES)
    body = urlsafe_b64encode(nonce + AESGCM(key).encrypt(nonce, data, place.encode())).decode()
    return f"{FORMAT}.{version}.{body}"


def unseal(key: bytes, place: str, sealed: str) -> bytes:
    """What `seal` was given; raises Unsealable."""
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # only where a secret is opened
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

    raw = _parsed(sealed)[1]
    try:
        return AESGCM(key).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], place.encode())
    except (ValueError, InvalidTag) as error:
        message = "a ciphertext does not open in its place"
        raise Unsealable(message) from error


def version_of(sealed: str) -> int:
    """Which key sealed it; raises Unsealable where the text says nothing of the kind."""
    return _parsed(sealed)[0]


def _parsed(sealed: str) -> tuple[int, bytes]:
    """Version and body. A ciphertext has one spelling: base64 would let some characters change unnoticed."""
    _format, _, rest = sealed.partition(".")
    version, _, body = rest.partition(".")
    try:
        parsed = int(version), urlsafe_b64decode(body)
    except ValueError:
        parsed = None
    if parsed is None or sealed != f"{FORMAT}.{parsed[0]}.{urlsafe_b64encode(parsed[1]).decode()}":
        message = "this is no ciphertext of ours"
        raise Unsealable(message)
    return parsed
