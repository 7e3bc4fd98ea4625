"""Workspaces: the tenants."""

from uuid import UUID

from lamplighter.clients.keys import new_data_key
from lamplighter.entrypoints.api import build_api
from lamplighter.entrypoints.confirmation import Confirm
from lamplighter.entrypoints.paging import Cursor, Limit
from lamplighter.entrypoints.preconditions import IfMatch, expected_version
from lamplighter.ids import new_id
from lamplighter.postgres.session import transaction
from lamplighter.schemas.common import Page
from lamplighter.schemas.workspaces import (
    WorkspaceCreate,
    WorkspaceCreated,
    WorkspaceListed,
    WorkspaceRead,
    WorkspaceUpdate,
)
from lamplighter.services import workspaces
from lamplighter.services.pages import Order

app = handler = build_api("workspaces")
ROUTE = "/v1/workspaces"
ITEM = ROUTE + "/<workspace_id>"
TAGS = ["Workspaces"]


@app.post("/v1/organizations/<organization_id>/workspaces", status_code=201, tags=TAGS)
def create_workspace(organization_id: UUID, body: WorkspaceCreate) -> WorkspaceCreated:
    """Make a further workspace of an organization.

    A program gets the workspace's first API key in the answer, this once; the key may do what the program's
    own may, for as long.
    """
    member, workspace_id = app.member(organization_id, "workspaces:create"), new_id()
    data_key = new_data_key(workspace_id)
    with transaction(workspace_id, organization_id=member.organization_id) as tx:
        once = app.once(tx)
        row, key = workspaces.add(tx, member, workspace_id, body, data_key)
        answer = WorkspaceCreated(**WorkspaceRead.model_validate(row).model_dump(), api_key=key)
        return once.kept(answer, secret=True)


@app.get(ROUTE, tags=TAGS)
def list_workspaces(limit: Limit = 20, cursor: Cursor = None) -> Page[WorkspaceListed]:
    """List the workspaces that you open: a program its own, a person all in which they have a role."""
    principal = app.principal()
    with transaction(**workspaces.scope_of(principal)) as tx:
        return Page[WorkspaceListed].model_validate(workspaces.listed(tx, principal, Order(limit, cursor)))


@app.get(ITEM, tags=TAGS)
def get_workspace(workspace_id: UUID) -> WorkspaceRead:
    """Read a workspace."""
    caller = app.caller(workspace_id, "workspaces:read")
    with transaction(caller.workspace_id) as tx:
        return WorkspaceRead.model_validate(workspaces.get(tx, caller.workspace_id))


@app.patch(ITEM, tags=TAGS)
def update_workspace(workspace_id: UUID, body: WorkspaceUpdate, if_match: IfMatch = None) -> WorkspaceRead:
    """Change a workspace; send If-Match."""
    caller = app.caller(workspace_id, "workspaces:write")
    with transaction(caller.workspace_id) as tx:
        return WorkspaceRead.model_validate(workspaces.change(tx, caller, body, expected_version(if_match)))


@app.delete(ITEM, status_code=204, tags=TAGS)
def delete_workspace(workspace_id: UUID, confirm: Confirm, if_match: IfMatch = None) -> None:
    """Delete a workspace with all that is in it; send If-Match.

    From the next request on nobody finds it and nothing of it goes out. This cannot be undone.
    """
    caller = app.caller(workspace_id, "workspaces:delete")
    with transaction(caller.workspace_id, organization_id=caller.organization_id) as tx:
        workspaces.delete(tx, caller, confirm, expected_version(if_match))
