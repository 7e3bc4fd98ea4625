"""Secrets at rest: AES-256-GCM under a data key per workspace, which KMS wraps."""

import os
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select

from lamplighter.clients import keys
from lamplighter.postgres.models import WorkspaceKey
from lamplighter.postgres.session import Transaction

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_FORMAT = "lmp1"
_NONCE_BYTES = 12
_CACHE_SECONDS = 300.0
_unwrapped: dict[bytes, tuple[float, bytes]] = {}


class Unsealable(Exception):  # noqa: N818  # reads as what happened
    """A ciphertext that its key and place do not open: moved, cut, or its key destroyed."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """One workspace's wrapped data keys. Sealing and unsealing may call KMS: never inside a transaction."""

    workspace_id: UUID
    wrapped: Mapping[int, bytes] = field(repr=False)

    def ready(self) -> "Keyring":
        """Itself, its newest key unwrapped now, so that sealing inside a transaction asks nobody."""
        _data_key(self.workspace_id, self.wrapped[max(self.wrapped)])
        return self

    def seal(self, purpose: str, row_id: UUID, text: str) -> str:
        """`text` bound to this workspace, row and purpose: moved elsewhere, it does not open."""
        version = max(self.wrapped)
        nonce = os.urandom(_NONCE_BYTES)
        sealed = self._cipher(version).encrypt(nonce, text.encode(), self._place(purpose, row_id))
        return f"{_FORMAT}.{version}.{urlsafe_b64encode(nonce + sealed).decode()}"

    def unseal(self, purpose: str, row_id: UUID, sealed: str) -> str:
        """What `seal` was given; raises Unsealable."""
        from cryptography.exceptions import InvalidTag  # noqa: PLC0415  # only where a secret is opened

        try:
            _format, version, body = sealed.split(".")
            raw = urlsafe_b64decode(body)
            cipher = self._cipher(int(version))
            return cipher.decrypt(
                raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], self._place(purpose, row_id)
            ).decode()
        except (ValueError, KeyError, InvalidTag) as error:
            message = f"the {purpose} of {row_id} does not open"
            raise Unsealable(message) from error

    def _cipher(self, version: int) -> "AESGCM":
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415

        return AESGCM(_data_key(self.workspace_id, self.wrapped[version]))

    def _place(self, purpose: str, row_id: UUID) -> bytes:
        return f"{self.workspace_id}|{row_id}|{purpose}".encode()


def keyring(tx: Transaction, workspace_id: UUID) -> Keyring:
    """The workspace's keys, newest last; empty for a workspace whose keys were destroyed."""
    rows = tx.session.execute(
        select(WorkspaceKey.version, WorkspaceKey.wrapped_key).where(
            WorkspaceKey.workspace_id == workspace_id
        )
    )
    return Keyring(workspace_id, dict(rows.all()))


def add_key(tx: Transaction, workspace_id: UUID, wrapped: bytes, version: int = 1) -> None:
    """Keep a wrapped data key (from `clients.keys.new_data_key`, called before the transaction)."""
    tx.session.add(WorkspaceKey(workspace_id=workspace_id, version=version, wrapped_key=wrapped))


def _data_key(workspace_id: UUID, wrapped: bytes) -> bytes:
    """Unwrapped keys are kept for five minutes: long enough to spare KMS,
    short enough for a key's destruction."""
    now = time.monotonic()
    cached = _unwrapped.get(wrapped)
    if cached is not None and cached[0] > now:
        return cached[1]
    key = keys.unwrap(wrapped, workspace_id)
    _unwrapped[wrapped] = (now + _CACHE_SECONDS, key)
    return key
