"""Secrets at rest: AES-256-GCM under a data key per workspace, which KMS wraps.

Whoever unseals reads the row first and the keyring afterwards (or both in one statement). A key is there
before anything is sealed with it and stays for a day after nothing is any more (services/rotation.py), so a
keyring that is read after a row holds that row's key. The other way round the row may have been sealed anew
in between.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import delete, select

from lamplighter.clients import keys
from lamplighter.postgres.models import WorkspaceKey
from lamplighter.postgres.session import Transaction
from lamplighter.services import cipher
from lamplighter.services.cipher import Unsealable

__all__ = ["PLACES", "Keyring", "Unsealable", "add_key", "destroy_keys", "keyring", "purpose_of"]

PLACES: Mapping[str, tuple[str, ...]] = {
    "platform_connections": ("access_token", "refresh_token"),
    "webhooks": ("secret", "previous_secret", "headers_secret"),
}
"""Every column that holds sealed text, by its table. Rotation looks at these before it destroys a key, so
nothing is sealed for anywhere else. What moves from one of them to another is opened and sealed again."""

_CACHE_SECONDS = 300.0
_unwrapped: dict[tuple[UUID, bytes], tuple[float, bytes]] = {}


def purpose_of(table: str, column: str) -> str:
    """What a text is sealed for: its column."""
    return f"{table}.{column}"


_PURPOSES = frozenset(purpose_of(table, column) for table, columns in PLACES.items() for column in columns)


@dataclass(frozen=True, slots=True)
class Keyring:
    """One workspace's wrapped data keys. Sealing and unsealing may call KMS: never inside a transaction."""

    workspace_id: UUID
    wrapped: Mapping[int, bytes] = field(repr=False)

    @property
    def newest(self) -> int:
        """The version that seals; raises Unsealable where the workspace's keys were destroyed."""
        if not self.wrapped:
            message = f"workspace {self.workspace_id} has no key"
            raise Unsealable(message)
        return max(self.wrapped)

    def ready(self, versions: Iterable[int] = ()) -> "Keyring":
        """Itself, its newest key (and those of `versions` that it has) unwrapped now, so that what follows
        inside a transaction asks nobody. Raises keys.WrongKey where KMS will never open one."""
        for version in {self.newest, *versions} & self.wrapped.keys():
            _data_key(self.workspace_id, self.wrapped[version])
        return self

    def seal(self, purpose: str, row_id: UUID, text: str) -> str:
        """`text` bound to this workspace, row and purpose: moved elsewhere, it does not open."""
        if purpose not in _PURPOSES:
            message = f"{purpose} is not among sealing.PLACES"
            raise ValueError(message)
        key = _data_key(self.workspace_id, self.wrapped[self.newest])
        return cipher.seal(key, self.newest, self._place(purpose, row_id), text.encode())

    def unseal(self, purpose: str, row_id: UUID, sealed: str) -> str:
        """What `seal` was given; raises Unsealable."""
        try:
            key = _data_key(self.workspace_id, self.wrapped[cipher.version_of(sealed)])
            return cipher.unseal(key, self._place(purpose, row_id), sealed).decode()
        except (Unsealable, KeyError, keys.WrongKey) as error:
            message = f"the {purpose} of {row_id} does not open"
            raise Unsealable(message) from error

    def _place(self, purpose: str, row_id: UUID) -> str:
        return f"{self.workspace_id}|{row_id}|{purpose}"


def keyring(tx: Transaction, workspace_id: UUID) -> Keyring:
    """The workspace's keys; none where they were destroyed. To open a row, read it before its keyring."""
    rows = tx.session.execute(
        select(WorkspaceKey.version, WorkspaceKey.wrapped_key).where(
            WorkspaceKey.workspace_id == workspace_id
        )
    )
    return Keyring(workspace_id, dict(rows.all()))


def add_key(tx: Transaction, workspace_id: UUID, wrapped: bytes) -> None:
    """Keep a new workspace's data key (from `clients.keys.new_data_key`, called before the transaction)."""
    tx.session.add(WorkspaceKey(workspace_id=workspace_id, version=1, wrapped_key=wrapped))


def destroy_keys(tx: Transaction, workspace_id: UUID) -> None:
    """Destroy every key of a workspace that was deleted: what they sealed never opens again, except where a
    backup still has them. A process forgets an unwrapped key within five minutes of use."""
    tx.session.execute(delete(WorkspaceKey).where(WorkspaceKey.workspace_id == workspace_id))


def _data_key(workspace_id: UUID, wrapped: bytes) -> bytes:
    """Unwrapped keys are kept for five minutes: long enough to spare KMS,
    short enough for a key's destruction."""
    now = time.monotonic()
    cached = _unwrapped.get((workspace_id, wrapped))
    if cached is not None and cached[0] > now:
        return cached[1]
    key = keys.unwrap(wrapped, workspace_id)
    for other, (until, _) in list(_unwrapped.items()):
        if until <= now:
            _unwrapped.pop(other, None)
    _unwrapped[workspace_id, wrapped] = (now + _CACHE_SECONDS, key)
    return key
