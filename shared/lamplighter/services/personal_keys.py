"""The key that seals an owner's personal fields: deleting its row makes them unreadable, whoever keeps them.

The owner is a person, or a workspace for its programs. The key is wrapped under the peppers and not by KMS:
every request may write an audit row, and none should wait for KMS or import boto3 for that. Unwrapping takes
microseconds, so no unwrapped key is kept: where the row is gone, nothing opens any more from then on.
"""

import os
from uuid import UUID

from lamplighter.services import cipher, peppers

_WRAPPING = "personal_keys.wrapped"
_PERSONAL = "audit_log.personal"
_ONLY_VERSION = 1
"""An owner has one key, and keeps it until it is destroyed."""


def new(owner_id: UUID) -> str:
    """A new 256-bit key, wrapped for this owner: what personal_keys.wrapped holds."""
    version, wrapping_key = peppers.newest(_WRAPPING)
    return cipher.seal(wrapping_key, version, f"{owner_id}|{_WRAPPING}", os.urandom(cipher.KEY_BYTES))


def seal(wrapped: str, owner_id: UUID, row_id: UUID, text: str) -> str:
    """`text` bound to the owner and to the row of the audit log that holds it."""
    return cipher.seal(_opened(wrapped, owner_id), _ONLY_VERSION, _place(owner_id, row_id), text.encode())


def unseal(wrapped: str, owner_id: UUID, row_id: UUID, sealed: str) -> str:
    """What `seal` was given; raises cipher.Unsealable."""
    return cipher.unseal(_opened(wrapped, owner_id), _place(owner_id, row_id), sealed).decode()


def _opened(wrapped: str, owner_id: UUID) -> bytes:
    wrapping_key = peppers.of_version(cipher.version_of(wrapped), _WRAPPING)
    return cipher.unseal(wrapping_key, f"{owner_id}|{_WRAPPING}", wrapped)


def _place(owner_id: UUID, row_id: UUID) -> str:
    return f"{owner_id}|{row_id}|{_PERSONAL}"
