"""Platform connections: the accounts that a workspace posts to."""

from typing import Annotated
from uuid import UUID

from aws_lambda_powertools.event_handler.openapi.params import Query

from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.paging import Cursor, Limit, Sort, ordered
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.connections import (
    ConnectionCreate,
    ConnectionRead,
    ConnectionStatus,
    ConnectionUpdate,
)
from lamplighter.schemas.content import PlatformName
from lamplighter.services import connections, sealing

app = handler = build_api("connections")
ROUTE = "/v1/workspaces/<workspace_id>/connections"


@app.post(ROUTE, status_code=201, tags=["Connections"])
def create_connection(workspace_id: UUID, body: ConnectionCreate) -> ConnectionRead:
    """Connect an account. Its credentials are proven against the network, sealed, and never shown again.

    A test key connects accounts of the sandbox only.
    """
    caller = app.caller(workspace_id, "connections:write")
    connections.check_may_open(caller, body.platform)
    with transaction(caller.workspace_id) as tx:
        once = app.once(tx, leased=True)
        keyring = sealing.keyring(tx, caller.workspace_id)
    account = connections.opened(body)
    keyring.ready()
    with transaction(caller.workspace_id) as tx:
        row = connections.save(tx, caller, account, keyring)
        return once.within(tx).kept(ConnectionRead.model_validate(row))


@app.get(ROUTE, tags=["Connections"])
def list_connections(
    workspace_id: UUID,
    platform: Annotated[PlatformName | None, Query()] = None,
    status: Annotated[ConnectionStatus | None, Query()] = None,
    *,
    sort: Sort = "-created_at",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> Page[ConnectionRead]:
    """List connections, newest first."""
    caller, order = app.caller(workspace_id, "connections:read"), ordered(limit, cursor, sort)
    with transaction(caller.workspace_id) as tx:
        found = connections.listed(tx, caller, platform, status, order)
        return Page[ConnectionRead].model_validate(found)


@app.get(ROUTE + "/<connection_id>", tags=["Connections"])
def get_connection(workspace_id: UUID, connection_id: UUID) -> ConnectionRead:
    """Read one connection."""
    caller = app.caller(workspace_id, "connections:read")
    with transaction(caller.workspace_id) as tx:
        return ConnectionRead.model_validate(connections.get(tx, caller, connection_id))


@app.patch(ROUTE + "/<connection_id>", tags=["Connections"])
def update_connection(
    workspace_id: UUID, connection_id: UUID, body: ConnectionUpdate, if_match: IfMatch = None
) -> ConnectionRead:
    """Cap how much goes out on an account in a day; send If-Match."""
    caller = app.caller(workspace_id, "connections:write")
    expected = expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        return ConnectionRead.model_validate(connections.change(tx, caller, connection_id, body, expected))


@app.delete(ROUTE + "/<connection_id>", tags=["Connections"])
def disconnect(workspace_id: UUID, connection_id: UUID, if_match: IfMatch = None) -> ConnectionRead:
    """Forget an account's tokens; send If-Match. What was published through it stays on record."""
    caller = app.caller(workspace_id, "connections:write")
    expected = expected_version(if_match)
    with transaction(caller.workspace_id) as tx:
        return ConnectionRead.model_validate(connections.disconnect(tx, caller, connection_id, expected))
