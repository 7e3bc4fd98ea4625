"""Keys derived from the deployment's versioned peppers: sealing without KMS, and so without boto3."""

import hmac
from base64 import b64decode

from lamplighter.secrets_store import secret
from lamplighter.services.cipher import Unsealable
from lamplighter.settings import settings


def newest(purpose: str) -> tuple[int, bytes]:
    """The version that seals now, and this purpose's 256-bit key under it."""
    current, peppers = _stored()
    return current, _derived(peppers[current], purpose)


def of_version(version: int, purpose: str) -> bytes:
    """The purpose's key under a listed pepper; raises Unsealable where none has that version."""
    peppers = _stored()[1]
    if version not in peppers:  # added within the minutes that a secret is kept
        peppers = _stored(fresh=True)[1]
    if version not in peppers:
        message = f"no pepper has the version {version}"
        raise Unsealable(message)
    return _derived(peppers[version], purpose)


def _derived(pepper: bytes, purpose: str) -> bytes:
    """Apart from the API keys' HMAC, whose text always begins with lmp_."""
    return hmac.digest(pepper, f"lamplighter|{purpose}".encode(), "sha256")


def _stored(*, fresh: bool = False) -> tuple[int, dict[int, bytes]]:
    stored = secret(settings().peppers_secret_id, fresh=fresh)
    return int(stored["current"]), {int(v): b64decode(p) for v, p in stored["peppers"].items()}
