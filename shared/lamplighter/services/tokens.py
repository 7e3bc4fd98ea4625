"""Token refresh: one refresher per connection, the new pair saved before its first use."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from lamplighter.domain.outcomes import NotSent, Reconciled, TokenExpired, TokenRenewed
from lamplighter.platforms.base import ConnectFailed, Credentials
from lamplighter.postgres.models import PlatformConnection
from lamplighter.postgres.session import Transaction
from lamplighter.services import outbox
from lamplighter.services.connections import sealed_tokens
from lamplighter.services.work import Target, target_of

LEASE = timedelta(seconds=60)
BUSY_SECONDS = 5.0
TROUBLE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a refresh came to: the columns to save, and the outcome of the attempt that asked for it."""

    changes: dict[str, Any]
    outcome: Reconciled


def claim(tx: Transaction, workspace_id: UUID, stale: Target) -> Target | Reconciled:
    """The connection under the refresher's lease; or, where somebody else
    refreshes it or did, what that means."""
    mine = (PlatformConnection.workspace_id == workspace_id, PlatformConnection.id == stale.connection_id)
    row = tx.session.scalars(select(PlatformConnection).where(*mine).with_for_update()).one()
    if row.status != "active":
        return TokenExpired("The account must be connected again.", revoked=True)
    if row.access_token != stale.access_token:
        return TokenRenewed()
    if row.refresh_lease_until is not None and row.refresh_lease_until > tx.now:
        return NotSent("token_refreshing", "The account's token is being renewed.", BUSY_SECONDS)
    row.refresh_lease_until = tx.now + LEASE
    return target_of(tx, row)


def renewal(target: Target, result: Credentials | ConnectFailed) -> Renewal:
    """The new pair sealed (which may ask KMS: outside any transaction), or what its absence means.

    A transient failure tells nothing of the account, so it changes nothing about it.
    """
    match result:
        case Credentials():
            return Renewal(sealed_tokens(target.keyring, target.connection_id, result), TokenRenewed())
        case ConnectFailed(transient=True):
            message = f"The account's token could not be renewed yet: {result.message}"
            return Renewal({}, NotSent("token_refresh_failed", message, TROUBLE_SECONDS))
        case ConnectFailed():
            lost = {"status": "needs_reconnect", "error_code": result.code, "error_message": result.message}
            return Renewal(lost, TokenExpired(result.message, revoked=True))


def save(tx: Transaction, workspace_id: UUID, target: Target, renewed: Renewal) -> None:
    """Write the renewal down and give the lease back; a pair that was replaced meanwhile stays as it is."""
    version = PlatformConnection.version + (1 if "status" in renewed.changes else 0)
    saved = tx.session.scalars(
        update(PlatformConnection)
        .where(
            PlatformConnection.workspace_id == workspace_id,
            PlatformConnection.id == target.connection_id,
            PlatformConnection.access_token == target.access_token,
        )
        .values(**renewed.changes, refresh_lease_until=None, updated_at=tx.now, version=version)
        .returning(PlatformConnection.id)
    ).one_or_none()
    if saved is not None and "status" in renewed.changes:
        payload = {"connection_id": str(target.connection_id)}
        outbox.emit(tx, workspace_id, "platform_connection.needs_reconnect", payload)
