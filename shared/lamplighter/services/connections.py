"""Platform connections: accounts opened once, their tokens sealed."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert

from lamplighter.domain.access import Caller
from lamplighter.domain.networks import SANDBOX
from lamplighter.ids import new_id
from lamplighter.platforms.base import Account, ConnectFailed, Credentials
from lamplighter.platforms.registry import connector, default_base_url
from lamplighter.postgres.models import PlatformConnection
from lamplighter.postgres.session import Transaction
from lamplighter.problems import DomainError, Fault, Kind, not_found
from lamplighter.schemas.connections import ConnectionCreate, ConnectionUpdate
from lamplighter.services import audit, outbox
from lamplighter.services.pages import Order, page
from lamplighter.services.rows import owned, stale
from lamplighter.services.sealing import Keyring

ACCESS_TOKEN = "platform_connections.access_token"  # noqa: S105  # the name of a place, no secret
REFRESH_TOKEN = "platform_connections.refresh_token"  # noqa: S105  # likewise


def check_may_open(by: Caller, platform: str) -> None:
    """Refuse a test key a real account, and a limited key any: the new one would not be on its list."""
    by.must_be_unlimited()
    _check_mode(by, platform)


def opened(body: ConnectionCreate) -> Account:
    """Prove the credentials against the network (no transaction may be open) and return the account."""
    base_url = str(body.base_url).rstrip("/") if body.base_url else default_base_url(body.platform)
    if base_url is None:
        detail = "This network has many servers: say which one is the account's."
        raise _refused("/base_url", "missing", detail)
    try:
        account = connector(body.platform).connect(base_url, body.credentials)
    except ConnectFailed as failed:
        if failed.transient:
            raise DomainError(Kind.UPSTREAM, failed.code, failed.message) from failed
        raise _refused("/credentials", failed.code, failed.message) from failed
    return replace(account, credentials=replace(account.credentials, expires_at=body.token_expires_at))


def save(tx: Transaction, by: Caller, account: Account, keyring: Keyring) -> PlatformConnection:
    """Keep the account; connecting one again renews its tokens and makes it active."""
    row = _added(tx, by, account, keyring)
    action, before = "connection.connected", None
    if row is None:
        row, was = _renewed(tx, by, account, keyring)
        action, before = "connection.reconnected", {"status": was}
    after = {"status": row.status, "platform": row.platform}
    audit.record(tx, by, action, ("connection", row.id), before=before, after=after)
    outbox.emit(tx, by.workspace_id, "platform_connection.connected", {"connection_id": str(row.id)})
    return row


def _added(tx: Transaction, by: Caller, account: Account, keyring: Keyring) -> PlatformConnection | None:
    """A new row; None where the account has one already, be it another request's of this moment."""
    row_id = new_id()
    statement = (
        insert(PlatformConnection)
        .values(
            id=row_id,
            workspace_id=by.workspace_id,
            platform=account.platform,
            base_url=account.base_url,
            channel_id=account.channel_id,
            **_fresh(keyring, row_id, account),
        )
        .on_conflict_do_nothing(constraint="platform_connections_account_key")
        .returning(PlatformConnection)
    )
    return tx.session.scalars(statement).one_or_none()


def _renewed(
    tx: Transaction, by: Caller, account: Account, keyring: Keyring
) -> tuple[PlatformConnection, str]:
    """The account's row, active, and its status before. Its id must be known first: the tokens are sealed for
    this row alone."""
    row_id, before = tx.session.execute(
        select(PlatformConnection.id, PlatformConnection.status)
        .where(
            PlatformConnection.workspace_id == by.workspace_id,
            PlatformConnection.platform == account.platform,
            PlatformConnection.base_url == account.base_url,
            PlatformConnection.channel_id == account.channel_id,
        )
        .with_for_update()
    ).one()
    statement = (
        update(PlatformConnection)
        .where(PlatformConnection.workspace_id == by.workspace_id, PlatformConnection.id == row_id)
        .values(
            **_fresh(keyring, row_id, account),
            version=PlatformConnection.version + 1,
            updated_at=tx.now,
        )
        .returning(PlatformConnection)
    )
    return tx.session.scalars(statement, execution_options={"populate_existing": True}).one(), before


def _fresh(keyring: Keyring, row_id: UUID, account: Account) -> dict[str, Any]:
    return {
        **sealed_tokens(keyring, row_id, account.credentials),
        "platform_username": account.username,
        "limits": dict(account.limits),
        "status": "active",
        "error_code": None,
        "error_message": None,
    }


def get(tx: Transaction, by: Caller, connection_id: UUID) -> PlatformConnection:
    """One connection that the caller may use, or not_found."""
    row = owned(tx, PlatformConnection, by.workspace_id, connection_id)
    if not by.may_use(row.id):
        raise not_found()
    return row


def listed(
    tx: Transaction, by: Caller, platform: str | None, status: str | None, order: Order
) -> dict[str, Any]:
    """A page of the connections that the caller may use."""
    statement = select(PlatformConnection).where(PlatformConnection.workspace_id == by.workspace_id)
    if by.connection_ids is not None:
        statement = statement.where(PlatformConnection.id.in_(by.connection_ids))
    wanted = {"platform": platform, "status": status}
    statement = statement.filter_by(**{name: value for name, value in wanted.items() if value is not None})
    bound_to = f"connections {by.workspace_id} {by.id} {platform} {status}"
    return page(tx, statement, PlatformConnection.id, order, bound_to=bound_to)


def change(
    tx: Transaction, by: Caller, connection_id: UUID, body: ConnectionUpdate, expected: int
) -> PlatformConnection:
    """The connection with another cap; posts that wait for the old one ask again within the hour."""
    row = get(tx, by, connection_id)
    _check_mode(by, row.platform)
    before = {"daily_cap": row.daily_cap}
    _write(tx, by, row, expected, daily_cap=body.daily_cap)
    after = {"daily_cap": row.daily_cap}
    audit.record(tx, by, "connection.changed", ("connection", row.id), before=before, after=after)
    return row


def disconnect(tx: Transaction, by: Caller, connection_id: UUID, expected: int) -> PlatformConnection:
    """The connection without its tokens; what was published through it stays on record."""
    row = get(tx, by, connection_id)
    _check_mode(by, row.platform)
    before = row.status
    _write(tx, by, row, expected, status="disconnected", access_token="", refresh_token=None)
    target, after = ("connection", row.id), {"status": row.status}
    audit.record(tx, by, "connection.disconnected", target, before={"status": before}, after=after)
    outbox.emit(tx, by.workspace_id, "platform_connection.disconnected", {"connection_id": str(row.id)})
    return row


def _write(tx: Transaction, by: Caller, row: PlatformConnection, expected: int, **changes: Any) -> None:
    statement = (
        update(PlatformConnection)
        .where(
            PlatformConnection.workspace_id == by.workspace_id,
            PlatformConnection.id == row.id,
            PlatformConnection.version == expected,
        )
        .values(**changes, version=expected + 1, updated_at=tx.now)
        .returning(PlatformConnection.id)
    )
    if tx.session.scalars(statement).one_or_none() is None:
        raise stale()
    tx.session.refresh(row)


def sealed_tokens(keyring: Keyring, connection_id: UUID, credentials: Credentials) -> dict[str, Any]:
    """Both tokens as the columns hold them, and when they end."""
    refresh = credentials.refresh_token
    return {
        "access_token": keyring.seal(ACCESS_TOKEN, connection_id, credentials.access_token),
        "refresh_token": keyring.seal(REFRESH_TOKEN, connection_id, refresh) if refresh else None,
        "token_expires_at": credentials.expires_at,
    }


def unsealed_tokens(keyring: Keyring, connection_id: UUID, access: str, refresh: str | None) -> Credentials:
    """Both tokens in the clear; raises Unsealable."""
    return Credentials(
        access_token=keyring.unseal(ACCESS_TOKEN, connection_id, access),
        refresh_token=keyring.unseal(REFRESH_TOKEN, connection_id, refresh) if refresh else None,
    )


def _check_mode(by: Caller, platform: str) -> None:
    if platform != SANDBOX.key:
        by.must_be_live()


def _refused(pointer: str, code: str, detail: str) -> DomainError:
    return DomainError(Kind.INVALID, "connection_refused", detail, [Fault(pointer, code, detail)])
