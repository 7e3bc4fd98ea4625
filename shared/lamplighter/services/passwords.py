"""Passwords: kept as argon2id, and as slow to refuse where there is none."""

import os
from base64 import b64encode

_MEMORY_KIB = 46 * 1024
_ITERATIONS = 1
_LANES = 1
_SALT_BYTES = 16
_HASH_BYTES = 32


def hashed(password: str) -> str:
    """The password (normalised) as a PHC string. Some 60 ms of one core and 46 MiB: the first of OWASP's
    parameters for argon2id."""
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415  # only where people log in

    derivation = Argon2id(
        salt=os.urandom(_SALT_BYTES),
        length=_HASH_BYTES,
        iterations=_ITERATIONS,
        lanes=_LANES,
        memory_cost=_MEMORY_KIB,
    )
    return derivation.derive_phc_encoded(password.encode())


def matches(password: str, stored: str | None) -> bool:
    """Whether this is the password behind the PHC string. Without one (no such person, or one who has no
    password) the answer is no, after the same work."""
    from cryptography.exceptions import InvalidKey  # noqa: PLC0415
    from cryptography.hazmat.primitives.kdf.argon2 import Argon2id  # noqa: PLC0415

    try:
        Argon2id.verify_phc_encoded(password.encode(), stored or _dummy())
    except InvalidKey:
        return False
    return stored is not None


def is_outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than today's."""
    return not stored.startswith(_head())


def _head() -> str:
    return f"$argon2id$v=19$m={_MEMORY_KIB},t={_ITERATIONS},p={_LANES}$"


def _dummy() -> str:
    """A hash of today's parameters that no password is known for."""
    return _head() + "$".join(
        b64encode(bytes(length)).decode().rstrip("=") for length in (_SALT_BYTES, _HASH_BYTES)
    )
