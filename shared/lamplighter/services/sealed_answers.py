"""Kept answers that show a secret, sealed for as long as they are kept: under the peppers, without KMS."""

from lamplighter.services import cipher, peppers

_PURPOSE = "idempotency_keys.response"


def seal(text: str, place: str) -> str:
    """`text` bound to the row that holds it; `place` is whatever names that row among all others."""
    version, key = peppers.newest(_PURPOSE)
    return cipher.seal(key, version, f"{_PURPOSE}|{place}", text.encode())


def unseal(sealed: str, place: str) -> str:
    """What `seal` was given; raises cipher.Unsealable."""
    key = peppers.of_version(cipher.version_of(sealed), _PURPOSE)
    return cipher.unseal(key, f"{_PURPOSE}|{place}", sealed).decode()
