"""Token refresh: one refresher per connection, the new pair saved before its first use."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import or_, update

from lamplighter.platforms.base import ConnectFailed, Credentials
from lamplighter.postgres.models import PlatformConnection
from lamplighter.postgres.session import Transaction
from lamplighter.services.connections import sealed_tokens
from lamplighter.services.work import Target, target_of

LEASE = timedelta(seconds=60)


def claim(tx: Transaction, workspace_id: UUID, stale: Target) -> Target | None:
    """The connection under the refresher's lease. None: somebody else refreshes it, or already did."""
    statement = (
        update(PlatformConnection)
        .where(
            PlatformConnection.workspace_id == workspace_id,
            PlatformConnection.id == stale.connection_id,
            PlatformConnection.status == "active",
            PlatformConnection.access_token == stale.access_token,
            or_(
                PlatformConnection.refresh_lease_until.is_(None),
                PlatformConnection.refresh_lease_until <= tx.now,
            ),
        )
        .values(refresh_lease_until=tx.now + LEASE)
        .returning(PlatformConnection)
    )
    row = tx.session.scalars(statement).one_or_none()
    return None if row is None else target_of(tx, row)


def save(tx: Transaction, workspace_id: UUID, target: Target, result: Credentials | ConnectFailed) -> None:
    """The new pair, sealed; or that only a person can help. A transient failure leaves the connection as it
    is."""
    match result:
        case Credentials():
            changes = {
                **sealed_tokens(target.keyring, target.connection_id, result),
                "refresh_lease_until": None,
            }
        case ConnectFailed(transient=True):
            changes = {"refresh_lease_until": None}
        case ConnectFailed(code=code, message=message):
            changes = {
                "status": "needs_reconnect",
                "error_code": code,
                "error_message": message,
                "refresh_lease_until": None,
            }
    tx.session.execute(
        update(PlatformConnection)
        .where(
            PlatformConnection.workspace_id == workspace_id,
            PlatformConnection.id == target.connection_id,
            PlatformConnection.access_token == target.access_token,
        )
        .values(**changes, updated_at=tx.now)
    )
